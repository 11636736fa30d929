"""What Jobwatch said: its events by what they are about, in the order in which they came first."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any

from lambdas.model import RUN_ARRIVED, RUN_MISSING
from tests.schemas import faults_within
from tests.simulation.clock import BEGAN
from tests.simulation.jobs import Place
from tests.simulation.witness import ScopeKey
from tests.simulation.world import World

Event = dict[str, Any]


class Told:
    """The events by scope and job, those of runs by watch.

    `faults` are repeats that differ, and what is not of its schema.
    """

    def __init__(self, world: World) -> None:
        self.faults: list[str] = []
        self.first: dict[str, Event] = {}
        self.jobs: dict[tuple[ScopeKey, str], list[Event]] = defaultdict(list)
        self.scopes: dict[ScopeKey, list[Event]] = defaultdict(list)
        self.runs: dict[str, list[Event]] = defaultdict(list)
        self.announced: dict[str, Event] = {e["detail"]["id"]: e for e in _announced(world)}
        for event in sorted(world.bus.taken + world.bus.spoilt_events, key=itemgetter("at")):
            self._take(world, event)

    def _take(self, world: World, event: Event) -> None:
        detail = event["detail"]
        before = self.first.setdefault(detail["id"], event)
        if before is not event:
            if before["detail"] != detail or before["type"] != event["type"]:
                self.faults.append(f"event {detail['id']} was repeated with another content")
            return
        self.faults += faults_within(event["type"], detail)
        if event["type"] in (RUN_MISSING, RUN_ARRIVED):
            self.runs[detail["watch"]].append(event)
            return
        key = scope_key(world, detail)
        if "job_id" in detail:
            self.jobs[key, detail["job_id"]].append(event)
        else:
            self.scopes[key].append(event)


def seconds(date: str) -> float:
    """Give the moment of a date in an event."""
    return (datetime.fromisoformat(date) - BEGAN).total_seconds()


def scope_key(world: World, detail: Event) -> ScopeKey:
    """Give the scope that an event is about."""
    place = tuple(str(value) for value in _parameters(world, detail))
    return (detail["watch"], detail["source"], detail["account"], detail["region"], place)


def _parameters(world: World, detail: Event) -> Place:
    service = world.services[detail["source"], detail["account"], detail["region"]]
    given = detail["parameters"]
    return tuple(given[p.parameter] for p in service.source.parents if p.parameter in given)


def _announced(world: World) -> Iterator[Event]:
    """Give what the table announced."""
    for shard in world.stream.shards:
        for record in shard:
            image = record["dynamodb"].get("NewImage", {})
            if "announce" in image:
                detail = json.loads(image["detail"]["S"])
                sequence = record["dynamodb"]["SequenceNumber"]
                about = {"at": record["at"], "sequence": sequence, "detail": detail}
                yield {**about, "type": image["announce"]["S"]}
