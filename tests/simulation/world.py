"""The world: everything that a run is made of, and how it is wired."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from lambdas.plan import Plan, Source, Watch
from lambdas.store.layout import HEARTBEAT
from lambdas.store.members import PARTITION
from lambdas.times import iso
from tests.memory import Faults, MemoryTable
from tests.simulation import jobwatch
from tests.simulation.apis import Client, Service
from tests.simulation.calls import Calls
from tests.simulation.clock import BEGAN, Clock, Killed
from tests.simulation.configuration import SOURCES, Configuration, places
from tests.simulation.dice import Dice
from tests.simulation.life import Life
from tests.simulation.organization import Organization
from tests.simulation.outlets import AlertBus, Bus, Topic
from tests.simulation.pace import DAY, pace_of
from tests.simulation.queue import Message, Queue, QueueClient, QueueMapping
from tests.simulation.stream import Record, Stream, StreamMapping
from tests.simulation.table import OF_ALERTS, Table
from tests.simulation.witness import ScopeKey, Witness

LONG = 150
"""Jobs that a long list has from the beginning."""


@dataclass
class Metric:
    """What an invocation of poll measured, and when; `group` is that of its message."""

    at: float
    summary: Any
    group: str


@dataclass(frozen=True)
class Listing:
    """What was stored of the accounts below some units, and whether a list of them had failed."""

    at: float
    units: tuple[str, ...]
    accounts: tuple[str, ...]
    failed: bool


@dataclass
class Muted:
    """A mute in the table: its key, what it is of, since when, and until it ended or was taken."""

    key: str
    watch: str | None
    name: str | None
    since: float
    until: float


def _announced(image: Mapping[str, Any]) -> bool:
    return "announce" in image


def _of_alerts(image: Mapping[str, Any]) -> bool:
    return bool({"announce", "resolves"} & image.keys()) or image.get("pk") == {"S": HEARTBEAT}


@dataclass
class World:
    """One run: a seed and the ingredients that are on."""

    seed: int
    on: frozenset[str]
    loud: frozenset[str] = frozenset()
    sources: tuple[str, ...] = SOURCES
    metrics: list[Metric] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    deployments: list[tuple[float, Plan]] = field(default_factory=list)
    calm: bool = False
    calmed: float = float("inf")

    def __post_init__(self) -> None:
        self.dice = Dice(self.seed, self.on, self.loud)
        self.pace = pace_of(self.on)
        self.clock = Clock(self.dice.of("clock"), self.pace.began)
        self.calls = Calls(self.clock, self.dice)
        self.stream = Stream(self.clock)
        self.table = Table(self.clock, self.dice, self.calls, self._changed)
        self.organization = Organization(self.clock, self.dice, self.calls)
        self.listings: list[Listing] = []
        self._memberships: list[list[Any]] = []
        self.made_of = self.on
        """What it was made of, also when all is calm."""
        self.mutes: list[Muted] = []
        self.standing = self._standing()
        self.bus = Bus(self.clock, self.dice, self.calls)
        self.topic = Topic(self.clock, self.dice, self.calls)
        self.alert_bus = AlertBus(self.clock, self.dice)
        self.handed: dict[str, list[float]] = {}
        """When the alert function was handed each record, by its sequence number."""
        self.witness = Witness(self.clock)
        self.configuration = Configuration(self.dice, self.sources)
        self.services: dict[tuple[str, str, str], Service] = {}
        self.lives: list[Life] = []
        self.put_aside: list[Any] = []
        self._make_queues()
        self._map()
        self.deployments.append((self.clock.now, self.plan))
        self._prepare(self.plan)
        self.organization.moved = self._moved
        self._schedule()
        self._troubles()
        if "mutes" in self.made_of:
            self.clock.after(90, self._beat)
            self.clock.after(600, self._mute)

    @property
    def deployed(self) -> Plan:
        """The plan that the functions have."""
        return self.configuration.plan

    @property
    def plan(self) -> Plan:
        """The same as it is meant: with the accounts that are in organizations now."""
        return self.organization.whole(self.deployed)

    def membership(self, plan: Plan) -> Any:
        """Give what one of the two processes that poll knows: a deployment has others begin."""
        at = int(self.clock.now) % 2
        for known in self._memberships:
            if known[at].plan is plan:
                return known[at]
        self._memberships.append([jobwatch.membership(self, plan) for _ in range(2)])
        return self._memberships[-1][at]

    def _changed(self, key: tuple[str, str], item: Any) -> None:
        """Note which accounts are known to be in an organization; and have the stream go on."""
        if item and key[0].startswith(PARTITION):
            stored = json.loads(item["members"]["S"])
            accounts, failed = tuple(stored["accounts"]), stored["failed_since"] is not None
            self.listings.append(Listing(self.clock.now, (*stored["units"],), accounts, failed))
        self.stream.changed(key, item)

    def _moved(self) -> None:
        """Let what is watched go on in the accounts that are there now."""
        self.deployments.append((self.clock.now, self.plan))
        self._prepare(self.plan)

    def looks(self, key: ScopeKey) -> bool:
        """Tell whether a watch is to look at a scope now."""
        watch = self.plan.watches.get(key[0])
        return watch is not None and key[1:4] in places(watch)

    @property
    def is_crowded(self) -> bool:
        """Whether there is so much to read that a slow lane takes an hour to go around."""
        return bool({"crowded lanes", "long lists"} & self.loud)

    def kills(self, key: ScopeKey) -> bool:
        """Tell whether who reads a scope now is killed."""
        _, source, account, region, place = key
        return self.services[source, account, region].kills(place)

    def stops(self, source: str, account: str, region: str) -> float:
        """Tell how many seconds the stops of a lane take in which places kill who reads them."""
        lane = self._lane(source, account, region)
        services = [self.services[key] for watch, key in lane if watch.jobs is None]
        deadly = sum(any(map(service.kills, service.places())) for service in services)
        return deadly * (jobwatch.VISIBILITY + 3 * max(watch.every for watch, _ in lane))

    def _lane(
        self, source: str, account: str, region: str
    ) -> list[tuple[Watch, tuple[str, str, str]]]:
        """Give the watches of a source's lane, each with a service that it looks at there."""
        lane = (self.plan.sources[source].service, account, region)
        watched = [(watch, key) for watch in self.plan.watches.values() for key in places(watch)]
        return [
            (watch, key)
            for watch, key in watched
            if (self.plan.sources[key[0]].service, *key[1:]) == lane
        ]

    def lap(self, source: str, account: str, region: str, *, whole: bool = False) -> float:
        """Tell how many seconds the calls take that read once all that a source's lane lists.

        Lists that are sorted newest first are read to their end only where the `whole` is asked.
        """
        services = [self.services[key] for _, key in self._lane(source, account, region)]
        return sum(service.whole_lap if whole else service.lap for service in services)

    def changed(self, watch: Watch) -> float:
        """Tell when a watch was last changed by a deployment."""
        found, before = 0.0, None
        for at, plan in self.deployments:
            there = plan.watches.get(watch.name)
            # Who comes and goes is no deployment.
            there = there and replace(there, accounts=())
            found, before = (found if there == before else at), there
        return found

    def changed_units(self, watch: Watch) -> float:
        """Tell since when a watch names its units."""
        times = [at for at, plan in self.deployments if watch.name in plan.watches]
        return times[0]

    def client(self, scope: Any, seconds: float) -> Client:
        """Give the client of a scope's job API; its calls hang at most so long."""
        service = self.services[scope.source, scope.account, scope.region]
        return Client(service, scope, self.witness, seconds)

    def run(self, until: float) -> None:
        self.clock.run(until)

    def become_calm(self) -> None:
        """From now on nothing fails, and nothing changes any more."""
        self.calm, self.calmed = True, self.clock.now
        self.dice.on = self.dice.loud = frozenset()
        self.organization.become_calm()
        for service in self.services.values():
            service.weather.calm = True
        for life in self.lives:
            life.calm = True

    def invoke(
        self, name: str, body: Callable[[], Any], seconds: float, done: Callable[[bool, Any], None]
    ) -> None:
        """Start a function; `done` takes whether it ended well, and what it answered."""

        def run() -> None:
            began, well, answer, alive = self.clock.now, False, None, True
            try:
                answer = body()
                well = True
            except Killed:
                alive = not self.clock.closing
                if alive and self.clock.now >= strand.ends:
                    self.errors.append(f"{name} outlasted its time at {self.clock.now:.0f}")
            except Exception as error:  # noqa: BLE001  a function may fail in any way
                self._failed(name, error)
            finally:
                if alive:
                    self.witness.ended(strand, began, well=well)
                    done(well, answer)

        strand = self.clock.start(name, run, seconds)
        if self.dice.happens("deaths", 0.01):
            strand.fatal = self.dice.of("deaths").randint(1, 30)

    def _failed(self, name: str, error: Exception) -> None:
        if not jobwatch.is_expected(error) or (self.calm and self.clock.now - self.calmed > 600):
            self.errors.append(f"{name} failed at {self.clock.now:.0f}: {error!r}")
            jobwatch.note(error)

    def _make_queues(self) -> None:
        clock = self.clock
        self.lost = Queue(clock, fifo=True, visibility=30, retention=14 * DAY)
        self.lanes = Queue(
            clock,
            fifo=True,
            visibility=jobwatch.VISIBILITY,
            retention=max(self.pace.cadences) + jobwatch.KEPT_BEYOND,
            receives=jobwatch.MOST_RECEIVES,
            dead=self.lost,
        )
        self.unpublished = Queue(clock, fifo=False, visibility=30, retention=14 * DAY)
        self.unsent = Queue(clock, fifo=False, visibility=30, retention=14 * DAY)
        self.later = Queue(clock, fifo=False, visibility=90, retention=120)
        self.queues = QueueClient(
            self.dice,
            self.calls,
            {
                "lanes": self.lanes,
                "later": self.later,
                "lost": self.lost,
                "unpublished": self.unpublished,
                "unsent": self.unsent,
            },
        )

    def _standing(self) -> Any:
        """Make the alert function's table; one that is no trouble, where nothing is muted."""
        if "mutes" not in self.made_of:
            return MemoryTable(Faults())
        return Table(self.clock, self.dice, self.calls, self._noted, OF_ALERTS)

    def _noted(self, key: tuple[str, str], item: Any) -> None:
        """Note each mute that is written, and each that is taken away before its time."""
        if key[0] != "mutes#":
            return
        for mute in self.mutes:
            if mute.key == key[1]:
                mute.until = min(mute.until, self.clock.now)
        if item is not None:
            said = json.loads(item["mute"]["S"])
            until = (datetime.fromisoformat(said["until"]) - BEGAN).total_seconds()
            self.mutes.append(Muted(key[1], said["watch"], said["name"], self.clock.now, until))

    def _beat(self) -> None:
        names = {name: {"S": HEARTBEAT} for name in ("pk", "sk")}
        at = {"scheduled_at": {"S": self.clock.date().isoformat()}}
        self.stream.changed((HEARTBEAT, HEARTBEAT), {**names, **at})
        self.clock.after(self.pace.beat, self._beat)

    def _mute(self) -> None:
        """Let somebody mute something, and perhaps think better of it."""
        if self.calm:
            return
        dice, plan = self.dice.of("mutes"), self.plan
        about = {
            "watch": dice.choice([*plan.watches, None]),
            "name": dice.choice((None, None, "run-1", "run-[12]", "j*")),
        }
        minutes = dice.choice(self.pace.mutes)
        until = iso(self.clock.date() + timedelta(minutes=minutes))
        self._ask({"mute": {**about, "why": "simulated", "who": "arn:me", "until": until}})
        if dice.random() < 0.4:
            self.clock.after(dice.uniform(1, 60 * minutes), lambda: self._ask({"unmute": about}))
        self.clock.after(dice.expovariate(1 / self.pace.muted), self._mute)

    def _ask(self, event: dict[str, Any]) -> None:
        plan = self.deployed
        self.invoke(
            "alert", lambda: jobwatch.ask(self, plan, event), jobwatch.ALERT, lambda *_: None
        )

    def _map(self) -> None:
        clock, dice = self.clock, self.dice
        most = dice.of("concurrency").choice((2, 5, 10))
        QueueMapping(clock, dice, self.lanes, most, self._poll)
        QueueMapping(clock, dice, self.later, 5, self._later)
        self.publishing = StreamMapping(clock, dice, self.stream, self._outlet(jobwatch.publish))
        alert = self._outlet(jobwatch.alert)
        wants = (_announced, _of_alerts)["mutes" in self.made_of]
        self.alerting = StreamMapping(clock, dice, self.stream, alert, wants)

    def tick(self, event: dict[str, Any]) -> None:
        """Invoke tick with an event."""
        plan = self.deployed
        self.invoke(
            "tick", lambda: jobwatch.tick(self, plan, event), jobwatch.TICK, lambda *_: None
        )

    def _later(self, message: Message, done: Callable[[bool], None]) -> None:
        plan, event = self.deployed, {"Records": [{"body": message.body}]}
        self.invoke(
            "tick",
            lambda: jobwatch.tick(self, plan, event),
            jobwatch.TICK,
            lambda well, _: done(well),
        )

    def _poll(self, message: Message, done: Callable[[bool], None]) -> None:
        plan = self.deployed

        def ended(well: bool, summary: Any) -> None:
            if summary is not None:
                for _, error in summary.errors:
                    self._failed("poll", error)
                self.metrics.append(Metric(self.clock.now, summary, message.group))
            done(well)

        again = message.receives > 1
        self.invoke(
            "poll",
            lambda: jobwatch.poll(self, plan, message.body, again=again),
            jobwatch.POLL,
            ended,
        )

    def _outlet(self, function: Callable[..., str | None]) -> Any:
        def invoke(records: Sequence[Record], done: Callable[[bool, str | None], None]) -> None:
            plan = self.deployed
            if function is jobwatch.alert:
                self._hand(records)
            self.invoke(
                function.__name__, lambda: function(self, plan, records), jobwatch.PUBLISH, done
            )

        return invoke

    def _hand(self, records: Sequence[Record]) -> None:
        for record in records:
            times = self.handed.setdefault(record["dynamodb"]["SequenceNumber"], [])
            times.append(self.clock.now)

    def _prepare(self, plan: Plan) -> None:
        """Let the services that a plan names live, in accounts that left, too: some still ask."""
        for watch in self.organization.widest(plan).watches.values():
            for key in places(watch):
                if key not in self.services:
                    self._make_service(plan.sources[key[0]], key)
                self._name_jobs(watch, key)

    def _make_service(self, source: Source, key: tuple[str, str, str]) -> None:
        service = Service(source, key[1:], self.clock, self.dice, self.calls)
        dice = self.dice.of("numbers")
        gap = dice.choice((120, 1200) if "many jobs" in self.on else (1200, 7200))
        old = dice.choice((3, 150) if "many jobs" in self.on else (0, 5))
        if self.loud:  # what is loud needs jobs, and time for them
            gap = dice.choice((400, 800) if "bursts" in self.loud else self.pace.gaps)
        if self.dice.has("rare jobs", service.name, 0.05):
            gap = self.dice.of("rare jobs").choice(self.pace.rare)
        if self.dice.has("long lists", service.name, 0.05):
            old = LONG
        service.refuses = lambda: self.organization.refuses(service.account)
        self.services[key] = service
        life = Life(
            service, self.clock, self.dice, gap, old if {"old jobs", "long lists"} & self.on else 0
        )
        life.calm = service.weather.calm = self.calm
        self.lives.append(life)

    def _name_jobs(self, watch: Any, key: tuple[str, str, str]) -> None:
        life = next(life for life in self.lives if life.service is self.services[key])
        life.names += [name for name in watch.jobs or () if name not in life.known_names]
        life.known_names |= {*(watch.jobs or ())}

    def _schedule(self) -> None:
        for every in self.pace.cadences:
            step = max(every, 60)
            second = self.dice.of("schedules").uniform(0, 59)
            self.clock.after(second, lambda e=every, s=step: self._due(e, s))

    def _due(self, every: int, step: float) -> None:
        now = self.clock.now
        names = [w.name for w in self.plan.watches.values() if w.every == every]
        if names and not self.dice.happens("missed ticks", 0.003):
            tick = self.clock.date(now - now % 1).isoformat()
            event = {"watches": sorted(names), "tick": tick, "every": every}
            self.tick(event)
            if self.dice.happens("repeated ticks", 0.003):
                self.clock.after(
                    self.dice.of("repeated ticks").uniform(0, 90), lambda: self.tick(event)
                )
        if names and self.dice.happens("people", 0.001):
            self.tick({} if self.dice.of("people").random() < 0.5 else {"watches": names[:1]})
        self.clock.after(step, lambda: self._due(every, step))

    def _troubles(self) -> None:
        changes = {"retention that changes", "watches that come and go", "watches that change"}
        often = self.pace.deployments[0 if changes & self.loud else 1]
        if changes & self.on:
            self.clock.after(self.dice.of("deployments").expovariate(1 / often), self._deploy)

    def _forget(self, name: str) -> None:
        watch = self.plan.watches.get(name)
        if watch is not None and watch.jobs is None:
            self.witness.forget(name)

    def _deploy(self) -> None:
        if self.calm:
            return
        for name in self.configuration.deploy():
            self.witness.forget(name)
            if "narrowed watches" in self.on:  # what runs still reads by the globs of before
                self.clock.after(jobwatch.POLL, lambda each=name: self._forget(each))
        self.deployments.append((self.clock.now, self.plan))
        self._prepare(self.plan)
        self._troubles()
