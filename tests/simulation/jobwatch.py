"""Jobwatch, plugged into the world: the only module that makes its parts and calls them."""

import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import yaml
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.alert.alerter import Alerter
from lambdas.alert.bus import AlertBus
from lambdas.alert.memory import Memory
from lambdas.alert.muting import Muting, WrongWordsError
from lambdas.apis.clients import CONFIG, IMPATIENT
from lambdas.apis.organizations import SERVICE as ORGANIZATIONS
from lambdas.deadline import Deadline, worst_case
from lambdas.lanes import MINUTE, enqueue, enqueue_later, turns_of, turns_to_spread
from lambdas.messages import SPREAD, WAITS, is_forgotten
from lambdas.model import Scope
from lambdas.outbox.dead_letters import put_in
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.outbox.handling import LAST_SECONDS
from lambdas.plan import Account, Plan
from lambdas.poll.membership import Membership
from lambdas.poll.poller import Poller
from lambdas.poll.summary import Summary
from lambdas.publish.publisher import Publisher
from lambdas.queues import QueueError
from lambdas.store.batches import StoreError
from lambdas.store.table import CALL_SECONDS, Table
from lambdas.tick import handler as ticking
from tests.catalogue import CATALOGUE, compile_plan
from tests.remembered import memory
from tests.simulation.stream import TABLE

ACCOUNT, MEMBER, REGION = "111122223333", "444455556666", "eu-west-1"
TICK, POLL, PUBLISH, ALERT = 50.0, 300.0, 60.0, 60.0
VISIBILITY, MOST_RECEIVES = 330.0, 3
"""As infra/timeouts.py and infra/lanes.py have it, which load the CDK."""
KEPT_BEYOND = WAITS.total_seconds() + VISIBILITY
TABLE_HANGS, OUTLET_HANGS = CALL_SECONDS, float(LONGEST_CALL)
PATIENCE, IMPATIENCE = worst_case(CONFIG), worst_case(CONFIG.merge(IMPATIENT))
LOGGER = Logger(service="simulated", level="CRITICAL")
TRACES: list[str] = []
"""What the errors of functions looked like, for whoever looks for a cause."""


@cache
def base_plan(sources: tuple[str, ...]) -> Plan:
    """Compile a plan with a watch of each source, as the synth would.

    Only their services' files are read: each process would read all others for seconds.
    """
    watches = {source.replace(".", "-"): {"source": source} for source in sources}
    with tempfile.TemporaryDirectory() as folder:
        file, catalogue = Path(folder) / "watches.yaml", Path(folder) / "catalogue"
        file.write_text(yaml.safe_dump({"watches": watches}), encoding="utf-8")
        catalogue.mkdir()
        for name in {f"{source.partition('.')[0]}.yaml" for source in sources}:
            (catalogue / name).symlink_to(CATALOGUE / name)
        return compile_plan(file, catalogue).plan


def member() -> Account:
    """Give an account of somebody else's, where we may read."""
    return Account(MEMBER, "jobwatch-reader")


def is_expected(error: BaseException) -> bool:
    """Tell whether a function may fail so, where what it calls fails."""
    return isinstance(error, ClientError | BotoCoreError | StoreError | QueueError)


def note(error: BaseException) -> None:
    """Keep what an error looked like."""
    TRACES.append("".join(traceback.format_exception(error)))


