"""Jobwatch in memory: polls and publishes as the stack would, with faults at any call."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.model import Scope, Visit
from lambdas.plan import Plan, Source
from lambdas.publish import Publisher, read_news
from lambdas.store import Table
from lambdas.summary import Summary
from lambdas.tick import Tick
from tests.api import FakeApi
from tests.memory import Crash, Faults, MemoryBus, MemoryTable, MemoryTopic
from tests.values import MINUTE, NOW

ACCOUNT, REGION = "111122223333", "eu-west-1"
BATCH = 100


class GuardedApi(FakeApi):
    """A fake job API whose calls go through the faults; they change nothing, so only before."""

    def __init__(self, source: Source, faults: Faults, page_size: int = 2) -> None:
        super().__init__(source, page_size)
        self._faults = faults

    def __getattr__(self, method: str) -> Any:
        answer = super().__getattr__(method)
        return lambda **parameters: self._faults.call(method, lambda: answer(**parameters))


@dataclass
class FakeClients:
    """Gives each source's fake."""

    apis: Mapping[str, FakeApi]

    def client(self, _service: str, scope: Scope, _patient: bool = True) -> FakeApi:
        return self.apis[scope.source]


@dataclass
class Simulation:
    """The whole of Jobwatch; `now` moves on with each poll."""

    plan: Plan
    now: datetime = NOW
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.dynamodb = MemoryTable(self.faults)
        self.bus, self.topic = MemoryBus(self.faults), MemoryTopic(self.faults)
        self.table = Table(self.dynamodb, "seen")
        self.apis = {n: GuardedApi(s, self.faults) for n, s in self.plan.sources.items()}
        self.clients: Any = FakeClients(self.apis)
        self.position = 0
        self.publisher = Publisher(
            events=self.bus,
            sns=self.topic,
            bus="jobs",
            topic="alerts",
            alerts_on=self.plan.alerts_on,
            labels={name: source.label for name, source in self.plan.sources.items()},
            logger=Logger(service="jobwatch", level="CRITICAL"),
        )

    def poll(self, later: timedelta = MINUTE) -> Summary | None:
        """Let a tick happen; None when the function was stopped in it."""
        self.now += later
        queued: list[Visit] = []
        try:
            summary = self._tick(queued).run(self.plan.watches.values(), ACCOUNT, REGION)
            while queued:
                some, queued = queued, []
                self._tick(queued).go_on(some, handed=True)
        except Crash:
            self.faults.restart()
            return None
        return summary

    def _tick(self, queued: list[Visit]) -> Tick:
        return Tick(
            self.plan,
            self.table,
            self.clients,
            clock=lambda: self.now,
            deadline=time.monotonic() + 60,
            hand_over=queued.extend,
        )

    def publish(self, batch: int = BATCH, most: int = 1_000) -> None:
        """Hand the stream over until all is published, as the event source mapping does."""
        for _ in range(most):
            records = self.dynamodb.records[self.position : self.position + batch]
            if not records:
                return
            try:
                news = [n for n in map(read_news, records) if n is not None]
                failed = self.publisher.publish(news)
            except Crash:
                self.faults.restart()
                continue
            self.position = self._place(failed) if failed else self.position + len(records)
        raise AssertionError("the stream never ends")

    def _place(self, sequence: str) -> int:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in self.dynamodb.records]
        return numbers.index(sequence)

    def told(self) -> list[dict[str, Any]]:
        """The events that reached the bus, repeats dropped by their id."""
        return list({event["detail"]["id"]: event for event in self.bus.events}.values())

    def alerted(self) -> list[dict[str, Any]]:
        """The alerts that reached the topic, repeats dropped by the event's id."""
        return list({alert["detail"]["id"]: alert for alert in self.topic.alerts}.values())
