"""What an invocation of the poll function asks for.

============================================  ====================================================
event                                         asks for
============================================  ====================================================
`{}`                                          every watch, now
`{"watches": ["name", …]}`                    these watches, now
`{"watches": […], "tick": "<time>"}`          these watches, as a schedule wants; `"every": 15` adds
                                              that their cadence is shorter than the schedule's
`{"Records": [{"body": "…"}]}`                what an earlier invocation handed over through a
                                              queue: visits, or an event like the one before
============================================  ====================================================

What a queue held for longer than the cadence is dropped: a newer tick has been sent since.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lambdas.apis.jobs import read_time
from lambdas.handover import read_visits
from lambdas.model import Visit
from lambdas.plan import Plan, Watch

MINUTE = 60


class InvocationError(Exception):
    """What the caller asked for is wrong."""


@dataclass(slots=True)
class Invocation:
    """What is to be done: `watches` from the beginning, or `visits` that were handed over.

    `tick` is when the tick began, which may be most of a minute after it was `due`: schedules are
    no more precise. None: no schedule wanted it. `every` is the cadence in seconds where it is
    shorter than the schedule's. `late` has the watches whose turn is dropped, and how many seconds
    ago their tick began.
    """

    tick: datetime
    due: datetime | None = None
    every: int | None = None
    watches: list[Watch] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    late: dict[str, float] = field(default_factory=dict)


def read_invocation(event: Any, plan: Plan, now: datetime) -> Invocation:
    """Read an event; raises InvocationError when it names watches that are not there."""
    event = event if isinstance(event, Mapping) else {}
    if "Records" in event:
        return _from_queue(json.loads(event["Records"][0]["body"]), plan, now)
    names = event.get("watches")
    if names is None:
        return Invocation(now, watches=list(plan.watches.values()))
    unknown = sorted(set(map(str, names)) - set(plan.watches))
    if unknown:
        raise InvocationError(
            f"watches: found {', '.join(unknown)}, expected names out of {', '.join(plan.watches)}"
        )
    return Invocation(
        tick=now,
        due=(read_time(event["tick"]) or now) if "tick" in event else None,
        every=event.get("every"),
        watches=[plan.watches[name] for name in dict.fromkeys(names)],
    )


def _from_queue(message: Mapping[str, Any], plan: Plan, now: datetime) -> Invocation:
    """Read what was handed over, but for watches that are gone and turns that are overtaken."""
    tick = datetime.fromisoformat(message["tick"])
    visits = read_visits(message.get("visits", ()), plan)
    watches = [plan.watches[name] for name in message.get("watches", ()) if name in plan.watches]
    age = (now - tick).total_seconds()
    # A long list that is being read is not begun anew meanwhile: it goes on, however late.
    begun = [visit for visit in visits if visit.bookmark]
    wanted = {watch.name for watch in watches} | {v.scope.watch for v in visits if not v.bookmark}
    late = {name: age for name in wanted if age > plan.watches[name].every}
    return Invocation(
        tick,
        due=read_time(message["due"]),
        watches=[watch for watch in watches if watch.name not in late],
        visits=begun + [v for v in visits if not v.bookmark and v.scope.watch not in late],
        late=late,
    )


def hold_back(client: Any, url: str, asked: Invocation, now: datetime) -> None:
    """Let the watches be due again within the minute, as schedules know whole minutes only."""
    entries = []
    for seconds in range(asked.every or MINUTE, MINUTE, asked.every or MINUTE):
        later = timedelta(seconds=seconds)
        message = {
            "tick": (now + later).isoformat(),
            "due": ((asked.due or now) + later).isoformat(),
            "watches": [watch.name for watch in asked.watches],
        }
        entries.append(
            {
                "Id": str(seconds),
                "DelaySeconds": seconds,
                "MessageBody": json.dumps(message),
            }
        )
    client.send_message_batch(QueueUrl=url, Entries=entries)
