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
AN_HOUR = 3_600.0
"""In which a heartbeat has what a mute kept back told, whatever is in trouble now and then."""
NEVER = float("inf")


@dataclass(frozen=True)
class Heard:
    """A failure or an end that the stream had: `order` says when it was, `handed` when it came."""

    order: str
    handed: float
    detail: Event
    fails: bool


@dataclass
class Stood:
    """What the stream had under one key: failures and ends."""

    heard: list[Heard] = field(default_factory=list)

    @property
    def failures(self) -> dict[str, str]:
        """When each failure was, by its event."""
        return {each.detail["id"]: each.order for each in self.heard if each.fails}

    @property
    def ends(self) -> list[str]:
        """When it was over."""
        return [each.order for each in self.heard if not each.fails]

    def last(self, by: float) -> Heard | None:
        """Give what was so last of what was handed over by a time; None where two are of one."""
        there = sorted((e for e in self.heard if e.handed <= by), key=lambda each: each.order)
        doubtful = len(there) > 1 and there[-1].order == there[-2].order
        return None if doubtful or not there else there[-1]

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
    opened: dict[str, float] = {}
    for at, alert in _told(world):
        told[alert["dedup_key"]].append(alert["state"])
        if alert["state"] == "open":
            opened.setdefault(alert["id"], at)
        yield from _in_silence(world, at, alert)
    hiding = {m["alerts"][0]["watch"] for m in world.topic.taken if m["count"] > len(m["alerts"])}
    for (watch, key, after), stood in _truth(world).items():
        if watch not in hiding:  # of many in one message, some are only counted
            yield from _judge(key, told.get(key, []), stood.stands(after))
            yield from _kept_back(world, stood, opened) if after == 1 else ()


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


def _kept_back(world: World, stood: Stood, opened: Mapping[str, float]) -> Iterator[str]:
    """Give what came amid a mute, stood for an hour after it, and was not told by then."""
    for each in (each for each in stood.heard if each.fails):
        ended = _unmuted(world, each)
        if ended is None or ended + AN_HOUR > world.clock.now:
            continue
        late, event = ended + AN_HOUR, each.detail["id"]
        if stood.last(by=late) is each and opened.get(event, NEVER) > late:
            yield f"{event} stands, and is not told an hour after its mute ended at {ended:.0f}"


def _unmuted(world: World, heard: Heard) -> float | None:
    """Tell from when on what was muted as it came was not, for an hour; None where it was not."""
    if not is_muted(world, heard.detail, heard.handed):
        return None
    ended = heard.handed
    own = [mute for mute in world.mutes if is_of(mute, heard.detail)]
    while later := [m.until for m in own if m.since <= ended + AN_HOUR and m.until > ended]:
        ended = max(later)
    return ended


def may_be_silent(world: World, event: Event) -> bool:
    """Whether an alert of an event need not be told: it came amid a mute of it, or it is quiet."""
    detail = event["detail"]
    named = event["type"] == JOB_STATUS_CHANGE and detail.get("job_name")
    quiet = named and world.plan.policy_of(detail["watch"]).after > 1
    came = world.handed.get(event["sequence"], [])
    return bool(quiet) or any(is_muted(world, detail, at) for at in came)


def is_muted(world: World, detail: Event, at: float) -> bool:
    """Whether something was muted in an invocation that began at a time, or may have been."""
    return any(
        mute.since <= at + INVOCATION and at <= mute.until and is_of(mute, detail)
        for mute in world.mutes
    )


def _in_silence(world: World, at: float, alert: dict[str, Any]) -> Iterator[str]:
    """Give an alert that was told in a mute."""
    if alert["state"] != "open":
        return
    for mute in world.mutes:
        if mute.since + INVOCATION < at < mute.until and is_of(mute, alert):
            yield f"{alert['id']} was told at {at:.0f}, in the mute {mute}"


def is_of(mute: Any, detail: Event) -> bool:
    """Whether a mute is of what a detail tells of."""
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
                came = world.handed.get(record["dynamodb"]["SequenceNumber"], [NEVER])
                _add(world, found, image, f"{number:09}", came[0])
    return found


def _add(world: World, found: Mapping[Under, Stood], image: Any, order: str, handed: float) -> None:
    detail, kind = json.loads(image["detail"]["S"]), image.get("announce", {}).get("S")
    item = f"{image['pk']['S']} {image['sk']['S']}"
    over = [each for each in image.get("resolves", {}).get("S", "").split(",") if each]
    for each in [*over, *([ENDS[kind]] if kind in ENDS else [])]:
        end = Heard(order, handed, detail, fails=False)
        found[detail["watch"], dedup_key(each, detail, item), 1].heard.append(end)
    if kind == JOB_STATUS_CHANGE:
        _add_run(world, found, detail, order, handed, item=item)
    elif kind is not None and kind not in ENDS:
        failure = Heard(order, handed, detail, fails=True)
        found[detail["watch"], dedup_key(kind, detail, item), 1].heard.append(failure)


def _add_run(
    world: World,
    found: Mapping[Under, Stood],
    detail: Event,
    order: str,
    handed: float,
    *,
    item: str,
) -> None:
    policy, name = world.plan.policy_of(detail["watch"]), detail.get("job_name")
    after = policy.after if name else 1
    stood = found[detail["watch"], dedup_key(JOB_STATUS_CHANGE, detail, item), after]
    at = min(detail["ended_at"] or detail["observed_at"], detail["observed_at"]) if name else order
    entered = detail["status"] != detail["previous_status"]
    again = detail["raw_status"] == detail["previous_raw_status"]
    if detail["status"] == SUCCEEDED:
        stood.heard.append(Heard(at, handed, detail, fails=False))
    elif detail["status"] in policy.on and (entered or again):
        stood.heard.append(Heard(at, handed, detail, fails=True))
