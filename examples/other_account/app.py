"""What Jobwatch announces, on a bus in another account or region."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs


def build(app: cdk.App, bus: str, target: str) -> cdk.Stack:
    """Add a rule that sends every event on to a bus, and a queue for what that never took."""
    stack = cdk.Stack(app, "OtherAccount")
    events.Rule(
        stack,
        "All",
        event_bus=events.EventBus.from_event_bus_name(stack, "Jobs", bus),
        event_pattern=events.EventPattern(source=["jobwatch"]),
        targets=[
            targets.EventBus(
                events.EventBus.from_event_bus_arn(stack, "Theirs", target),
                dead_letter_queue=sqs.Queue(stack, "Untaken", enforce_ssl=True),
            )
        ],
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    bus, target = (app.node.try_get_context(name) for name in ("bus", "target"))
    if not bus or not target:
        sys.exit("say from where to where: -c bus=NAME -c target=ARN")
    build(app, bus, target)
    app.synth()
