"""What is promised of alerts that stand: none is over that was not open, none stays open in vain.

What stands in the end is reckoned here anew, out of all that the table's stream had: by the last
that it told of a place or of a job, and of runs of one name by the one that ended last.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from lambdas.alert.terms import dedup_key
from lambdas.model import (
    JOB_STATUS_CHANGE,
    RUN_ARRIVED,
    RUN_MISSING,
    SUCCEEDED,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from tests.simulation.told import Event
from tests.simulation.world import World

ENDS = {WATCH_RECOVERED: WATCH_UNREACHABLE, RUN_ARRIVED: RUN_MISSING}
Under = tuple[str, str, int]
"""A watch, the dedup key of what is told of it, and from the how manyth failure in a row on."""
INVOCATION = 60.0
"""Seconds that an invocation may last which read the mutes of before."""


@dataclass
class Stood:
    """What the stream had under one key: failures and ends, each with when it was and its event."""

    failures: dict[str, str] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)

    def stands(self, after: int) -> bool | None:
        """Tell whether it is open in the end; None where two are of one time, or it is quiet."""
        last_end = max(self.ends, default="")
        open_since = [at for at in self.failures.values() if at > last_end]
        if last_end in self.failures.values():
            return None
        if not open_since:
            return False
        return True if len(open_since) >= after else None


def judge_standing(world: World) -> Iterator[str]:
    """Give what was told to be over before it was open, and what is not as it was told last."""
    if "mutes" not in world.made_of:
        return
    told: defaultdict[str, list[str]] = defaultdict(list)
    for at, alert in _told(world):
        told[alert["dedup_key"]].append(alert["state"])
        yield from _in_silence(world, at, alert)
    hiding = {m["alerts"][0]["watch"] for m in world.topic.taken if m["count"] > len(m["alerts"])}
    for (watch, key, after), stood in _truth(world).items():
        if watch not in hiding:  # of many in one message, some are only counted
            yield from _judge(key, told.get(key, []), stood.stands(after))


def _told(world: World) -> Iterator[tuple[float, Event]]:
    """Give each alert, with when the topic took it."""
    for message in world.topic.taken:
        for alert in message["alerts"]:
            yield message["at"], alert


def _judge(key: str, states: list[str], stands: bool | None) -> Iterator[str]:
    if states[:1] == ["resolved"]:
        yield f"{key} was told to be over, and never to be open"
    if stands is True and states[-1:] != ["open"]:
        yield f"{key} is open in the end, and what was told is {states}"
    if stands is False and states and states[-1] != "resolved":
        yield f"{key} is over in the end, and what was told is {states}"


def may_be_silent(world: World, event: Event) -> bool:
    """Whether an alert of an event need not be told: something of it was muted, or it is quiet."""
    detail = event["detail"]
    named = event["type"] == JOB_STATUS_CHANGE and detail.get("job_name")
    quiet = named and world.plan.policy_of(detail["watch"]).after > 1
    return bool(quiet) or any(_is_of(mute, detail) for mute in world.mutes)


def _in_silence(world: World, at: float, alert: dict[str, Any]) -> Iterator[str]:
    """Give an alert that was told in a mute."""
    if alert["state"] != "open":
        return
    for mute in world.mutes:
        if mute.since + INVOCATION < at < mute.until and _is_of(mute, alert):
            yield f"{alert['id']} was told at {at:.0f}, in the mute {mute}"


def _is_of(mute: Any, detail: Event) -> bool:
    called = detail.get("job_name") or detail.get("job_id")
    if mute.watch not in (None, detail["watch"]):
        return False
    return mute.name is None or (called is not None and fnmatchcase(called, mute.name))


def _truth(world: World) -> dict[Under, Stood]:
    """Give what the stream had, by watch, key and how many failures in a row it takes."""
    found: defaultdict[Under, Stood] = defaultdict(Stood)
    for shard in world.stream.shards:
        for number, record in enumerate(shard):
            image = record["dynamodb"].get("NewImage", {})
            if "detail" in image:
                # Of one job or place, the stream's order tells; of runs, when they ended.
                _add(world, found, image, f"{number:09}")
    return found


def _add(world: World, found: Mapping[Under, Stood], image: Any, order: str) -> None:
    detail, kind = json.loads(image["detail"]["S"]), image.get("announce", {}).get("S")
    over = [each for each in image.get("resolves", {}).get("S", "").split(",") if each]
    for each in [*over, *([ENDS[kind]] if kind in ENDS else [])]:
        found[detail["watch"], dedup_key(each, detail), 1].ends.append(order)
    if kind == JOB_STATUS_CHANGE:
        _add_run(world, found, detail, order)
    elif kind is not None and kind not in ENDS:
        found[detail["watch"], dedup_key(kind, detail), 1].failures[detail["id"]] = order


def _add_run(world: World, found: Mapping[Under, Stood], detail: Event, order: str) -> None:
    policy, name = world.plan.policy_of(detail["watch"]), detail.get("job_name")
    after = policy.after if name else 1
    stood = found[detail["watch"], dedup_key(JOB_STATUS_CHANGE, detail), after]
    at = min(detail["ended_at"] or detail["observed_at"], detail["observed_at"]) if name else order
    entered = detail["status"] != detail["previous_status"]
    again = detail["raw_status"] == detail["previous_raw_status"]
    if detail["status"] == SUCCEEDED:
        stood.ends.append(at)
    elif detail["status"] in policy.on and (entered or again):
        stood.failures[detail["id"]] = at
