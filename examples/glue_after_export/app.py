"""A Glue job that starts when an export of DynamoDB is in its bucket."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks


def build(app: cdk.App, bus: str, job: str) -> cdk.Stack:
    """Add a state machine that starts the job: a rule of EventBridge cannot by itself."""
    stack = cdk.Stack(app, "GlueAfterExport")
    start = tasks.CallAwsService(
        stack,
        "Start",
        service="glue",
        action="startJobRun",
        parameters={
            "JobName": job,
            "Arguments": {
                "--export": sfn.JsonPath.string_at("$.job_arn"),
                "--bucket": sfn.JsonPath.string_at("$.details.S3Bucket"),
            },
        },
        iam_resources=[stack.format_arn(service="glue", resource="job", resource_name=job)],
    )
    machine = sfn.StateMachine(
        stack, "Load", definition_body=sfn.DefinitionBody.from_chainable(start)
    )
    rule = events.Rule(
        stack,
        "Exported",
        event_bus=events.EventBus.from_event_bus_name(stack, "Jobs", bus),
        event_pattern=events.EventPattern(
            source=["jobwatch"],
            detail_type=["Job Status Change"],
            detail={"source": ["dynamodb.exports"], "status": ["SUCCEEDED"]},
        ),
        targets=[
            targets.SfnStateMachine(
                machine, input=events.RuleTargetInput.from_event_path("$.detail")
            )
        ],
    )
    # What somebody replays out of an archive of the bus is not to start the work again.
    plain = rule.node.default_child
    assert isinstance(plain, events.CfnRule)  # noqa: S101  for the type checker
    plain.add_property_override("EventPattern.replay-name", [{"exists": False}])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    bus, job = (app.node.try_get_context(name) for name in ("bus", "job"))
    if not bus or not job:
        sys.exit("say what to start after what: -c bus=NAME -c job=NAME")
    build(app, bus, job)
    app.synth()
