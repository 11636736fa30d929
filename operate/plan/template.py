"""A template by its resources, as CloudFormation gives back what was deployed."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operate.stack import Stack

Json = Mapping[str, Any]
Resources = Mapping[str, Json]
"""Each with its `Type` and its `Properties`, by its name."""


def resources_of(stack: Stack) -> Resources | None:
    """Read the template of a stack; None where it can't be read."""
    try:
        answer = stack.clients("cloudformation").get_template(StackName=stack.name)
        resources: Resources = answer["TemplateBody"]["Resources"]
    except (ClientError, BotoCoreError, TypeError):
        return None
    return resources


def of_type(resources: Resources, *kinds: str) -> Iterator[Json]:
    """Give the properties of all resources of some types."""
    return (each.get("Properties", {}) for each in resources.values() if each["Type"] in kinds)
