"""Policies as IAM takes them: how long they are, and what they allow."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from infra.config.aws.regions import partitions, regions
from infra.config.permissions import Permission
from tests.template import Json, of_type, plain

LARGEST = {"inline": 10_240, "managed": 6_144}
"""Characters that all inline policies of a role may have together, and that one managed may."""
MOST_ATTACHED = 10
"""Managed policies of a role, unless the account had the quota raised."""
LONGEST = {
    "AWS::Partition": max(partitions(), key=len),
    "AWS::Region": max(regions(), key=len),
    "AWS::AccountId": "1" * 12,
}

Allowed = set[tuple[str, str]]
"""An action and a resource; one whose regions a condition names comes once for each region.

Any resource in a region is `*:eu-west-1:`.
"""


def characters(document: Json) -> int:
    """Count as IAM does: spaces do not count."""
    return len(re.sub(r"\s", "", json.dumps(document)))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowed(documents: Iterable[Json]) -> Allowed:
    """Tell what policies allow, of which each condition must be one on regions."""
    found = set()
    for statement in (each for document in documents for each in document["Statement"]):
        assert statement["Effect"] == "Allow"
        where = _regions(statement.get("Condition"))
        for resource in listed(statement["Resource"]):
            before, _, after = resource.partition(":*:") if where else (resource, "", "")
            every = [f"{before}:{region}:{after}" for region in where] or [resource]
            found |= {(action, each) for action in listed(statement["Action"]) for each in every}
    return found


def that_can_be_taken(found: Allowed, asked: Allowed) -> Allowed:
    """Leave out actions on what only other services have: one statement may speak of several."""
    of_a_service = {(_prefix(action), _service(arn)) for action, arn in asked}
    return {
        (action, arn)
        for action, arn in found
        if not _service(arn) or (_prefix(action), _service(arn)) in of_a_service
    }


def _prefix(action: str) -> str:
    return action.split(":", maxsplit=1)[0]


def _service(arn: str) -> str:
    """Name the service of an ARN; "" of any resource there is."""
    return arn.split(":")[2] if arn.startswith("arn:") else ""


def wanted(permissions: Iterable[Permission], fill: Callable[[str], str] = str) -> Allowed:
    """Tell what permissions say, as `allowed` does; `fill` writes their templates."""
    return {
        (action, fill(where))
        for each in permissions
        for action in each.actions
        for resource in each.resources
        for where in [f"{resource}:{region}:" for region in each.regions] or [resource]
    }


def _regions(condition: Any) -> list[str]:
    if condition is None:
        return []
    assert condition.keys() == {"StringLike"}
    assert condition["StringLike"].keys() == {"aws:RequestedRegion"}
    return listed(condition["StringLike"]["aws:RequestedRegion"])


def policies_of(role: str, made: Json) -> tuple[list[Json], list[Json]]:
    """Give a role's inline and managed policies, with the longest names that there are."""

    def documents(kind: str) -> list[Json]:
        every = of_type(f"AWS::IAM::{kind}", made).values()
        mine = [each for each in every if [plain(r) for r in each["Roles"]] == [role]]
        return [_resolved(each["PolicyDocument"]) for each in mine]

    return documents("Policy"), documents("ManagedPolicy")


def assert_they_fit(inline: Iterable[Json], managed: Iterable[Json]) -> None:
    """Hold policies against the limits of IAM."""
    sizes = [characters(each) for each in managed]
    assert sum(map(characters, inline)) <= LARGEST["inline"]
    assert not sizes or max(sizes) <= LARGEST["managed"]
    assert len(sizes) <= MOST_ATTACHED


def _resolved(value: Any) -> Any:
    match value:
        case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::Join": _} | str():
            text = plain(value)
            for name, longest in LONGEST.items():
                text = text.replace(f"<{name}>", longest)
            return re.sub(r"<(\w+)\.?\w*>", _arn, text)
        case dict():
            return {key: _resolved(each) for key, each in value.items()}
        case list():
            return [_resolved(each) for each in value]
    return value


def _arn(reference: re.Match[str]) -> str:
    """Write the longest ARN that what is referred to may have, by what its name says that it is."""
    lengths = {"Table": 255, "Queue": 80, "Logs": 512}
    (length,) = [most for kind, most in lengths.items() if reference[1].endswith(kind)]
    around = "arn:{AWS::Partition}:dynamodb:{AWS::Region}:{AWS::AccountId}:log-group::*"
    return re.sub(r"\{(.+?)\}", lambda name: LONGEST[name[1]], around) + "x" * length
