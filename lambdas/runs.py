"""Decides about the runs that a watch expects: what is missing, and what came after all.

Pure functions of plain values, as in `diff`. A window begins at each time of the cron and closes
`within` after it; without a cron, one has closed at each moment that began `within` before. They
keep these promises:

- a run is missing only once all that its watch looks at was read completely since its window had
  closed, and none was seen to succeed since the window began;
- a window that had begun before the watch was first read completely is left out;
- what is missing is told once, until a run arrives: one that succeeded since the beginning of the
  last window that has closed.

Between missing and arrived, nothing is known: what was told stays so.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.cron import latest
from lambdas.model import RUN_ARRIVED, RUN_MISSING, SUCCEEDED, Change, Job, Reading, Runs, StoredJob
from lambdas.plan import Expect, Watch


@dataclass(frozen=True, slots=True)
class Found:
    """What a turn found out: `succeeded_at` is the last success, `places` what was read where.

    `is_gone` tells that what knew of it may be known no more by the next turn.
    """

    now: datetime
    succeeded_at: datetime | None = None
    places: Mapping[str, Reading] | None = None
    is_gone: bool = False


def success_of(
    job: Job, stored: StoredJob | None, change: Change | None, now: datetime
) -> datetime | None:
    """Tell when a job that was seen succeeded; None where it did not, or nobody knows when.

    That is when it ended, or when that was noticed, in whole seconds as the table has it; one that
    was there before the watch, of which no event ever told, succeeded no earlier than it was
    created.
    """
    after = change.after if change else stored
    if after is None or after.status != SUCCEEDED:
        return None
    was_told = after.announced is not None or (change is not None and change.announce is not None)
    at = after.ended_at or (after.moved_at if was_told else job.created_at)
    return at and min(at, now).replace(microsecond=0)


def opened(expect: Expect, now: datetime) -> datetime | None:
    """Give when the last window began: an earlier success will count for none to come.

    Without a cron, each success would put off the time by which the next one is to come; it is
    enough to note one each half of that.
    """
    if expect.at is None:
        return now - timedelta(seconds=expect.within) / 2
    return latest(expect.at, expect.zone, now)


def closed(expect: Expect, now: datetime) -> datetime | None:
    """Give when the last window began that has closed; None where there was none."""
    end = now - timedelta(seconds=expect.within)
    return end if expect.at is None else latest(expect.at, expect.zone, end)


def begun(runs: Runs, watch: Watch) -> Runs:
    """Begin anew where something else is expected, or of something else: the rest is kept."""
    assert watch.expect is not None, "a run is expected"  # noqa: S101  for the type checker
    expect = watch.expect
    terms = [expect.at, expect.zone, expect.within, sorted(watch.sources), {**watch.parameters}]
    written = json.dumps(terms, sort_keys=True)
    return runs if runs.terms == written else replace(runs, terms=written, places={})


def began_at(runs: Runs, places: Collection[str]) -> datetime | None:
    """Give since when all of a watch's places are read; None: one was never read completely."""
    firsts = [runs.places.get(place, Reading()).first for place in places]
    known = [first for first in firsts if first is not None]
    return max(known) if known and len(known) == len(firsts) else None


def is_owed(expect: Expect, runs: Runs, places: Collection[str], moment: datetime) -> bool:
    """Tell whether no run was seen to succeed by a moment that should have been."""
    began, start = began_at(runs, places), closed(expect, moment)
    if began is None or start is None or start < began:
        return False
    return runs.succeeded_at is None or runs.succeeded_at < start


def is_awaited(
    expect: Expect, runs: Runs, places: Collection[str], place: str, now: datetime
) -> bool:
    """Tell whether it is to be noted that a place was read: at first, and to know what is owed."""
    reading = runs.places.get(place, Reading())
    if reading.first is None or reading.last is None:
        return True
    if runs.missing_since is not None or not is_owed(expect, runs, places, now):
        return False
    return not is_owed(expect, runs, places, reading.last)


def after_turn(
    expect: Expect, runs: Runs, places: Collection[str], found: Found
) -> tuple[Runs, str | None]:
    """Give what is known after a turn, and the detail type of the event of it, if any."""
    read = {place: runs.places.get(place, Reading()) for place in places}
    for place, reading in (found.places or {}).items():
        if place in read:
            read[place] = _later(read[place], reading)
    succeeded_at = runs.succeeded_at
    if _counts(expect, succeeded_at, found):
        succeeded_at = found.succeeded_at
    noted = {place: reading for place, reading in read.items() if reading != Reading()}
    after = replace(runs, succeeded_at=succeeded_at, places=noted)
    if after.missing_since is not None:
        if not _has_arrived(expect, after, found.now):
            return after, None
        return replace(after, missing_since=None), RUN_ARRIVED
    lasts = [reading.last for reading in read.values()]
    last = min((each for each in lasts if each is not None), default=None)
    if last is None or None in lasts or not is_owed(expect, after, places, last):
        return after, None
    return replace(after, missing_since=due_at(expect, after, places, last)), RUN_MISSING


def _later(before: Reading, now: Reading) -> Reading:
    """Add what a turn read of a place to what others did, which may have been later."""
    lasts = [each for each in (before.last, now.last) if each is not None]
    return now._replace(first=before.first or now.first, last=max(lasts, default=None))


def _counts(expect: Expect, before: datetime | None, found: Found) -> bool:
    """Tell whether a success is to be noted: the first one of each window is enough.

    Not so of one that nobody would know of any more by the time at which another counts.
    """
    if found.succeeded_at is None or before is None:
        return found.succeeded_at is not None
    start = opened(expect, found.now)
    return found.succeeded_at > before and (found.is_gone or start is None or before < start)


def _has_arrived(expect: Expect, runs: Runs, now: datetime) -> bool:
    start = closed(expect, now)
    return runs.succeeded_at is not None and (start is None or runs.succeeded_at >= start)


def due_at(expect: Expect, runs: Runs, places: Collection[str], moment: datetime) -> datetime:
    """Give by when the run was to succeed that is missing at a moment."""
    return expected_from(expect, runs, places, moment) + timedelta(seconds=expect.within)


def expected_from(
    expect: Expect, runs: Runs, places: Collection[str], moment: datetime
) -> datetime:
    """Give since when the run was to succeed that is missing at a moment."""
    if expect.at is None:
        known = (runs.succeeded_at, began_at(runs, places))
        return max((each for each in known if each is not None), default=moment)
    return latest(expect.at, expect.zone, moment - timedelta(seconds=expect.within)) or moment
