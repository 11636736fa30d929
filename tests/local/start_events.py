"""Starts the local AWS for tests that deploy what MiniStack's EventBridge has by its API alone.

A connection, an API destination and an archive of a template are made and deleted by that API, with
the properties as CloudFormation translates them. `Ref` is the name. A connection and a destination
have an id behind the name in their ARN, as on AWS, which MiniStack's own ARNs lack. There is no
`SecretArn`, as MiniStack makes no secret of a connection, and no update: it fails.

MiniStack's own Python runs this file by its path; nothing imports it.
"""

import json
import runpy
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ministack.services import eventbridge  # type: ignore[import-not-found]
from ministack.services.cloudformation import provisioners  # type: ignore[import-not-found]

STARTER = Path(__file__).parents[2] / "demo" / "start_ministack.py"
LONGEST = {"Name": 64, "ArchiveName": 48}
"""Of how many characters a name may be, by the property that has it."""

Properties = Mapping[str, Any]


def answered(answer: tuple[int, Any, bytes]) -> Any:
    """Read what EventBridge answered.

    :raises ValueError: when it refuses, which is why CloudFormation gives up then.
    """
    status, _, body = answer
    if status >= 400:
        raise ValueError(body.decode())
    return json.loads(body)


def named(key: str, given: Properties, stack: str, name: str) -> dict[str, Any]:
    """Give the properties with a name, that of the template or one of CloudFormation's own."""
    return {key: provisioners._physical_name(stack, name, max_len=LONGEST[key]), **given}


def with_id(arn: str) -> dict[str, str]:
    """Give the attributes of what has an id behind its name."""
    return {"Arn": f"{arn}/{uuid.uuid4()}", "ArnForPolicy": arn}


def make_connection(name: str, given: Properties, stack: str) -> tuple[str, dict[str, str]]:
    """Make an `AWS::Events::Connection`."""
    asked = named("Name", given, stack, name)
    made = answered(eventbridge._create_connection(asked))
    return asked["Name"], with_id(made["ConnectionArn"])


def make_destination(name: str, given: Properties, stack: str) -> tuple[str, dict[str, str]]:
    """Make an `AWS::Events::ApiDestination`; MiniStack finds its connection by the name alone."""
    asked = named("Name", given, stack, name)
    asked["ConnectionArn"], _, _ = given["ConnectionArn"].rpartition("/")
    made = answered(eventbridge._create_api_destination(asked))
    return asked["Name"], with_id(made["ApiDestinationArn"])


def make_archive(name: str, given: Properties, stack: str) -> tuple[str, dict[str, str]]:
    """Make an `AWS::Events::Archive`, whose API has its pattern as text."""
    asked = named("ArchiveName", given, stack, name)
    asked["EventSourceArn"] = asked.pop("SourceArn")
    if "EventPattern" in given:
        asked["EventPattern"] = json.dumps(given["EventPattern"])
    made = answered(eventbridge._create_archive(asked))
    return asked["ArchiveName"], {"Arn": made["ArchiveArn"]}


def deleting(delete: Callable[[Any], Any], key: str) -> Callable[..., None]:
    """Give what deletes a resource by its name."""
    return lambda name, _: answered(delete({key: name}))


HANDLERS = {
    "AWS::Events::Connection": {
        "create": make_connection,
        "delete": deleting(eventbridge._delete_connection, "Name"),
    },
    "AWS::Events::ApiDestination": {
        "create": make_destination,
        "delete": deleting(eventbridge._delete_api_destination, "Name"),
    },
    "AWS::Events::Archive": {
        "create": make_archive,
        "delete": deleting(eventbridge._delete_archive, "ArchiveName"),
    },
}

if __name__ == "__main__":
    provisioners._RESOURCE_HANDLERS.update(HANDLERS)
    runpy.run_path(str(STARTER), run_name="__main__")
