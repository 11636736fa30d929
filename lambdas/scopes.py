"""The scopes of a watch: where it begins to look, and which of them hold no jobs themselves."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from zlib import crc32

from lambdas.model import Scope
from lambdas.plan import Watch


def first_scopes(watch: Watch, account: str, region: str) -> Iterator[Scope]:
    """Give where a watch begins to look; `account` and `region` are the stack's own."""
    for place in [each.id for each in watch.accounts] or [account]:
        for where in watch.regions or (region,):
            yield scope_of(watch, place, where, watch.parameters)


def scope_of(watch: Watch, account: str, region: str, parameters: Mapping[str, str]) -> Scope:
    """Give a scope of a watch, with the role that lets us read there."""
    other = next((each for each in watch.accounts if each.id == account), None)
    return Scope(
        watch=watch.name,
        source=watch.source.name,
        account=account,
        region=region,
        parameters=dict(parameters),
        role=other.role if other else None,
        external_id=other.external_id if other else None,
    )


def is_broad(scope: Scope, watch: Watch) -> bool:
    """Tell whether a scope holds other scopes rather than jobs."""
    named = scope.parameters
    return watch.jobs is None and any(p.parameter not in named for p in watch.source.parents)


def rests(scope: Scope, watch: Watch, due: datetime) -> bool:
    """Tell whether an idle scope is left alone at a tick: it is asked in one of so many only.

    Which one that is differs from scope to scope, so that not all of them are asked at once.
    """
    ticks = (watch.idle_every or 0) // watch.every
    place = json.dumps([scope.watch, scope.account, scope.region, *scope.parameters.items()])
    return ticks > 1 and (int(due.timestamp()) // watch.every + crc32(place.encode())) % ticks > 0
