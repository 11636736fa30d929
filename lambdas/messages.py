"""What goes through the queue of lanes: whose turn it is. What was found stays in the table.

A lane is a service in an account and a region: what AWS throttles, what one set of credentials is
for, and what one invocation works on at a time. It is the queue's message group::

    {"tick": "2026-11-22T10:00:00+00:00", "due": "2026-11-22T10:00:00+00:00",
     "watches": ["contact-imports"], "service": "sesv2", "account": "111122223333",
     "region": "eu-west-1"}

`tick` is when the turn was given, `due` the time for which a schedule wanted it, or null.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from lambdas.plan import Plan
from lambdas.scopes import looks_into
from lambdas.times import read_time


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


def read_turn(body: str, plan: Plan, own: tuple[str, str]) -> Turn | None:
    """Read a message and hold it against the plan; None where nothing of it is left to do.

    A message may be older than the plan, or somebody else's: of what it names, only watches
    of this plan that look into this lane are believed. `own` are the stack's account and region.
    """
    try:
        message = json.loads(body)
        service, account, region = (str(message[n]) for n in ("service", "account", "region"))
        tick, due = _time(message["tick"]), message["due"]
        turn = Turn(
            service=service,
            account=account,
            region=region,
            watches=tuple(
                name
                for name in dict.fromkeys(map(str, message["watches"]))
                if name in plan.watches
                and plan.watches[name].source.service == service
                and looks_into(plan, plan.watches[name], account, region, own)
            ),
            tick=tick,
            due=None if due is None else _time(due),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    return turn if turn.watches else None


def _time(text: object) -> datetime:
    moment = read_time(text)
    if moment is None:
        raise ValueError("no time")
    return moment
