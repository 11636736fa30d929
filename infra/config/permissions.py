"""The smallest permissions that the watches need, derived from their rows."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate

from infra.config.aws.regions import is_global_somewhere
from infra.config.catalogue import Call
from infra.config.derived import prefix_of, service_of
from infra.config.rows import Row
from infra.config.watches import Watch

MOST_NAMED = 200
"""How many roles of other accounts are named one by one. Each takes 50 to 100 characters, and what
a role can hold is to be left to ids, which no condition can hold."""

MOST_BROADER = 100
"""How many resources with a star, of those that begin alike, others are held against: the shortest.
What is left in beside them allows no more, and to hold each against each would take hours."""
HERE = ("{region}",)
"""Where a watch looks that names no region."""
ANY = "*"
"""The resources of an operation for which IAM knows none."""
Watches = Iterable[tuple[Watch, Row]]


@dataclass(frozen=True, order=True, slots=True)
class Permission:
    """Actions on resources: templates with {partition}, {region} and {account} left in them.

    `regions` are templates, too: where a call may be made of which IAM knows no resource, "*", that
    would say so. A service that is the same everywhere is called where its one endpoint is.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """A role that other accounts offer under this name, and all that any of them must allow.

    `external_ids` are what they ask for, "" for those that ask for none.
    """

    role: str
    permissions: tuple[Permission, ...]
    external_ids: tuple[str, ...]


def permissions_of(watches: Watches) -> tuple[Permission, ...]:
    """Give what reading the stack's own account takes; other accounts' roles allow it there."""
    return _permissions((watch, row) for watch, row in watches if not watch.is_elsewhere)


def actions_of(watches: Watches) -> dict[str, tuple[str, ...]]:
    """Name the actions that the watches take, wherever they look, by the services they are of."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for watch, row in watches:
        for call in _calls(watch, row):
            found[service_of(row, call)].update(action for action, _ in grants(row, call))
    return {service: tuple(sorted(found[service])) for service in sorted(found)}


def permissions_in_a_region(watch: Watch, row: Row) -> tuple[Permission, ...]:
    """Give what reading a watch takes in one account and region, wherever it looks."""
    return _permissions([(watch.model_copy(update={"regions": HERE}), row)])


def readers_of(watches: Watches) -> tuple[Reader, ...]:
    """Give the roles to offer in other accounts, one for each name: one template fits them all."""
    theirs: defaultdict[str, list[tuple[Watch, Row]]] = defaultdict(list)
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for watch, row in watches:
        for account in watch.accounts:
            ids[account.role].add(account.external_id or "")
        roles = {account.role for account in watch.accounts}
        if watch.organization:
            ids[watch.organization.role].add("")
            roles.add(watch.organization.role)
        for role in roles:
            theirs[role].append((watch, row))
    return tuple(
        Reader(role, _permissions(theirs[role]), tuple(sorted(ids[role]))) for role in sorted(ids)
    )


def roles_of(watches: Iterable[Watch]) -> tuple[str, ...]:
    """Give the ARN templates of the roles to assume in other accounts.

    Where they are too many, the account of those whose name stands in several is `*`, which is of
    the organization only, as those of a watch's `organization` are. Who asks for an external id is
    likely to be of another.
    """
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    named: defaultdict[str, set[str]] = defaultdict(set)
    every = [*watches]
    anywhere = {watch.organization.role for watch in every if watch.organization}
    for account in (account for watch in every for account in watch.accounts):
        accounts[account.role].add(account.id)
        if account.external_id is not None:
            named[account.role].add(account.id)
    many = sum(map(len, accounts.values())) > MOST_NAMED
    found = {
        (id_, role)
        for role, ids in accounts.items()
        for id_ in ({"*"} | named[role] if many and len(ids) > 1 else ids)
    }
    found |= {("*", role) for role in anywhere}
    return tuple(f"arn:{{partition}}:iam::{id_}:role/{role}" for id_, role in sorted(found))


def _permissions(watches: Watches) -> tuple[Permission, ...]:
    resources: defaultdict[str, set[str]] = defaultdict(set)
    regions: defaultdict[str, set[str]] = defaultdict(set)
    for watch, row in watches:
        needed = ((call, each) for call in _calls(watch, row) for each in grants(row, call))
        for call, (action, templates) in needed:
            resources[action].update(_resources(watch, row, templates))
            if not _is_called_elsewhere(row, call, action):
                regions[action].update(watch.regions or HERE)
    actions: defaultdict[tuple[tuple[str, ...], ...], list[str]] = defaultdict(list)
    for action, found in resources.items():
        there = tuple(sorted(regions[action])) if ANY in found else ()
        actions[_without_covered(found), there].append(action)
    return tuple(sorted(Permission(tuple(sorted(a)), *where) for where, a in actions.items()))


def _calls(watch: Watch, row: Row) -> Iterator[Call]:
    if row.source.get is not None:
        yield row.source.get
    if watch.jobs:
        return
    yield row.source.list
    yield from (p for p in row.source.parents if p.parameter not in watch.for_)


def grants(row: Row, call: Call) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each action that a call needs, with the templates of the resources it needs it on."""
    yield call.action or f"{prefix_of(row, call)}:{call.operation}", call.resource
    yield from call.also.items()


def _is_called_elsewhere(row: Row, call: Call, action: str) -> bool:
    """Tell whether a call is made in one region of AWS's choice, wherever the watch looks.

    A service that is the same everywhere has one endpoint, and where that is, no file says.
    """
    own = action.startswith(f"{prefix_of(row, call)}:")
    return own and is_global_somewhere(service_of(row, call))


def _resources(watch: Watch, row: Row, templates: Iterable[str]) -> Iterator[str]:
    names = {parent.parameter: "*" for parent in row.source.parents}
    names |= {name: _literal(value) for name, value in watch.for_.items()}
    for template in templates:
        for region in watch.regions or HERE:
            yield template.format(
                **names, partition="{partition}", account="{account}", region=region
            )


def _literal(value: str) -> str:
    """Write an id so that IAM and the template see nothing special in it."""
    return re.sub(r"[^A-Za-z0-9 _.,:;/=+@#-]", "?", value)


def _without_covered(resources: set[str]) -> tuple[str, ...]:
    """Leave out each resource that a broader one of the same action allows already."""
    broader: defaultdict[str, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
    for each in sorted(resources, key=lambda each: (len(each), each)):
        begins, star, _ = each.partition("*")
        if star and len(broader[begins]) < MOST_BROADER:
            # As regular expressions of `.*`, a row's many stars would take hours.
            pattern = re.compile(translate(re.sub(r"[\[?]", r"[\g<0>]", each)))
            broader[begins].append((each, pattern))
    # By what they begin with: to hold each against each would take minutes for thousands.
    ends = {len(begins) for begins in broader}
    covered = {
        each
        for each in resources
        for end in ends
        for other, pattern in broader.get(each[:end], ())
        if other != each and pattern.fullmatch(each)
    }
    return tuple(sorted(resources - covered))
