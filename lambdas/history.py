"""The history of a job, as its item keeps it: what it came to, and when that was seen.

It is for people alone. Nothing is decided by it, and one that can't be read counts as none.
"""

import json
from datetime import datetime
from typing import NamedTuple

from lambdas.model import JOB_STATUS_CHANGE, Change
from lambdas.times import iso, read_time

MOST_STEPS = 20
"""Of a longer history the first step is kept, and the last ones."""


class Step(NamedTuple):
    """One step of a job: what it was, from when that was observed.

    `event` is the detail type of the event that told of it, None where it was remembered silently.
    """

    at: datetime
    status: str
    raw_status: str | None
    event: str | None = JOB_STATUS_CHANGE


def stepped(change: Change, now: datetime) -> str | None:
    """Give the history to store with a change: with one step more where it is told, or is new."""
    before, after = change.before, change.after
    if change.announce is None and before is not None:
        return after.history
    steps = [*read_steps(after.history), Step(now, after.status, after.raw_status, change.announce)]
    return write_steps(steps[:1] + steps[1:][-MOST_STEPS + 1 :])


def write_steps(steps: list[Step]) -> str:
    """Write steps as JSON; the event of most is left out."""
    rows = [[iso(step.at), *step[1:]] for step in steps]
    short = [row[:3] if row[3] == JOB_STATUS_CHANGE else row for row in rows]
    return json.dumps(short, separators=(",", ":"))


def read_steps(text: str | None) -> tuple[Step, ...]:
    """Read steps; none where the text is none that was written so."""
    try:
        return tuple(_read_step(*row) for row in json.loads(text or "[]"))
    except (TypeError, ValueError, RecursionError):
        return ()


def reached_at(text: str | None, status: str) -> datetime | None:
    """Give when a job came to the status in which it is; None where its history does not tell."""
    reached = None
    for step in reversed(read_steps(text)):
        if step.status != status:
            break
        reached = step.at
    return reached


def _read_step(
    at: object, status: object, raw_status: object, event: object = JOB_STATUS_CHANGE
) -> Step:
    moment = read_time(at)
    if moment is None:
        raise ValueError("no time")
    raw, told = (None if each is None else str(each) for each in (raw_status, event))
    return Step(moment, str(status), raw, told)
