"""Whatever fails, and however often: nothing is lost, and nothing overtakes, for each outlet."""

import json
import random
from collections import defaultdict
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from lambdas.alert.alerter import Alerter
from lambdas.alert.bus import AlertBus
from lambdas.model import JOB_STALLED, JOB_STATUS_CHANGE
from lambdas.outbox.records import read_record
from lambdas.plan import Policy
from lambdas.publish.publisher import Publisher
from tests.records import LABELS, TABLE, Clock, change, refused, stream_record
from tests.remembered import memory

LOGGER = Logger(service="test", level="CRITICAL")


class Service:
    """A bus or topic that fails at random, and never takes some; `told` is what it took."""

    def __init__(self, chance: random.Random, poison: set[str], clock: Clock) -> None:
        self.chance, self.poison, self.clock = chance, poison, clock
        self.told: list[str] = []
        self.calm = False

    def take(self, entries: list[list[str]], code: str) -> list[str | None]:
        """Give an error code for each entry that is refused; each holds ids of events."""
        self.clock.pass_time()
        poisoned = [bool(self.poison & set(ids)) for ids in entries]
        if any(poisoned) and self.chance.random() < 0.3:
            raise refused(code)
        if not self.calm and self.chance.random() < 0.1:
            raise TimeoutError
        said: list[str | None] = []
        for ids, bad in zip(entries, poisoned, strict=True):
            for_now = not self.calm and self.chance.random() < 0.1
            said.append(code if bad else "InternalFailure" if for_now else None)
            if said[-1] is None:
                self.told += ids
        return said


class FakeBus(Service):
    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        ids = [[entry["Resources"][0]] for entry in Entries]
        said = self.take(ids, "ValidationException")
        return {"Entries": [{"ErrorCode": code} if code else {"EventId": "e"} for code in said]}


def text_of(entry: dict[str, Any]) -> str:
    return str(json.loads(entry["Message"])["default"])


class FakeAlertBus(Service):
    """The bus of alerts, which tells of the records of a message by its alerts."""

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        details = [json.loads(entry["Detail"])["alert"]["detail"] for entry in Entries]
        ids = [[alert["id"] for alert in detail["alerts"]] for detail in details]
        said = self.take(ids, "ValidationException")
        return {"Entries": [{"ErrorCode": code} if code else {"EventId": "e"} for code in said]}


class FakeTopic(Service):
    """It is told the ids by `publish_batch`'s text for people, which lists all of so few."""

    def publish_batch(self, **call: Any) -> dict[str, Any]:
        entries = call["PublishBatchRequestEntries"]
        ids = [
            [line.split()[-1] for line in text_of(entry).splitlines() if line[:5] == "What "]
            for entry in entries
        ]
        said = dict(zip(range(len(ids)), self.take(ids, "InvalidParameter"), strict=True))
        return {
            "Successful": [{"Id": str(n)} for n, code in said.items() if code is None],
            "Failed": [{"Id": str(n), "Code": code} for n, code in said.items() if code],
        }


def some_records(chance: random.Random) -> list[dict[str, Any]]:
    """Changes of few jobs in few watches, some of which can't be read."""
    return [
        stream_record(n, "{")
        if chance.random() < 0.05
        else change(
            n,
            job=f"j{chance.randrange(6)}",
            detail_type=chance.choice([JOB_STATUS_CHANGE, JOB_STALLED]),
            watch=f"w{chance.randrange(3)}",
            job_name=f"e{n}",
            job_arn=f"e{n}",
        )
        for n in range(chance.randrange(1, 18))
    ]


