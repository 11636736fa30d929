"""The decision about a scope as a whole: when it got lost, when it came back.

Pure functions of plain values, as in `diff`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from lambdas.model import RECOVERED, UNREACHABLE, Health, Job

UNREACHABLE_AFTER = 3
"""Failed reads in a row after which a scope is called unreachable."""
GET_PATIENCE = 2
"""Polls for which a change waits for a get that fails, before it is told without."""
_WHOLE_EVERY = timedelta(days=1)


def begun(
    health: Health, now: datetime, quiet_before: datetime | None, *, by_id: bool = False
) -> Health:
    """Begin to remember a scope that the table doesn't know yet, or knows in another way.

    A watch that named its jobs and now lists them (or the other way round) has never been read so.
    """
    if not health.version:
        return replace(health, began_at=now, quiet_before=quiet_before, by_id=by_id)
    if health.by_id not in {None, by_id}:
        health = replace(health, read_at=None, settled=None, unread=frozenset(), ended=frozenset())
    return replace(health, by_id=by_id)


def takes_nothing_for_granted(health: Health, now: datetime, retention: timedelta) -> bool:
    """Tell whether all of a scope is to be looked at: at first, then once a day."""
    return health.settled is None or _is_due(health, now, retention)


def is_calm(health: Health) -> bool:
    """Tell whether a scope was read and nothing of it waits to be read once more."""
    return health.read_at is not None and not health.failures and not health.gets_failed


def after_read(health: Health) -> Health:
    """Give the health of a scope that could be read."""
    return replace(health, failures=0, since=None, unreachable=False)


def after_failure(health: Health, now: datetime) -> Health:
    """Give the health of a scope that could not be read once more."""
    failures = min(health.failures + 1, UNREACHABLE_AFTER)
    return replace(
        health,
        failures=failures,
        since=health.since or now,
        unreachable=failures == UNREACHABLE_AFTER,
        underway=None,
    )


def after_list(
    health: Health, now: datetime, retention: timedelta, settled: bytes | None, gets_failed: bool
) -> Health:
    """Give the health of a scope whose list was read, as far as that was necessary."""
    return replace(
        after_read(health),
        gets_failed=min(health.gets_failed + 1, GET_PATIENCE) if gets_failed else 0,
        read_at=_read_at(health, now, retention),
        settled=settled,
        underway=None,
    )


def after_gets(
    health: Health,
    now: datetime,
    retention: timedelta,
    seen: Mapping[str, Job],
    failed: frozenset[str],
) -> Health:
    """Give the health of a scope whose jobs are asked for by id, some of which may have failed."""
    first = health.read_at is None
    after = replace(
        health,
        read_at=_read_at(health, now, retention),
        unread=failed if first else health.unread & failed,
        ended=health.ended | {job.id for job in seen.values() if job.terminal},
    )
    return after_failure(after, now) if failed else after_read(after)


def news(before: Health, after: Health) -> str | None:
    """Give the detail type under which a change of a scope's health is announced, if at all."""
    if before.unreachable == after.unreachable:
        return None
    return UNREACHABLE if after.unreachable else RECOVERED


def _read_at(health: Health, now: datetime, retention: timedelta) -> datetime:
    if health.read_at is None or _is_due(health, now, retention):
        return now
    return health.read_at


def _is_due(health: Health, now: datetime, retention: timedelta) -> bool:
    """Tell whether a whole read is due: rarely, as it reads all that is remembered."""
    step = min(_WHOLE_EVERY, retention / 4)
    return health.read_at is None or now - health.read_at >= step
