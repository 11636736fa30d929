"""What Jobwatch announces, on a bus in another account or region."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

ROLE = "jobwatch-to-their-bus"
"""The name of the rule's role, with the region: the other bus lets in no other of this account."""


def build(app: cdk.App, bus: str, target: str) -> cdk.Stack:
    """Add a rule that sends every event on to a bus, and a queue for what that never took."""
    stack = cdk.Stack(app, "OtherAccount")
    of_here = {"StringEquals": {"aws:SourceAccount": stack.account}}
    role = iam.Role(
        stack,
        "Role",
        role_name=f"{ROLE}-{stack.region}",
        assumed_by=iam.ServicePrincipal("events.amazonaws.com", conditions=of_here),
    )
    events.Rule(
        stack,
        "All",
        event_bus=events.EventBus.from_event_bus_name(stack, "Jobs", bus),
        event_pattern=events.EventPattern(source=["jobwatch"]),
        targets=[
            targets.EventBus(
                events.EventBus.from_event_bus_arn(stack, "Theirs", target),
                role=role,
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
