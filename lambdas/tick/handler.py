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

The answer counts what was asked for and the lanes that got their turn::

    {"Watches": 3, "Lanes": 2}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from lambdas.plan import Plan, Watch, read_plan
from lambdas.settings import setting
from lambdas.tick.lanes import MINUTE, enqueue, enqueue_later, turns_of
from lambdas.times import read_time

PLAN = Path(__file__).parents[2] / "plan.json"
CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}
)


class TickError(Exception):
    """What the caller asked for is wrong."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for: None in `due` where a person wants it now."""

    watches: list[Watch]
    due: datetime | None = None
    every: int = MINUTE


def handler(event: Any, context: Any) -> dict[str, int]:
    """Give the lanes of the watches that are due their turn."""
    plan, sqs = _parts()
    now = datetime.now(UTC)
    asked = _asked(event, plan, now)
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    turns = turns_of(asked.watches, (account, region), now, asked.due)
    if asked.due is not None and asked.every < MINUTE:
        names = [watch.name for watch in asked.watches]
        url = setting("LATER_QUEUE_URL")
        enqueue_later(sqs, url, names, due=asked.due, every=asked.every)
    enqueue(sqs, setting("LANES_QUEUE_URL"), turns)
    return {"Watches": len(asked.watches), "Lanes": len(turns)}


def _asked(event: Any, plan: Plan, now: datetime) -> _Asked:
    event = event if isinstance(event, Mapping) else {}
    if "Records" in event:
        return _held_back(json.loads(event["Records"][0]["body"]), plan, now)
    names = event.get("watches")
    if names is None:
        return _Asked([*plan.watches.values()])
    unknown = sorted({*map(str, names)} - {*plan.watches})
    if unknown:
        raise TickError(
            f"watches: found {', '.join(unknown)}, expected names out of {', '.join(plan.watches)}"
        )
    watches = [plan.watches[name] for name in dict.fromkeys(names)]
    if "tick" not in event:
        return _Asked(watches)
    return _Asked(watches, read_time(event["tick"]) or now, int(event.get("every", MINUTE)))


def _held_back(message: Mapping[str, Any], plan: Plan, now: datetime) -> _Asked:
    """Read what an earlier tick held back, but for watches that are gone since."""
    names = (name for name in message["watches"] if name in plan.watches)
    return _Asked([plan.watches[name] for name in names], read_time(message["due"]) or now)


@cache
def _parts() -> tuple[Plan, Any]:
    session = botocore.session.Session()
    return read_plan(PLAN), session.create_client("sqs", config=CONFIG)
