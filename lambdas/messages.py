"""What goes through the queue of lanes: whose turn it is. What was found stays in the table.

A lane is a service in an account and a region: what AWS throttles, what one set of credentials is
for, and what one invocation works on at a time. It is the queue's message group::

    {"tick": "2026-11-22T10:00:00+00:00", "due": "2026-11-22T10:00:00+00:00",
     "watches": ["contact-imports"], "service": "sesv2", "account": "111122223333",
     "region": "eu-west-1"}

A message of the service `organization`, in the stack's own account and region, is no lane's: it has
poll give their turns to the lanes in the accounts of the watches' organizations.

`tick` is when the turn was given, `due` the time for which a schedule wanted it, or null. Nothing
is believed because it arrived: a message says names and times, which are held against the plan and
the clock, and what a lane's watches are to do stands in the plan alone.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lambdas.plan import Plan
from lambdas.scopes import sources_in
from lambdas.times import CLOCK_SKEW, read_time

LONGEST = 300_000
"""Characters of a message: 5,000 names of 48 characters fit, as many as a file may have."""
WAITS = timedelta(minutes=10)
"""How much longer than the longest cadence a turn may wait, for an invocation that may run beyond
that: would the queue forget a message amid its turn, the lane's next one would begin beside it."""
ASKED_FOR = timedelta(hours=1)
"""How long a person's turn may wait: who asks all the time would have their lane be read for that
alone, for as long as the longest cadence is."""
OLDEST = timedelta(days=14)
"""How long ago a time in a message may be: SQS keeps none longer."""


SPREAD = "organization"
"""What stands in the place of a service where a turn is to be spread over accounts: none has that
name."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A lane's turn to be polled, for some of its watches; None in `due`: a person wants it now."""

    service: str
    account: str
    region: str
    watches: tuple[str, ...]
    tick: datetime
    due: datetime | None = None

    @property
    def group(self) -> str:
        """The lane's message group: only one of its turns is taken at a time."""
        return f"{self.service}:{self.account}:{self.region}"


def write_turn(turn: Turn) -> str:
    """Write a turn as a message."""
    message = {
        "tick": turn.tick.isoformat(),
        "due": turn.due.isoformat() if turn.due else None,
        "watches": list(turn.watches),
        "service": turn.service,
        "account": turn.account,
        "region": turn.region,
    }
    return json.dumps(message, separators=(",", ":"))


def read_turn(body: str, plan: Plan, own: tuple[str, str], now: datetime) -> Turn | None:
    """Read a message and hold it against the plan; None where nothing of it is left to do.

    A message may be older than the plan, or somebody else's: of what it names, only watches
    of this plan that look into this lane are believed. `own` are the stack's account and region.
    """
    said = read_unheld(body, now)
    if said is None:
        return None
    there = tuple(name for name in said.watches if _looks(plan, name, said, own))
    return replace(said, watches=there) if there else None


def read_unheld(body: str, now: datetime) -> Turn | None:
    """Read a message as it is: it may name what nobody watches. None where it is no turn."""
    try:
        message = read_message(body)
        service, account, region = (text(message[n]) for n in ("service", "account", "region"))
        due = message["due"]
        return Turn(
            service=service,
            account=account,
            region=region,
            watches=(*names(message["watches"]),),
            tick=moment(message["tick"], now),
            due=None if due is None else moment(due, now),
        )
    except MessageError:
        return None


def is_forgotten(turn: Turn, plan: Plan, now: datetime) -> bool:
    """Tell whether a turn waited so long that the queue may forget its message amid it.

    One that a person asked for counts as such after an hour.
    """
    patience = timedelta(seconds=max(watch.every for watch in plan.watches.values())) + WAITS
    return now - turn.tick > (patience if turn.due is not None else min(patience, ASKED_FOR))


def late_watches(turn: Turn, plan: Plan, now: datetime) -> tuple[str, ...]:
    """Name the watches of a turn that waited longer than their cadence: a person's never do."""
    if turn.due is None:
        return ()
    age = (now - turn.tick).total_seconds()
    return tuple(name for name in turn.watches if age > plan.watches[name].every)


def _looks(plan: Plan, name: str, turn: Turn, own: tuple[str, str]) -> bool:
    if name not in plan.watches:
        return False
    watch, lane = plan.watches[name], (turn.service, turn.account, turn.region)
    if turn.service == SPREAD:
        return watch.organization is not None and lane[1:] == own
    return bool(sources_in(plan, watch, lane, own))


class MessageError(Exception):
    """A message has not the shape that one of ours has; nothing of it is in the error."""


class _Members(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        raise MessageError(f"it has no {name}")


def read_message(body: str) -> _Members:
    """Read a message as an object that tells what it lacks; raises MessageError."""
    if len(body) > LONGEST:
        raise MessageError(f"it has {len(body):,} characters, at most {LONGEST:,} were expected")
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise MessageError("it is no JSON") from None
    if not isinstance(message, dict):
        raise MessageError("it is no object")
    return _Members(message)


def text(value: object) -> str:
    """Take a text from a message; raises MessageError."""
    if not isinstance(value, str):
        raise MessageError(f"a {type(value).__name__} stands where a text was expected")
    return value


def names(value: object) -> dict[str, None]:
    """Take a list of texts from a message, each once; raises MessageError."""
    if not isinstance(value, list):
        raise MessageError(f"a {type(value).__name__} stands where a list was expected")
    return dict.fromkeys(map(text, value))


def moment(value: object, now: datetime) -> datetime:
    """Take a time from a message, at which it can have been written; raises MessageError.

    One in the future would never come too late, and one of long ago would make a lane look unread.
    """
    found = read_time(text(value))
    if found is None or not now - OLDEST <= found <= now + CLOCK_SKEW:
        raise MessageError("a time is none at which it can have been written")
    return found
