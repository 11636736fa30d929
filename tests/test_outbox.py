"""Whatever fails, and however often: nothing is lost, and nothing overtakes, for each outlet."""

import random
from collections import defaultdict
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from lambdas.alert.alerter import Alerter
from lambdas.model import JOB_STALLED, JOB_STATUS_CHANGE
from lambdas.outbox.records import read_record
from lambdas.plan import Policy
from lambdas.publish.publisher import Publisher
from tests.records import LABELS, TABLE, Clock, change, refused, stream_record

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


class FakeTopic(Service):
    """It is told the ids by `publish_batch`'s text for people, which lists all of so few."""

    def publish_batch(self, **call: Any) -> dict[str, Any]:
        entries = call["PublishBatchRequestEntries"]
        ids = [
            [line.split()[-1] for line in entry["Message"].split("\\n") if line[:5] == "What "]
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
            service, "arn:topic", TABLE, lambda _: Policy(frozenset({"FAILED"})), LABELS, *more
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


def check(
    records: list[dict[str, Any]], poison: set[str], told: list[str], aside: set[str]
) -> None:
    """Each record was told or put aside, as is right; the first tellings of a job are in order."""
    numbers = {f"e{int(r['dynamodb']['SequenceNumber'])}": r for r in records}
    unreadable = {n for n, r in numbers.items() if r["dynamodb"]["NewImage"]["detail"]["S"] == "{"}
    assert set(told) == numbers.keys() - unreadable - poison
    assert {f"e{int(sequence)}" for sequence in aside} == numbers.keys() & (unreadable | poison)
    firsts = defaultdict[str, list[int]](list)
    for event in dict.fromkeys(told):
        read = read_record(numbers[event], TABLE)
        assert read is not None
        firsts[read.item_key].append(int(read.sequence))
    assert all(places == sorted(places) for places in firsts.values())
