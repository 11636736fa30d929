"""Jobwatch in memory: polls and publishes as the stack would, with faults at any call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.handover import Handover
from lambdas.invocation import Invocation, read_invocation
from lambdas.model import Scope
from lambdas.plan import Plan, Source
from lambdas.publish.publisher import Publisher, read_news
from lambdas.store import Table
from lambdas.summary import Summary
from lambdas.tick import MOST, Tick
from tests.api import FakeApi
from tests.memory import Crash, Faults, MemoryBus, MemoryQueue, MemoryTable, MemoryTopic
from tests.values import MINUTE, NOW

ACCOUNT, REGION = "111122223333", "eu-west-1"
BATCH = 100
SECONDS = 60


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
    """The whole of Jobwatch; `now` moves on with each poll.

    An invocation takes on `most` scopes and has a minute, of which each page of a list takes
    `pace` seconds.
    """

    plan: Plan
    now: datetime = NOW
    faults: Faults = field(default_factory=Faults)
    most: int = MOST
    pace: float = 0

    def __post_init__(self) -> None:
        self.dynamodb, self.queue = MemoryTable(self.faults), MemoryQueue(self.faults)
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

    def poll(self, later: timedelta = MINUTE, *, clocked: bool = False) -> Summary | None:
        """Let a tick happen, and all that it hands over; None when the function was stopped."""
        self.now += later
        event: dict[str, Any] = {}
        if clocked:
            event = {"watches": [*self.plan.watches], "tick": self.now.isoformat()}
        try:
            summary = self.invoke(event)
            self.deliver()
        except Crash:
            self.faults.restart()
            return None
        return summary

    def deliver(self, most: int = 1_000) -> None:
        """Invoke the function with the queue's messages until there are none."""
        for _ in range(most):
            entry = self.queue.take(self.now)
            if entry is None:
                return
            if not self.invoke({"Records": [{"body": entry["MessageBody"]}]}).errors:
                self.queue.delete(entry)
        raise AssertionError("the queue never empties")

    def invoke(self, event: Mapping[str, Any]) -> Summary:
        """Do what the poll function does with an event."""
        asked = read_invocation(json.loads(json.dumps(event)), self.plan, self.now)
        if asked.visits:
            return self._tick(asked).go_on(asked.visits, handed=True)
        return self._tick(asked).run(asked.watches, ACCOUNT, REGION)

    def _tick(self, asked: Invocation) -> Tick:
        queue: Any = self.queue
        return Tick(
            self.plan,
            self.table,
            self.clients,
            clock=lambda: self.now,
            deadline=self._seconds() + SECONDS,
            hand_over=Handover(queue, "scopes", "lost", self.plan, asked.tick, asked.due).put,
            due=asked.due,
            most=self.most,
            timer=self._seconds,
        )

    def _seconds(self) -> float:
        """Tell the time of the deadlines: only pages take any."""
        return self.pace * sum(api.made(api.source.listing.operation) for api in self.apis.values())

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
