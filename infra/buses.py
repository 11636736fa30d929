"""An event bus, and what refuses it to all but one role, where it is the stack's."""

from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct


class Bus(NamedTuple):
    """A bus, its ARN, and its policy, to which statements may be added; None of a user's own."""

    bus: events.IEventBus
    arn: str
    policy: iam.PolicyDocument | None


def add_bus(scope: Construct, description: str) -> Bus:
    """Add a bus.

    Its policy is a property of it, as one of its own would be one more thing; and its ARN stands
    there, for which its GetAtt would be a circle.
    """
    bus = events.EventBus(scope, "Bus", description=description)
    plain = bus.node.default_child
    assert isinstance(plain, events.CfnEventBus)  # noqa: S101  for the type checker
    arn = cdk.Stack.of(scope).format_arn(
        service="events", resource="event-bus", resource_name=plain.name
    )
    policy = iam.PolicyDocument()
    plain.policy = policy
    return Bus(bus, arn, policy)


def find_bus(scope: Construct, named: str) -> Bus:
    """Take a bus that is there by its name or its ARN, and leave its policy to whose it is.

    It goes on being called as it is named: EventBridge refuses the ARN of another account's or
    region's where a rule is made on it, but a name would be one of this account's.
    """
    home = cdk.Stack.of(scope).format_arn(
        service="events", resource="event-bus", resource_name=named
    )
    arn = named if named.startswith("arn:") else home
    bus = events.EventBus.from_event_bus_attributes(
        scope, "Bus", event_bus_name=named, event_bus_arn=arn, event_bus_policy=""
    )
    return Bus(bus, arn, None)
