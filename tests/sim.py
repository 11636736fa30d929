"""Jobwatch in memory: ticks, polls and publishes as the stack would, with faults at any call."""

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.alert.alerter import Alerter
from lambdas.alert.memory import Memory
from lambdas.lanes import enqueue, turns_of
from lambdas.messages import read_turn
from lambdas.model import Scope
from lambdas.plan import Plan, Source
from lambdas.poll.poller import Poller
from lambdas.poll.summary import Summary
from lambdas.publish.publisher import Publisher
from lambdas.store.table import Table
from tests.api import FakeApi
from tests.memory import Crash, Faults, MemoryBus, MemoryQueue, MemoryTable, MemoryTopic
from tests.records import TABLE
from tests.values import MINUTE, NOW

ACCOUNT, REGION = "111122223333", "eu-west-1"
BATCH = 100
SECONDS = 300
FOR_EVER = float("inf")


class AtOnce(Executor):
    """Does everything at once and in order, so that a run is the same each time."""

    def submit(self, call: Any, /, *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(call(*args, **named))
        return done


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

    An invocation of poll has `seconds`, of which each page of a list takes `pace`, and each call
    what `faults` says.
    """

    plan: Plan
    now: datetime = NOW
    faults: Faults = field(default_factory=Faults)
    pace: float = 0
    seconds: float = SECONDS

    def __post_init__(self) -> None:
        self.dynamodb, self.queue = MemoryTable(self.faults), MemoryQueue(self.faults)
        self.bus, self.topic = MemoryBus(self.faults), MemoryTopic(self.faults)
        self.table = Table(self.dynamodb, "seen", AtOnce(), sleep=lambda _: None)
        self.apis = {n: GuardedApi(s, self.faults) for n, s in self.plan.sources.items()}
        self.clients: Any = FakeClients(self.apis)
        self.places = {"publish": 0, "alert": 0}
        self.aside: list[Any] = []
        logger = Logger(service="simulation", level="CRITICAL")
        labels = {name: source.label for name, source in self.plan.sources.items()}
        self.publisher = Publisher(self.bus, "jobs", TABLE, self.aside.append, logger)
        self.standing = MemoryTable(self.faults, prefix="Alerts")
        self.alerter = Alerter(
            self.topic,
            "alerts",
            TABLE,
            self.plan.policy_of,
            labels,
            {},
            self.aside.append,
            logger,
            memory=Memory(
                self.standing,
                "alerts",
                AtOnce(),
                timedelta(seconds=self.plan.retention),
                clock=lambda: self.now,
                sleep=lambda _: None,
            ),
        )

    def poll(self, later: timedelta = MINUTE, *, clocked: bool = False) -> Summary | None:
        """Let a tick happen, and all turns that it gives; None when a function was stopped."""
        self.now += later
        due = self.now if clocked else None
        try:
            turns = turns_of(
                self.plan, self.plan.watches.values(), (ACCOUNT, REGION), self.now, due
            )
            enqueue(self.queue, "lanes", turns)
            return self.deliver()
        except Crash:
            self.faults.restart()
            return None

    def deliver(self, most: int = 1_000) -> Summary:
        """Invoke poll with the queue's messages until there are none."""
        summary = Summary()
        for _ in range(most):
            entry = self.queue.take(self.now)
            if entry is None:
                return summary
            again = self.queue.receives[entry["Id"]] > 1
            summary.add(self.invoke(entry["MessageBody"], again=again))
            self.queue.delete(entry)
        raise AssertionError("the queue never empties")

    def invoke(self, body: str, *, again: bool = False) -> Summary:
        """Do what the poll function does with a message."""
        turn = read_turn(body, self.plan, (ACCOUNT, REGION), self.now)
        assert turn is not None
        self.faults.ends = self.faults.elapsed + self.seconds
        return self.poller.poll(turn, self._seconds() + self.seconds, again=again)

    def poll_beside(self) -> Summary:
        """Poll without the queue, as beside an invocation that outlasts its message's hiding."""
        summary = Summary()
        for turn in turns_of(
            self.plan, self.plan.watches.values(), (ACCOUNT, REGION), self.now, None
        ):
            summary.add(self.poller.poll(turn, self._seconds() + self.seconds))
        return summary

    @property
    def poller(self) -> Poller:
        return Poller(
            self.plan,
            self.table,
            self.clients,
            clock=lambda: self.now,
            timer=self._seconds,
            own=(ACCOUNT, REGION),
        )

    def _seconds(self) -> float:
        """Tell the time of the deadlines."""
        if not self.pace:
            return self.faults.elapsed
        pages = sum(api.made(api.source.listing.operation) for api in self.apis.values())
        return self.pace * pages + self.faults.elapsed

    def publish(self, batch: int = BATCH, most: int = 1_000) -> None:
        """Hand the stream over to both functions until all is sent, as the mappings do."""
        self.faults.ends = FOR_EVER
        self._drain("publish", self.publisher.publish, batch, most)
        self._drain("alert", self.alerter.send, batch, most)

    def _drain(self, name: str, send: Any, batch: int, most: int) -> None:
        for _ in range(most):
            at = self.places[name]
            records = self.dynamodb.records[at : at + batch]
            if not records:
                return
            try:
                failed = send(records, FOR_EVER)
            except Crash:
                self.faults.restart()
                continue
            self.places[name] = self._place(failed) if failed else at + len(records)
        raise AssertionError("the stream never ends")

    def _place(self, sequence: str) -> int:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in self.dynamodb.records]
        return numbers.index(sequence)

    def told(self) -> list[dict[str, Any]]:
        """The events that reached the bus, repeats dropped by their id."""
        return list({event["detail"]["id"]: event for event in self.bus.events}.values())

    def alerted(self) -> list[dict[str, Any]]:
        """The alerts of what is open that reached the topic, repeats dropped by the event's id."""
        return [each for each in self.all_alerts() if each["detail"]["state"] == "open"]

    def all_alerts(self) -> list[dict[str, Any]]:
        """All alerts that reached the topic, repeats dropped by the event's id, key and state."""
        names = ("id", "dedup_key", "state")
        alerts = ((tuple(a["detail"][n] for n in names), a) for a in self.topic.alerts)
        return list(dict(alerts).values())


def deploy(simulation: Simulation, plan: Plan) -> Simulation:
    """Go on with another plan, on the table as it is and with the same jobs."""
    after = Simulation(plan, now=simulation.now)
    after.dynamodb.items = simulation.dynamodb.items
    for name, api in after.apis.items():
        if name in simulation.apis:
            api.jobs, api.fuller = simulation.apis[name].jobs, simulation.apis[name].fuller
            api.children = simulation.apis[name].children
    return after