class Pool(Executor):
    """Does what it is given in an order of its own, one after the other."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    def map(self, fn: Callable[..., Any], *iterables: Any, **_: Any) -> Iterator[Any]:
        """Give the results in the order of what was given."""
        given = list(zip(*iterables, strict=True))
        done: dict[int, Any] = {}
        for place in self._dice.sample(range(len(given)), len(given)):
            done[place] = fn(*given[place])
        return iter([done[place] for place in range(len(given))])


class Clients:
    """Gives the clients of the job APIs."""

    def __init__(self, world: Any) -> None:
        self._world = world

    def client(self, service: str, scope: Scope, patient: bool = True) -> Any:
        if service == ORGANIZATIONS:
            assert (scope.account, scope.role, patient) == (ACCOUNT, None, True)
            return self._world.organization.client(PATIENCE)
        assert scope.source.startswith(service + ".")
        return self._world.client(scope, PATIENCE if patient else IMPATIENCE)


def tick(world: Any, plan: Plan, event: Mapping[str, Any]) -> None:
    """Do what the function that ticks does."""
    now, pause = world.clock.date(), world.clock.pause
    asked = ticking._asked(event, plan, now)
    turns = turns_of(plan, asked.watches, (ACCOUNT, REGION), now, asked.due)
    turns += turns_to_spread(asked.watches, (ACCOUNT, REGION), now, asked.due)
    if asked.due is not None and asked.every < MINUTE:
        names = [watch.name for watch in asked.watches]
        enqueue_later(world.queues, "later", names, due=asked.due, every=asked.every, sleep=pause)
    enqueue(world.queues, "lanes", turns, sleep=pause)


def poll(world: Any, plan: Plan, body: str, *, again: bool) -> Summary | None:
    """Do what the function that polls does with a message, which it may have received before."""
    clock, own, membership = world.clock, (ACCOUNT, REGION), world.membership(plan)
    turn = membership.read(body, own, clock.date())
    if turn is None:
        return None
    ends = clock.current.ends
    if turn.service == SPREAD and not is_forgotten(turn, plan, clock.date()):
        give = partial(enqueue, world.queues, "lanes", sleep=clock.pause)
        told = {"give": give, "warn": lambda *_: None}
        return membership.spread(turn, own, ends, clock.date(), **told)  # type: ignore[no-any-return]
    known = plan if is_forgotten(turn, plan, clock.date()) else membership.known()
    poller = Poller(
        known,
        membership.table,
        membership.clients,
        clock=clock.date,
        timer=lambda: clock.now,
        own=own,
    )
    return poller.poll(turn, ends, again=again)


def membership(world: Any, plan: Plan) -> Membership:
    """Give what a process of the function that polls knows of organizations."""
    table = Table(world.table, "seen", Pool(world.dice.of("pool")), sleep=world.clock.pause)
    return Membership(plan, table, Clients(world), lambda: world.clock.now)  # type: ignore[arg-type]


def publish(world: Any, plan: Plan, records: Sequence[Mapping[str, Any]]) -> str | None:
    """Do what the function that publishes does with records of the stream."""
    del plan
    publisher = Publisher(
        events=world.bus,
        bus="jobs",
        table=TABLE,
        put_aside=put_in(world.queues, "unpublished"),
        logger=LOGGER,
        timer=lambda: world.clock.now,
    )
    return publisher.publish(records, world.clock.current.ends - LAST_SECONDS)


def alert(world: Any, plan: Plan, records: Sequence[Mapping[str, Any]]) -> str | None:
    """Do what the function that alerts does with records of the stream."""
    alerter = Alerter(
        sns=world.topic,
        topic="alerts",
        table=TABLE,
        policy_of=plan.policy_of,
        labels={name: source.label for name, source in plan.sources.items()},
        units={name: source.unit for name, source in plan.sources.items()},
        account_names=plan.account_names,
        put_aside=put_in(world.queues, "unsent"),
        logger=LOGGER,
        timer=lambda: world.clock.now,
        memory=remembered(world, plan),
        bus=_bus(world, plan),
    )
    return alerter.send(records, world.clock.current.ends - LAST_SECONDS)


def _bus(world: Any, plan: Plan) -> AlertBus | None:
    """Give the bus of alerts, where there are recipients behind it."""
    if not plan.behind_bus:
        return None
    return AlertBus(world.alert_bus, "alerts", plan.behind_bus, plan.pagers, plan.machines)


def ask(world: Any, plan: Plan, event: Mapping[str, Any]) -> None:
    """Do what the alert function does when somebody mutes or unmutes."""
    deadline = Deadline(world.clock.current.ends - LAST_SECONDS, lambda: world.clock.now)
    muting = Muting(remembered(world, plan).mutes, plan.watches.keys(), world.clock.date)
    with suppress(WrongWordsError):  # it has ended by itself
        for verb, asked in event.items():
            (muting.mute if verb == "mute" else muting.unmute)(asked, deadline)


def remembered(world: Any, plan: Plan) -> Memory:
    """Give what the alert function remembers; where nothing is muted, that is no trouble at all."""
    if "mutes" not in world.made_of:
        return memory(world.standing)
    return Memory(
        world.standing,
        "open",
        Pool(world.dice.of("alert pool")),
        timedelta(seconds=plan.retention),
        clock=world.clock.date,
        sleep=world.clock.pause,
    )
