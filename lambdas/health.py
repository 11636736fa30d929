"""Decides about a scope as a whole: what its next poll takes for granted, if it is unreachable.

Pure functions of plain values, as in `diff`.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from lambdas.digest import short
from lambdas.model import WATCH_RECOVERED, WATCH_UNREACHABLE, Health, Round

UNREACHABLE_AFTER = 3
"""Failed reads in a row after which a scope is called unreachable."""
ENDLESS = 1_000_000_000
"""Pages behind which a list counts as failed that goes in circles: no piece of it gets beyond."""
GET_PATIENCE = 2
"""Polls for which a change waits for a get that fails, before it is announced without."""
MOST_WAITING = 1_000
"""Jobs of which it is counted how long each waits for its get; the others begin to wait later."""
FULL_READ_EVERY = timedelta(days=1)
OVERLONG_FOR = timedelta(days=1)
"""How long the index is believed where there was no time to read all items of a scope instead."""
LONGEST_REST = timedelta(days=1)
"""How long an idle scope may be left alone."""
SWEEP_EVERY = timedelta(days=1)
REFUSED_FOR = timedelta(days=1)
"""How long jobs that are gone with their parent are asked for, though each get is refused."""


def begun(health: Health, now: datetime, retention: timedelta, *, by_id: bool = False) -> Health:
    """Begin to remember a scope that the table doesn't know yet, or knows in another way.

    A watch that named its jobs and now lists them (or the other way round) has never been read so:
    it begins now.
    """
    seconds = int(retention.total_seconds())
    if not health.version:
        return replace(health, began_at=health.began_at or now, by_id=by_id, retention=seconds)
    if health.by_id not in {None, by_id}:
        kept = Health(
            version=health.version,
            began_at=now,
            failures=health.failures,
            since=health.since,
            unreachable=health.unreachable,
            retention=health.retention,
            shorter=health.shorter,
            round=health.round,
            reopens=not by_id,
            announced=health.announced,
            detail=health.detail,
        )
        health = kept
    return with_retention(replace(health, by_id=by_id), now, seconds)


def narrowed(health: Health, now: datetime, globs: int | None, since: datetime) -> Health:
    """Begin to read a scope by other globs than before, which `globs` sums up.

    Jobs that are known go on. Of others, those that were not created `since` may have been left out
    until now, and are remembered silently.
    """
    if health.narrowed == globs:
        return health
    anew = replace(
        health,
        narrowed=globs,
        digest=None,
        boundary=None,
        stragglers=(),
        listed_since=None,
        partial=None,
        cursor=None,
    )
    if health.read_at is None:
        return anew
    return replace(anew, read_at=None, began_at=now, globs_since=since)


def looked_at(
    health: Health, passed: datetime, every: timedelta, idle_every: timedelta | None
) -> datetime:
    """Give a time that is no later than when a scope was last read to its end.

    `passed` is when the lane came by there last, or this turn began; `every` and `idle_every` are
    its watch's.
    """
    if health.unread_since is not None:
        return min(passed, health.unread_since) - max(every, idle_every or every)
    if health.idle_until is None:
        return passed - every
    return min(passed - every, health.idle_until - (idle_every or LONGEST_REST))


def with_retention(health: Health, now: datetime, seconds: int) -> Health:
    """Note a retention that was changed: what was forgotten under a shorter one stays forgotten.

    A health that does not tell is of a version before; or it was damaged, and was read never.
    """
    if health.retention is None and health.read_at is None:
        return replace(health, retention=seconds)
    before = health.retention or 0
    shorter = health.shorter
    if shorter is not None and now - shorter[0] > timedelta(seconds=max(seconds, before)):
        shorter = None
    if seconds > before:
        shorter = (now, min(before, shorter[1]) if shorter else before)
    return replace(health, retention=seconds, shorter=shorter)


def is_full_read_due(health: Health, now: datetime, retention: timedelta) -> bool:
    """Tell whether all of a scope is to be read: at first, then once a day.

    So it is where the retention was raised since: what the table was to forget by the one of before
    would look new, where its list has it still and tells no age.
    """
    if health.read_at is None or (health.shorter and health.read_at < health.shorter[0]):
        return True
    return now - health.read_at >= min(FULL_READ_EVERY, retention / 4)


def is_overlong(health: Health, now: datetime) -> bool:
    """Tell whether there was no time, of late, to read all that the table has of a scope."""
    return health.overlong_at is not None and now - health.overlong_at < OVERLONG_FOR


def after_overlong(health: Health, now: datetime) -> Health:
    """Give the health to store of a scope of which there was no time to read all."""
    return replace(health, version=health.version + 1, overlong_at=now)


def is_idle(health: Health) -> bool:
    """Tell whether no job of a scope is unfinished, and nothing waits to be read once more."""
    return (
        health.read_at is not None
        and health.unfinished_checksum == 0
        and not health.failures
        and health.gets_failed_since is None
        and not health.suspect_parts
        and not health.gap
        and health.cursor is None
        and health.position is None
    )


def after_read(health: Health) -> Health:
    """Give the health of a scope that could be read."""
    return replace(health, failures=0, failed_at=0, since=None, unreachable=False, partial=None)


def after_piece(health: Health, pages: int) -> Health:
    """Give the health of a scope whose list was read so far and goes on.

    Beyond where it last failed, failures are counted anew; a scope that is unreachable stays so
    until all of its list could be read.
    """
    if health.unreachable or pages <= health.failed_at:
        return health
    return replace(health, failures=0, failed_at=0)


def after_failure(health: Health, now: datetime, pages: int = 0) -> Health:
    """Give the health of a scope that could not be read once more, behind so many pages.

    A long list begins anew.
    """
    failures = min(health.failures + 1, UNREACHABLE_AFTER)
    return replace(
        health,
        failures=failures,
        failed_at=pages,
        since=health.since or now,
        unreachable=health.unreachable or failures == UNREACHABLE_AFTER,
        cursor=None,
    )


def after_giving_up(health: Health) -> Health:
    """Give the health of a scope that is gone and into which nobody looks any more.

    What is known of its jobs is all that will be, unless it comes back: then they are followed.
    """
    since = health.gets_failed_since
    return replace(health, failures=UNREACHABLE_AFTER, since=since, unreachable=True, reopens=True)


def after_gets(health: Health, now: datetime, *, failed: bool) -> Health:
    """Note since when a get call failed in each poll."""
    if not failed:
        return replace(health, gets_failed_since=None, waits={})
    return replace(health, gets_failed_since=health.gets_failed_since or now)


def after_waiting(health: Health, asked: Collection[str], unread: Collection[str]) -> Health:
    """Count for each job the polls in a row in which its get failed, of those that needed one."""
    asked = {*map(short, asked)}
    before = {i: n for i, n in health.waits.items() if i not in asked}
    now = {i: min(health.waits.get(i, 0) + 1, GET_PATIENCE) for i in map(short, unread)}
    longest_first = sorted(now.items(), key=lambda each: -each[1])
    return replace(health, waits=dict([*longest_first, *before.items()][:MOST_WAITING]))


def after_ids(health: Health, asked: Collection[str], failed: Collection[str]) -> Health:
    """Note which ids of a watch could not be read yet: what they turn out to be is not new."""
    never_read = failed if health.read_at is None else ()
    return after_reading(health, {*asked} - {*failed}, never_read)


def after_reading(health: Health, read: Collection[str], never_read: Collection[str]) -> Health:
    """Note which jobs could be read, and which that were there at first could not."""
    left = health.never_read - {*map(short, read)}
    return replace(health, never_read=left | {*map(short, never_read)})


def event_of(before: Health, after: Health) -> str | None:
    """Give the detail type under which a change of a scope's health is announced, if at all."""
    if before.unreachable == after.unreachable:
        return None
    return WATCH_UNREACHABLE if after.unreachable else WATCH_RECOVERED


def stopped_at(before: Round, at: tuple[str, ...], start: datetime, *, wrapped: bool) -> Round:
    """Give the round of a lane that ran out of time before the scope at this place."""
    if before.began is None:
        return Round(at, began=start, previous_began=start)
    if wrapped:
        return Round(at, began=start, previous_began=before.began)
    return Round(at, began=before.began, previous_began=before.previous_began)
