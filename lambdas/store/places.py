"""Where a plan's watches look, as the table knows it: for people, and bounded in what is read."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from lambdas.model import Health, Scope
from lambdas.plan import Plan, Watch
from lambdas.scopes import child_of, is_parent, scope_of, sources_there
from lambdas.store import items
from lambdas.store.healths import damaged_health, read_health
from lambdas.store.listing import Listing
from lambdas.store.remembered import Remembered, read_remembered

MOST_SCOPES = 2_000
"""Scopes that are looked at, at most, for one question."""


@dataclass(frozen=True, slots=True)
class Place:
    """A scope and what the table remembers of it as a whole; None: no poll was there yet."""

    scope: Scope
    health: Health | None

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Why it could not be read, as {code, message}, while it is unreachable."""
        if self.health is None or not self.health.unreachable:
            return None
        try:
            found = json.loads(self.health.detail or "{}").get("error")
        except (AttributeError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    @property
    def unread_since(self) -> datetime | None:
        """Since when no reading of it was complete; None where the last one was."""
        return None if self.health is None else self.health.unread_since


def scopes(
    listing: Listing, plan: Plan, watches: Collection[str], own: tuple[str, str]
) -> Iterator[Scope]:
    """Give where watches look, parents first: what those hold is as the table remembers it.

    `own` are the stack's account and region. Lazy: a caller takes as many as it has use for.
    """
    for name in watches:
        watch = plan.watches[name]
        for root in _roots(plan, watch, own):
            yield from _below(listing, plan, watch, root)


def find_jobs(listing: Listing, scopes: Iterable[Scope], job_id: str) -> list[Remembered]:
    """Find the jobs of an id, in each of some scopes: one key of each is asked for."""
    sort_key = items.job_key(job_id)
    keys = [items.key(scope, sort_key) for scope in islice(scopes, MOST_SCOPES)]
    found: list[Remembered] = []
    for item in listing.items(keys).values():
        try:
            found.append(read_remembered(item))
        except items.DAMAGED:
            continue  # it is written anew by the next poll
    return sorted(found, key=lambda job: job.since, reverse=True)


def read_places(listing: Listing, scopes: Iterable[Scope]) -> list[Place]:
    """Read what is remembered of some scopes as a whole."""
    each = list(islice(scopes, MOST_SCOPES))
    keys = [items.key(scope, items.SCOPE) for scope in each]
    found = listing.items(keys)
    return [
        Place(scope, _health(found.get((key["pk"]["S"], key["sk"]["S"]))))
        for scope, key in zip(each, keys, strict=True)
    ]


def _roots(plan: Plan, watch: Watch, own: tuple[str, str]) -> Iterator[Scope]:
    regions = {
        region for source in watch.sources for region in plan.regions_of(watch, source, own[1])
    }
    for account in watch.accounts_in(own[0]):
        for region in sorted(regions):
            for source in sources_there(plan, watch, account, region, own):
                yield scope_of(watch, source, account, region, watch.parameters)


def _below(listing: Listing, plan: Plan, watch: Watch, scope: Scope) -> Iterator[Scope]:
    yield scope
    source = plan.sources[scope.source]
    if is_parent(scope, watch, source):
        for name in _children(listing, scope):
            yield from _below(listing, plan, watch, child_of(scope, source, name))


def _children(listing: Listing, scope: Scope) -> Iterator[str]:
    pages = listing.client.get_paginator("query").paginate(
        TableName=listing.table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :kind)",
        ExpressionAttributeValues={
            ":pk": {"S": items.partition(scope)},
            ":kind": {"S": items.CHILD},
        },
    )
    for page in pages:
        for item in page["Items"]:
            if "S" in item.get("id", {}) and "gone" not in item:
                yield item["id"]["S"]


def _health(item: Mapping[str, Any] | None) -> Health | None:
    if item is None:
        return None
    try:
        return read_health(item)
    except items.DAMAGED:
        return damaged_health(item)
