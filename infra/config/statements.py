"""The statements of a role's policies: what it may do, in few characters, and how many."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from infra.config.aws.regions import partitions, regions
from infra.config.permissions import Permission

MOST_ACTIONS = 40
"""Of one statement, so that the largest policy has room for a resource beside them."""

MOST_JOINED = 16
"""Of one that speaks of several services: the larger one is, the more of a policy's end is left."""

Json = dict[str, Any]
Fill = Callable[[str], Any]
"""Writes a template with what stands for {partition}, {region} and {account}."""
Condition = tuple[str, str, tuple[str, ...]]
"""An operator, a key, and templates of the values, of which one must hold."""

OF_OUR_ORGANIZATION: Condition = (
    *("StringEquals", "aws:ResourceOrgID"),
    ("${aws:PrincipalOrgID}",),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Actions that are allowed on resources, which are templates as those of a permission."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition | None = None


LISTING_ACCOUNTS = ("ListAccountsForParent", "ListOrganizationalUnitsForParent")
"""What poll calls where organizations are watched."""
TO_LIST_ACCOUNTS = Statement(
    tuple(f"organizations:{each}" for each in LISTING_ACCOUNTS),
    tuple(f"arn:{{partition}}:organizations::*:{kind}/*" for kind in ("ou", "root")),
)
"""Of which units, nobody knows who deploys: those below the ones that are named have ids, too."""


def reading(permissions: Iterable[Permission]) -> Iterator[Statement]:
    """Allow what permissions say, no more and no less."""
    for each in permissions:
        for start in range(0, len(each.actions), MOST_ACTIONS):
            some = Statement(each.actions[start : start + MOST_ACTIONS], each.resources)
            if each.regions:
                yield replace(some, condition=_in(each.regions))
            else:
                yield from _shortest(some)


def assuming(roles: Iterable[str]) -> Iterator[Statement]:
    """Allow to assume roles; those of any account only if it is of our organization."""
    every = tuple(roles)
    anywhere = tuple(role for role in every if "*" in role)
    named = tuple(role for role in every if "*" not in role)
    for some, condition in ((named, None), (anywhere, OF_OUR_ORGANIZATION)):
        if some:
            yield Statement(("sts:AssumeRole",), some, condition)


def together(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Say in one statement what is allowed of several services under the same condition.

    It allows the same, as no action of one is taken on a resource of another.
    """
    found: list[tuple[Statement, frozenset[str]]] = []
    for each in statements:
        services = _services(each)
        for place, (other, others) in enumerate(found):
            if services.isdisjoint(others) and _may_join(each, other):
                found[place] = (_joined(other, each), services | others)
                break
        else:
            found.append((each, services))
    return (statement for statement, _ in found)


def document(statements: Iterable[Statement], fill: Fill) -> Json:
    """Write a policy as IAM reads it."""
    return {"Version": "2012-10-17", "Statement": [_written(each, fill) for each in statements]}


def fill_in(template: str, **names: str) -> str:
    """Put names in the place of {partition}, {region} and {account}."""
    return re.sub(r"\{(partition|region|account)\}", lambda found: names[found[1]], template)


def size(statement: Statement) -> int:
    """Count a statement's characters where partition and region have their longest names."""
    return _count(_written(statement, _longest))


def size_of(resource: str) -> int:
    """Count the characters that one resource more takes."""
    return _count(_longest(resource)) + 1


def _services(statement: Statement) -> frozenset[str]:
    """Name the services of a statement's actions and resources, as IAM and ARNs call them."""
    actions = (action.split(":")[0] for action in statement.actions)
    resources = (each.split(":")[2] for each in statement.resources if each != "*")
    return frozenset([*actions, *resources])


def _may_join(one: Statement, other: Statement) -> bool:
    # A star, or a part of a name, in the place of a service is a resource of any.
    named = not any(re.search("[*?]", each) for each in _services(one) | _services(other))
    named &= "*" not in (*one.resources, *other.resources)
    few = len(one.actions) + len(other.actions) <= MOST_JOINED
    return named and few and one.condition == other.condition


def _joined(one: Statement, other: Statement) -> Statement:
    actions, resources = ({*one.actions, *other.actions}, {*one.resources, *other.resources})
    return replace(one, actions=tuple(sorted(actions)), resources=tuple(sorted(resources)))


def _shortest(statement: Statement) -> Iterator[Statement]:
    """Name the regions of resources in a condition, once for all of them, where that is shorter.

    It allows the same, as a call is made in the region where its resource is. A resource that is
    in no region, of a service that has but one endpoint, never gets shorter so.
    """
    where: defaultdict[str, list[str]] = defaultdict(list)
    for resource in statement.resources:
        where[_anywhere(resource)].append(resource)
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for anywhere, named in where.items():
        alike[tuple(sorted(map(_region, named)))].append(anywhere)
    rest: list[str] = []
    for found, some in alike.items():
        named = [each for anywhere in some for each in where[anywhere]]
        shorter = replace(statement, resources=tuple(some), condition=_in(found))
        if size(shorter) < sum(map(size_of, named)):
            yield shorter
        else:
            rest += named
    if rest:
        yield replace(statement, resources=tuple(sorted(rest)))


def _in(regions: tuple[str, ...]) -> Condition:
    """Say that a call is made in one of these regions."""
    return "StringLike", "aws:RequestedRegion", regions


def _anywhere(resource: str) -> str:
    """Give a resource as it is called in any region."""
    parts = resource.split(":", 5)
    return ":".join([*parts[:3], "*", *parts[4:]]) if _region(resource) else resource


def _region(resource: str) -> str:
    """Give the region of a resource, "" for one that is in none."""
    parts = resource.split(":", 5)
    return parts[3] if len(parts) > 5 else ""  # noqa: PLR2004


def _written(statement: Statement, fill: Fill) -> Json:
    written: Json = {
        "Effect": "Allow",
        "Action": [*statement.actions],
        "Resource": [*map(fill, statement.resources)],
    }
    if statement.condition:
        operator, key, values = statement.condition
        written["Condition"] = {operator: {key: [*map(fill, values)]}}
    return written


def _longest(template: str) -> str:
    return fill_in(template, **_longest_names())


@cache
def _longest_names() -> dict[str, str]:
    names = {"partition": partitions(), "region": regions(), "account": ("9" * 12,)}
    return {name: max(among, key=len) for name, among in names.items()}


def _count(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")))
