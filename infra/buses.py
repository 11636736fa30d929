"""An event bus, and what refuses it to all but one role."""

from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct


class Bus(NamedTuple):
    """A bus, its ARN, and its policy, to which statements may be added."""

    bus: events.EventBus
    arn: str
    policy: iam.PolicyDocument


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
