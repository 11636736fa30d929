"""A template by its resources, as CloudFormation gives back what was deployed."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operate.stack import Stack

Json = Mapping[str, Any]
Resources = Mapping[str, Json]
"""Each with its `Type` and its `Properties`, by its name."""


def resources_of(stack: Stack) -> Resources | None:
    """Read the template of a stack; None where it can't be read.

    What has no type, as a loop of CloudFormation's, is none of Jobwatch's.
    """
    try:
        answer = stack.clients("cloudformation").get_template(StackName=stack.name)
        found = answer["TemplateBody"]["Resources"].items()
    except (ClientError, BotoCoreError, LookupError, TypeError, AttributeError):
        return None
    return {name: each for name, each in found if isinstance(each, Mapping) and "Type" in each}


def of_type(resources: Resources, *kinds: str) -> Iterator[Json]:
    """Give the properties of all resources of some types."""
    return (each.get("Properties", {}) for each in resources.values() if each["Type"] in kinds)
