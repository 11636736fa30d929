"""What the roles may do by a plan: who, which action, on what.

It is derived from the plan as a synth derives it from the file, so that two plans can be compared.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from infra.config import organization, watches
from infra.config.permissions import Permission, permissions_of, readers_of, roles_of
from infra.config.rows import Row
from infra.config.statements import TO_LIST_ACCOUNTS, fill_in
from lambdas.plan import Account, Organization, Plan, Watch

POLL = "the poll function"
THEIRS = "ACCOUNT"
"""Stands in the ARNs of what is in other accounts: the same is allowed in each of them."""


class Allowed(NamedTuple):
    """One action that a role may take on one resource; `who` is a role as people call it."""

    who: str
    action: str
    resource: str


def allowed(plan: Plan, rows: Mapping[str, Row], **place: str) -> set[Allowed]:
    """Give all that reading takes by a plan, in a `place`: partition, region, account.

    Of a source without a row nothing can be told.
    """
    pairs = pairs_of(plan, rows)
    found = {Allowed(POLL, *each) for each in _each(permissions_of(pairs), place)}
    for reader in readers_of(pairs):
        who = f"the role {reader.role} of other accounts"
        theirs = _each(reader.permissions, {**place, "account": THEIRS})
        found |= {Allowed(who, *each) for each in theirs}
    arns = (fill_in(each, **place) for each in roles_of(models_of(plan)))
    found |= {Allowed(POLL, "sts:AssumeRole", arn) for arn in arns}
    if plan.units:
        found |= {
            Allowed(POLL, action, fill_in(arn, **place))
            for action in TO_LIST_ACCOUNTS.actions
            for arn in TO_LIST_ACCOUNTS.resources
        }
    return found


def pairs_of(plan: Plan, rows: Mapping[str, Row]) -> list[tuple[watches.Watch, Row]]:
    """Give each watch of a plan with each row by which it is read, as far as there is one."""
    return [
        (_model(watch, regions), rows[source])
        for watch in plan.watches.values()
        for source, regions in watch.sources.items()
        if source in rows
    ]


def models_of(plan: Plan) -> list[watches.Watch]:
    """Give what of the watches of a plan decides about roles in other accounts."""
    return [_model(watch, ()) for watch in plan.watches.values()]


def _each(
    permissions: tuple[Permission, ...], place: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for each in permissions:
        regions = [f" in {fill_in(region, **place)}" for region in each.regions] or [""]
        resources = [fill_in(resource, **place) for resource in each.resources]
        yield from (
            (action, resource + there)
            for action in each.actions
            for resource in resources
            for there in regions
        )


def _model(watch: Watch, regions: tuple[str, ...]) -> watches.Watch:
    """Give what of a watch decides about permissions, as its file had it."""
    return watches.Watch.model_construct(
        source=tuple(watch.sources),
        for_=dict(watch.parameters),
        jobs=watch.jobs or (),
        regions=regions,
        accounts=tuple(_account(each) for each in watch.accounts),
        organization=_organization(watch.organization),
    )


def _organization(said: Organization | None) -> organization.Organization | None:
    if said is None:
        return None
    return organization.Organization(
        units=said.units, except_=said.without, role=said.role, most=said.most
    )


def _account(account: Account) -> watches.Account:
    return watches.Account(
        id=account.id, role=account.role, external_id=account.external_id, name=account.name
    )
