"""What the stack takes of the user's own: the block `stack` of `watches.yaml`."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from infra.config.files.durations import DAY
from infra.config.files.wording import Model, expected
from infra.config.own_values import (
    Boundary,
    Bus,
    Group,
    Key,
    Organization,
    Retention,
    Subnet,
    TagKey,
    TagValue,
    each_once,
)
from infra.config.receivers import Topic
from infra.config.values import once

MOST_TAGS = 50
"""Of a resource."""
MOST_SUBNETS, MOST_GROUPS = 16, 5
"""Of one function, as Lambda takes them."""


class Vpc(Model):
    """Where in a VPC the functions are."""

    subnets: Annotated[tuple[Subnet, ...], AfterValidator(once)] = Field(
        min_length=1,
        max_length=MOST_SUBNETS,
        description="the ids of the subnets, at most 16, best of several zones",
        json_schema_extra={"uniqueItems": True},
    )
    security_groups: Annotated[tuple[Group, ...], AfterValidator(once)] = Field(
        min_length=1,
        max_length=MOST_GROUPS,
        description="the ids of the security groups, at most 5",
        json_schema_extra={"uniqueItems": True},
    )


class Own(Model):
    """What the stack takes of the user's own, and how it keeps the rules of the account."""

    tags: Annotated[dict[TagKey, TagValue], AfterValidator(each_once)] = Field(
        default_factory=dict,
        max_length=MOST_TAGS,
        description="tags of all that the stack makes, at most 50; left out: none",
    )
    permissions_boundary: Boundary | None = Field(
        default=None,
        description="the ARN of the policy that bounds all roles of the stack; left out: none",
    )
    log_retention: Retention = Field(
        default=30 * DAY,
        description="how long CloudWatch keeps the functions' logs; left out: 30 days",
    )
    bus: Bus | None = Field(
        default=None,
        description="the name or the ARN of the bus that events are put on, in the stack's "
        "account and region; left out: the stack makes one",
    )
    topic: Topic | None = Field(
        default=None,
        description="the ARN of the topic that alerts are sent to, in the stack's account and "
        "region; left out: the stack makes one",
    )
    key: Key | None = Field(
        default=None,
        description="the ARN of the key of KMS under which tables, queues, topics and logs are "
        "encrypted, in the stack's account and region; left out: keys of AWS's",
    )
    organization: Organization | None = Field(
        default=None,
        description="the id of the organization whose accounts may subscribe to the alerts' topic "
        "and put rules on the bus; left out: the stack's own account alone",
    )
    vpc: Vpc | None = Field(
        default=None, description="where in a VPC the functions are; left out: in none"
    )

    @model_validator(mode="after")
    def _is_at_home(self) -> Self:
        """Refuse what can't all be where the stack is."""
        named = (self.bus, self.topic, self.key)
        arns = [arn.split(":") for arn in named if arn and arn.startswith("arn:")]
        if len({(arn[3], arn[4]) for arn in arns}) > 1:
            raise expected("`bus`, `topic` and `key` in one account and region, the stack's")
        return self
