"""A state machine that starts when a job of Data Exchange has succeeded."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_stepfunctions as sfn


def build(app: cdk.App, bus: str) -> cdk.Stack:
    """Add a state machine behind a rule of the bus; its input is the event's detail."""
    stack = cdk.Stack(app, "AfterDataExchange")
    use = sfn.Pass(
        stack,
        "UseRevision",
        parameters={"job.$": "$.job_id", "type.$": "$.job_type", "details.$": "$.details"},
    )
    machine = sfn.StateMachine(stack, "Use", definition_body=sfn.DefinitionBody.from_chainable(use))
    rule = events.Rule(
        stack,
        "Arrived",
        event_bus=events.EventBus.from_event_bus_name(stack, "Jobs", bus),
        event_pattern=events.EventPattern(
            source=["jobwatch"],
            detail_type=["Job Status Change"],
            detail={
                "source": ["dataexchange.jobs"],
                "job_type": ["EXPORT_REVISIONS_TO_S3", "EXPORT_ASSETS_TO_S3"],
                "status": ["SUCCEEDED"],
            },
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
    cdk.CfnOutput(stack, "StateMachineArn", value=machine.state_machine_arn)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    bus = app.node.try_get_context("bus") or sys.exit("say whose events: -c bus=NAME")
    build(app, bus)
    app.synth()
