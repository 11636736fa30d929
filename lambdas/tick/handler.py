"""The function that ticks: it turns the watches that are due into turns of their lanes.

Environment: `LANES_QUEUE_URL`; `LATER_QUEUE_URL` where a cadence is below a minute.

============================================  ====================================================
event                                         asks for
============================================  ====================================================
`{}`                                          every watch, now
`{"watches": ["name", …]}`                    these watches, now
`{"watches": […], "tick": "<time>",           these watches, as a schedule wants them at that time;
"every": 60}`                                 where `every` is below a minute, again within it
`{"Records": [{"body": "…"}]}`                what an earlier tick held back for later in the minute
============================================  ====================================================

The answer counts what was asked for and the lanes that got their turn, all those in accounts of
organizations as one::

    {"Watches": 3, "Lanes": 2}

What was held back comes through a queue: a message that has not the shape or the times of one of
ours is dropped, with a line in the log and one more in the metric `Dropped`.

A source that AWS does not offer in the stack's own region, into which its watch looks, has no lane:
the log says so once in the life of a process. Where no source of a cadence's watches has a lane, no
poll tells how old their last read is, so it is said here: nothing is unread, and the alarm on
silence goes on listening to the schedule.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from lambdas.lanes import MINUTE, enqueue, enqueue_later, turns_of, turns_to_spread
from lambdas.legible import write_line
from lambdas.messages import MessageError, moment, names, read_message
from lambdas.plan import Plan, Watch, read_plan
from lambdas.settings import plan_file, setting
from lambdas.text import one_line
from lambdas.times import read_time

MOST_NAMED, LONGEST_NAMED = 20, 100
"""How many names an error quotes, and of how many bytes."""
PLAN = Path(__file__).parents[2] / "plan.json"
CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}
)


NOT_YET = timedelta(minutes=1)
"""How far clocks may be apart, short of the shortest time between two ticks of a schedule."""


class TickError(Exception):
    """What the caller asked for is wrong."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for: None in `due` where a person wants it now."""

    watches: list[Watch]
    due: datetime | None = None
    every: int = MINUTE


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the function needs, made once; `logged` are the watches of which the log has a line."""

    plan: Plan
    sqs: Any
    logger: Logger
    logged: set[str] = field(default_factory=set)


def handler(event: Any, context: Any) -> dict[str, int]:
    """Give the lanes of the watches that are due their turn."""
    parts = _parts()
    plan, sqs, now = parts.plan, parts.sqs, datetime.now(UTC)
    try:
        asked = _asked(event, plan, now)
    except MessageError as error:
        return _dropped(parts.logger, error)
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    own = (account, region)
    turns = turns_of(plan, asked.watches, own, now, asked.due)
    turns += turns_to_spread(asked.watches, own, now, asked.due)
    if asked.due is not None and asked.every < MINUTE:
        names = [watch.name for watch in asked.watches]
        url = setting("LATER_QUEUE_URL")
        enqueue_later(sqs, url, names, due=asked.due, every=asked.every)
    enqueue(sqs, setting("LANES_QUEUE_URL"), turns)
    _tell_not_offered(parts, asked.watches, region)
    return {"Watches": len(asked.watches), "Lanes": len(turns)}


def _asked(event: Any, plan: Plan, now: datetime) -> _Asked:
    event = event if isinstance(event, Mapping) else {}
    if "Records" in event:
        return _held_back(event["Records"][0]["body"], plan, now)
    found = event.get("watches")
    if found is None:
        return _Asked([*plan.watches.values()])
    if not isinstance(found, list):
        raise TickError(f"watches: found a {type(found).__name__}, expected a list of names")
    if "tick" not in event:
        return _Asked(_named(found, plan))
    every = _every(event.get("every", MINUTE))
    return _Asked(_still_there(found, plan), _due(event["tick"], now), every)


def _due(found: Any, now: datetime) -> datetime:
    """Read when a schedule was due: no later than now, as it would stand in for a tick to come."""
    due = read_time(found)
    return now if due is None or due > now + NOT_YET else due


def _named(found: list[Any], plan: Plan) -> list[Watch]:
    unknown = sorted({*map(str, found)} - {*plan.watches})
    if unknown:
        raise TickError(
            f"watches: found {_listed(unknown)}, expected names out of {_listed([*plan.watches])}"
        )
    return _still_there(found, plan)


def _listed(words: Sequence[str]) -> str:
    more = [f"and {len(words) - MOST_NAMED} more"] if len(words) > MOST_NAMED else []
    return ", ".join([*(one_line(each, LONGEST_NAMED) for each in words[:MOST_NAMED]), *more])


def _every(found: Any) -> int:
    if type(found) is not int or found < 1:
        raise TickError("every: expected a whole number of seconds")
    return found


def _tell_not_offered(parts: _Parts, watches: Iterable[Watch], region: str) -> None:
    """Tell of the sources that have no lane here, and of each cadence that has only such ones."""
    plan, asked = parts.plan, list(watches)
    for watch in asked:
        lacking = [name for name in watch.sources if not plan.regions_of(watch, name, region)]
        if lacking and watch.name not in parts.logged:
            parts.logged.add(watch.name)
            where = {"watch": watch.name, "sources": lacking, "region": region}
            parts.logger.info("not offered here", extra=where)
    read = {
        watch.every
        for watch in plan.watches.values()
        if any(plan.regions_of(watch, name, region) for name in watch.sources)
    }
    for every in {watch.every for watch in asked} - read:
        with single_metric("AgeOfLastRead", MetricUnit.Seconds, 0) as metric:
            metric.add_dimension("every", str(every))


def _held_back(body: str, plan: Plan, now: datetime) -> _Asked:
    """Read what an earlier tick held back."""
    message = read_message(body)
    return _Asked(_still_there(names(message["watches"]), plan), moment(message["due"], now))


def _still_there(found: Iterable[Any], plan: Plan) -> list[Watch]:
    """Give watches but for those that a deployment removed or renamed since a schedule named them.

    The others of their cadence are due all the same.
    """
    return [plan.watches[name] for name in dict.fromkeys(map(str, found)) if name in plan.watches]


def _dropped(logger: Logger, error: MessageError) -> dict[str, int]:
    """Tell that a message is dropped: an error would bring it back."""
    logger.warning("A message is none of ours: it is dropped", extra={"why": str(error)})
    with single_metric("Dropped", MetricUnit.Count, 1):
        return {"Watches": 0, "Lanes": 0}


@cache
def _parts() -> _Parts:
    session = botocore.session.Session()
    sqs = session.create_client("sqs", config=CONFIG)
    return _Parts(read_plan(plan_file(PLAN)), sqs, Logger(json_serializer=write_line))
