"""A Lambda function that runs when an SES import is over and its contacts are there."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

CODE = """\
def handler(event, context):
    job = event["detail"]
    into = job["details"].get("ImportDestination", {})
    print(f"{job['job_id']} is {job['status']}: {job['progress']['processed']} records", into)
    return job["id"]
"""


def build(app: cdk.App, bus: str) -> cdk.Stack:
    """Add a function behind a rule of the bus, and a queue for events that it never took."""
    stack = cdk.Stack(app, "AfterImport")
    function = lambda_.Function(
        stack,
        "SendNewsletter",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline(CODE),
    )
    untaken = sqs.Queue(stack, "Untaken", enforce_ssl=True)
    rule = events.Rule(
        stack,
        "Imported",
        event_bus=events.EventBus.from_event_bus_name(stack, "Jobs", bus),
        event_pattern=events.EventPattern(
            source=["jobwatch"],
            detail_type=["Job Status Change"],
            detail={"source": ["sesv2.import-jobs"], "status": ["SUCCEEDED", "PARTIAL"]},
        ),
        targets=[targets.LambdaFunction(function, dead_letter_queue=untaken)],
    )
    # What somebody replays out of an archive of the bus is not to start the work again.
    plain = rule.node.default_child
    assert isinstance(plain, events.CfnRule)  # noqa: S101  for the type checker
    plain.add_property_override("EventPattern.replay-name", [{"exists": False}])
    cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    bus = app.node.try_get_context("bus") or sys.exit("say whose events: -c bus=NAME")
    build(app, bus)
    app.synth()
