"""Where the stack does not follow a rule of cdk-nag's AwsSolutions, and why not."""

import re
from collections.abc import Iterable

import aws_cdk as cdk
from constructs import IConstruct

IS_ONE = "It is itself the dead-letter queue of the schedules or of the stream's mapping."
NO_RESOURCE = "IAM knows no resource for this operation, so its permission cannot be narrower."
NO_ID_YET = (
    "Jobs and their parents are found by polling: only what watches.yaml names is known here."
)


def excuse_dead_letters(queue: IConstruct) -> None:
    """Excuse a queue that no redrive policy names, which is all that the rule looks at."""
    _acknowledge(queue, "SQS3", IS_ONE)


def excuse_wildcards(role: IConstruct, resources: Iterable[str]) -> None:
    """Excuse those of the role's resources that hold a wildcard."""
    for resource in resources:
        if "*" in resource:
            rule = f"IAM5[Resource::{_as_in_findings(resource)}]"
            _acknowledge(role, rule, NO_RESOURCE if resource == "*" else NO_ID_YET)


def _acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
    cdk.Validations.of(construct).acknowledge(acknowledgment)


def _as_in_findings(template: str) -> str:
    names = {"partition": "Partition", "region": "Region", "account": "AccountId"}
    return re.sub(r"\{(\w+)\}", lambda match: f"<AWS::{names[match[1]]}>", template)