@pytest.mark.parametrize("kind", [FakeBus, FakeTopic])
@pytest.mark.parametrize("seed", range(150))
def test_nothing_is_lost_and_nothing_overtakes_whatever_fails(
    seed: int, kind: type[Service]
) -> None:
    chance = random.Random(seed)  # noqa: S311  a seed makes a case that can be repeated
    records, letters = some_records(chance), list[Any]()
    poison = {f"e{n}" for n in range(len(records)) if chance.random() < 0.1}
    service = kind(chance, poison, Clock(each=1))
    more = (letters.append, LOGGER, service.clock)
    outlet = (
        Publisher(service, "jobs", TABLE, *more).publish
        if kind is FakeBus
        else Alerter(
            service,
            "arn:topic",
            TABLE,
            lambda _: Policy(frozenset({"FAILED"})),
            LABELS,
            {},
            *more,
            memory=memory(),
        ).send
    )
    left = records
    for tries in range(200):
        service.calm = tries > 20
        failed = outlet(left, service.clock.now + chance.choice([16, 18, 60]))
        assert failed is None or failed in {r["dynamodb"]["SequenceNumber"] for r in left}
        if failed is None:
            break
        left = [r for r in records if r["dynamodb"]["SequenceNumber"] >= failed]
    assert failed is None
    check(records, poison, service.told, {letter.sequence for letter in letters})


@pytest.mark.parametrize("seed", range(150))
def test_nothing_is_lost_between_topic_and_bus_of_alerts_and_nothing_overtakes(seed: int) -> None:
    """Each of the two refuses some for good; what either never takes is put aside."""
    chance = random.Random(seed)  # noqa: S311  a seed makes a case that can be repeated
    records, letters, clock = some_records(chance), list[Any](), Clock(each=1)
    poison = [{f"e{n}" for n in range(len(records)) if chance.random() < 0.1} for _ in range(2)]
    topic, bus = FakeTopic(chance, poison[0], clock), FakeAlertBus(chance, poison[1], clock)
    policy = Policy(frozenset({"FAILED"}), to=("oncall",))
    behind = AlertBus(bus, "alerts", frozenset({"oncall"}))
    ahead: set[tuple[str, str]] = set()
    remembered = memory()
    left = records
    for tries in range(200):
        topic.calm = bus.calm = tries > 20
        # Now and then another container goes on, which knows nothing of what was taken.
        ahead = set() if chance.random() < 0.1 else ahead
        alerter = Alerter(
            topic,
            "arn:topic",
            TABLE,
            lambda _: policy,
            LABELS,
            {},
            letters.append,
            LOGGER,
            clock,
            bus=behind,
            memory=remembered,
            ahead=ahead,
        )
        failed = alerter.send(left, clock.now + chance.choice([36, 60]))
        if failed is None:
            break
        left = [r for r in records if r["dynamodb"]["SequenceNumber"] >= failed]
    assert failed is None
    aside = {letter.sequence for letter in letters}
    check(records, poison[0] | poison[1], [*({*topic.told} & {*bus.told})], aside, ordered=False)
    for told in (topic.told, bus.told):
        check_order(records, told)


def check(
    records: list[dict[str, Any]],
    poison: set[str],
    told: list[str],
    aside: set[str],
    ordered: bool = True,
) -> None:
    """Each record was told or put aside, as is right; the first tellings of a job are in order."""
    numbers = {f"e{int(r['dynamodb']['SequenceNumber'])}": r for r in records}
    unreadable = {n for n, r in numbers.items() if r["dynamodb"]["NewImage"]["detail"]["S"] == "{"}
    assert set(told) == numbers.keys() - unreadable - poison
    assert {f"e{int(sequence)}" for sequence in aside} == numbers.keys() & (unreadable | poison)
    if ordered:
        check_order(records, told)


def check_order(records: list[dict[str, Any]], told: list[str]) -> None:
    """Hold that no change of an item was first told after a later one."""
    numbers = {f"e{int(r['dynamodb']['SequenceNumber'])}": r for r in records}
    firsts = defaultdict[str, list[int]](list)
    for event in dict.fromkeys(told):
        read = read_record(numbers[event], TABLE)
        assert read is not None
        firsts[read.item_key].append(int(read.sequence))
    assert all(places == sorted(places) for places in firsts.values())
