"""The simulation of the whole road: fixed seeds, and the world that they live in."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.model import JOB_STALLED, JOB_STATUS_CHANGE
from tests.simulation.apis import Service
from tests.simulation.calls import Calls
from tests.simulation.clock import Clock
from tests.simulation.configuration import NEWER_SOURCES, SOURCES
from tests.simulation.dice import Dice
from tests.simulation.jobs import State, TrueJob
from tests.simulation.jobwatch import ACCOUNT, REGION, base_plan
from tests.simulation.promises_jobs import Case, _final, _stalled, _sure_moves
from tests.simulation.queue import Message, Queue, QueueMapping
from tests.simulation.run import Run, simulate
from tests.simulation.stream import OLDEST, Record, Stream, StreamMapping
from tests.simulation.table import Table
from tests.simulation.witness import ScopeLog, Seen, Witness
from tests.table import create_table

ROOT = Path(__file__).parents[1]
SEEDS = {0: "4250", 92: "500", 104: "400", 240: "700", 414: "160", 552: "1500", 70773: "1"}
"""The first of many seeds, and how many minutes: each storm has its turn, some have two. In 70773,
turns wait until the queue may forget them."""
QUICK = {
    0: ("300", "blind-write", "by-id-turns"),
    104: ("150", "overrun-never", "overrun-again", "narrowed-loud"),
    242: ("1", "left-read", "members-lost"),
    553: ("115", "muted-loud", "muted-lost", "resolved-few", "told-all"),
    1149: ("1", "silent-ends"),
    2: ("200", "unwritten", "stall-never"),
    3: ("200", "hand-lost", "always-late"),
}
"""Faults of which the first seeds tell: the first seed, how many minutes, which."""
FOREVER = 1e9


@pytest.mark.parametrize("first", SEEDS)
def test_no_promise_is_broken(first: int) -> None:
    """A process of its own: sets are walked in an order that its environment decides."""
    _run("tests.simulation", "--minutes", SEEDS[first], "--first", str(first))


@pytest.mark.parametrize("first", QUICK)
def test_the_simulation_sees_faults_that_are_put_back(first: int) -> None:
    """Of the quickest; docs/reliability.md tells of all."""
    minutes, *names = QUICK[first]
    _run("tests.simulation.faults", *names, "--minutes", minutes, "--first", str(first))


def _run(*words: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_run_is_the_same_each_time() -> None:
    once, again = (simulate(Run(7, hours=0.3)) for _ in range(2))
    assert (once.events, once.alerts, once.digest) == (again.events, again.alerts, again.digest)


class Machine:
    """A clock with calls, on which bodies run as invocations do."""

    def __init__(self, *on: str) -> None:
        self.dice = Dice(1, frozenset(on))
        self.clock = Clock(self.dice.of("clock"))
        self.calls = Calls(self.clock, self.dice)
        self.stream = Stream(self.clock)
        self.table = Table(self.clock, self.dice, self.calls, self.stream.changed)

    def run(self, body: Callable[[], Any], seconds: float = FOREVER) -> list[Any]:
        """Give what a body came to; nothing when it was killed."""
        came: list[Any] = []
        self.clock.start("test", lambda: came.append(body()), seconds)
        self.clock.run(self.clock.now + 1e6)
        return came


def test_the_table_answers_as_motos_does() -> None:
    """Conditional writes, reads, queries and deletes, in one order on both."""
    machine = Machine()
    with mock_aws():
        moto = boto3.Session(region_name="eu-west-1").client("dynamodb")
        create_table(moto)
        theirs = _talk(moto)
    assert machine.run(lambda: _talk(machine.table)) == [theirs]


def _talk(client: Any) -> list[Any]:
    """Write and read; a refusal is told by its code."""
    answers: list[Any] = []

    def say(call: Callable[..., Any], **words: Any) -> None:
        try:
            answer = call(TableName="seen", **words)
        except ClientError as error:
            answers.append(error.response["Error"]["Code"])
        else:
            answers.append(answer.get("Item", "done"))

    def put(sk: str, version: int, read: int | None, **more: Any) -> None:
        item = {"pk": {"S": "w#1"}, "sk": {"S": sk}, "version": {"N": str(version)}, **more}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if read is not None:
            condition = {
                "ConditionExpression": "#version = :read",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":read": {"N": str(read)}},
            }
        say(client.put_item, Item=item, **condition)

    key = {"pk": {"S": "w#1"}, "sk": {"S": "job#b"}}
    put("job#b", 1, None, open={"S": "x"}, schema={"N": "3"})
    put("job#b", 1, None)
    put("job#b", 2, 1, open={"S": "x"})
    put("job#b", 3, 1)
    put("job#a", 1, None)
    put("job#c", 5, 4)
    put("scope", 1, None, text={"S": "x" * 409_600})
    say(client.get_item, Key=key, ConsistentRead=True)
    query = {
        "TableName": "seen",
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :job)",
        "ExpressionAttributeValues": {":pk": {"S": "w#1"}, ":job": {"S": "job#"}},
        "ProjectionExpression": "#sk, #version",
        "ExpressionAttributeNames": {"#sk": "sk", "#version": "version"},
    }
    pages = client.get_paginator("query").paginate(**query)
    answers += [item for page in pages for item in page["Items"]]
    say(client.delete_item, Key=key)
    say(client.get_item, Key=key, ConsistentRead=True)
    found = client.batch_get_item(RequestItems={"seen": {"Keys": [key], "ConsistentRead": True}})
    return [*answers, found["Responses"]["seen"]]


def test_an_invocation_is_killed_at_the_call_that_outlasts_it() -> None:
    machine, done = Machine(), []

    def body() -> None:
        for number in range(9):
            machine.calls.make(lambda n=number: done.append(n), 10)

    assert machine.run(body, seconds=30) == []
    assert 1 <= len(done) <= 5


def test_a_groups_next_message_waits_until_the_one_before_is_done() -> None:
    machine, taken = Machine(), list[tuple[float, str]]()
    queue = Queue(machine.clock, fifo=True, visibility=330, retention=FOREVER)

    def invoke(message: Message, done: Callable[[bool], None]) -> None:
        taken.append((machine.clock.now, message.body))
        machine.clock.after(100, lambda: done(True))

    QueueMapping(machine.clock, machine.dice, queue, 5, invoke)
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        queue.send(body, group, body, 0)
    queue.send("a1 again", "a", "a1", 0)
    machine.clock.run(1000)
    times = {body: when for when, body in taken}
    assert [body for _, body in taken][-1] == "a2"
    assert times["a2"] >= times["a1"] + 100
    assert times["b1"] < 100
    assert "a1 again" not in times, "a FIFO queue takes a name once in five minutes"


def test_a_message_that_fails_three_times_is_a_dead_letter() -> None:
    machine, taken = Machine(), []
    dead = Queue(machine.clock, fifo=True, visibility=30, retention=FOREVER)
    queue = Queue(machine.clock, fifo=True, visibility=330, retention=FOREVER, dead=dead)

    def invoke(_: Message, done: Callable[[bool], None]) -> None:
        taken.append(machine.clock.now)
        done(False)

    QueueMapping(machine.clock, machine.dice, queue, 5, invoke)
    queue.send("a", "a", "a", 0)
    machine.clock.run(5000)
    assert len(taken) == 3
    assert all(330 <= b - a < 331 for a, b in itertools.pairwise(taken))
    assert [message.body for message in dead.messages] == ["a"]


class Reader:
    """A function that reads the stream and answers as it is told."""

    def __init__(self, machine: Machine, answer: Callable[[list[str]], tuple[bool, str | None]]):
        self.batches: list[list[str]] = []
        self._answer = answer
        self.mapping = StreamMapping(machine.clock, machine.dice, machine.stream, self._take)

    def _take(self, records: Any, done: Callable[[bool, str | None], None]) -> None:
        numbers = [record["dynamodb"]["SequenceNumber"][-2:] for record in records]
        self.batches.append(numbers)
        well, failed = self._answer(numbers)
        names = {
            n: record["dynamodb"]["SequenceNumber"]
            for n, record in zip(numbers, records, strict=True)
        }
        done(well, failed and names[failed])


def _announce(machine: Machine, count: int) -> None:
    for _ in range(count):
        machine.stream.changed(("w#1", "job#a"), {"announce": {"S": "Job Status Change"}})


def test_a_batch_comes_again_from_the_record_that_failed_on() -> None:
    machine, failures = Machine(), iter(["03"])
    reader = Reader(machine, lambda _: (True, next(failures, None)))
    _announce(machine, 5)
    machine.clock.run(100)
    assert reader.batches == [["01", "02", "03", "04", "05"], ["03", "04", "05"]]
    assert reader.mapping.left == 0


def test_a_batch_whose_function_fails_comes_again_in_halves() -> None:
    machine, fails = Machine(), iter([False, False])
    reader = Reader(machine, lambda _: (next(fails, True), None))
    _announce(machine, 4)
    machine.clock.run(100)
    assert reader.batches == [["01", "02", "03", "04"], ["01", "02"], ["01"], ["02", "03", "04"]]


def test_a_record_that_is_too_old_is_a_dead_letter() -> None:
    machine = Machine()
    reader = Reader(machine, lambda numbers: (True, numbers[0] if "01" in numbers else None))
    _announce(machine, 2)
    machine.clock.run(OLDEST + 200)
    letters: list[Record] = reader.mapping.dead_letters
    assert [letter["dynamodb"]["SequenceNumber"][-2:] for letter in letters] in (
        ["01"],
        ["01", "02"],
    )
    assert reader.mapping.left == 0


def test_silent_records_are_filtered_out() -> None:
    machine = Machine()
    reader = Reader(machine, lambda _: (True, None))
    machine.stream.changed(("w#1", "job#a"), {"status": {"S": "RUNNING"}})
    machine.stream.changed(("w#1", "job#a"), None)
    machine.clock.run(100)
    assert reader.batches == []
    assert reader.mapping.left == 0


def moves(*shown: tuple[str, float, bool]) -> list[tuple[float, float]]:
    """Give when a job surely moved of which these states were shown: raw, since, surely."""
    seen = [Seen(State(raw, 0), since) for raw, since, _ in shown]
    for each, (_, since, sure) in zip(seen, shown, strict=True):
        if sure:
            each.note(since, at_once=True)
    case = SimpleNamespace(
        job=SimpleNamespace(id="j1"),
        log=SimpleNamespace(before={"j1": []}, jobs={"j1": seen}),
        watch=SimpleNamespace(jobs=("j1",)),
        service=SimpleNamespace(answer=lambda _, state: {"Status": state.raw}),
    )
    return _sure_moves(cast("Case", case))


def test_a_move_counts_from_when_it_may_first_have_been_stored() -> None:
    """Seed 20109 of 'overtaken'."""
    shown = ("X", 1, True), ("A", 2, False), ("B", 3, False), ("A", 4, True)
    assert moves(*shown) == [(1, 1), (2, 4)]


def test_what_only_a_poll_saw_that_failed_is_no_move_of_what_was_surely_the_same_after_it() -> None:
    """The whole day 50018 of 'outlets': a job came back to what it was, and moved much later."""
    shown = ("X", 1, True), ("A", 2, False), ("X", 3, True), ("A", 9, True)
    assert moves(*shown) == [(1, 1), (9, 9)]


def case_of(source: str, states: Mapping[float, State], stalled: Sequence[float] = ()) -> Case:
    """Give a job of these states, each shown once and surely, of which stalls were told.

    Its watch calls one stalled after 15 minutes, and began at 10.
    """
    machine = Machine()
    base, where = base_plan(SOURCES + NEWER_SOURCES), (ACCOUNT, REGION)
    watch = replace(base.watches[source.replace(".", "-")], stalled_after=900)
    service = Service(base.sources[source], where, machine.clock, machine.dice, machine.calls)
    witness, job = Witness(machine.clock), TrueJob("j1", ())
    key = (watch.name, source, *where, ())
    log = witness.scopes[key] = ScopeLog(asked=0, read=10)
    for at, state in states.items():
        job.become(at, state)
        log.jobs["j1"].append(Seen(state, max(at, 10), times=1))
    plan = SimpleNamespace(retention=FOREVER, watches={watch.name: watch})
    world = SimpleNamespace(witness=witness, deployments=[(0, plan)], clock=machine.clock)
    made = [{"observed_at": machine.clock.date(at).isoformat()} for at in stalled]
    events = [{"at": 0, "type": JOB_STALLED, "detail": detail} for detail in made]
    told = SimpleNamespace(jobs={(key, "j1"): events}, scopes={})
    return Case(cast("Any", world), cast("Any", told), watch, service, job)


def test_a_second_run_that_ends_alike_is_told_if_a_poll_that_ended_well_saw_it_run() -> None:
    """Seed 120031 of 'deaths', of a list that tells no times."""
    failed, again = State("FAILED", -90, -80), State("FAILED", 100, 200)
    states = {-80: failed, 100: State("IN_PROGRESS", 100), 200: again}
    case = case_of("dynamodb.exports", states)
    assert _final(case) == "never told"
    cast("ScopeLog", case.log).jobs["j1"][1].times = 0
    assert _final(case) is None


@pytest.mark.parametrize(
    ("created", "ended", "said"), [(-90, -80, "the last run was not told"), (100, 200, None)]
)
def test_the_last_of_two_runs_that_end_alike_is_the_one_that_was_told(
    created: float, ended: float, said: str | None
) -> None:
    states = {-80: State("FAILED", -90, -80), 200: State("FAILED", 100, 200)}
    case = case_of("translate.text-translation-jobs", states)
    date = case.world.clock.date
    detail = {
        "raw_status": "FAILED",
        "status": "FAILED",
        "observed_at": date(20).isoformat(),
        "created_at": date(created).isoformat(),
        "ended_at": date(ended).isoformat(),
    }
    case.told = [{"at": 20, "type": JOB_STATUS_CHANGE, "detail": detail}]
    assert _final(case) == said


def test_a_job_that_moved_between_two_stalls_may_have_done_so_before_its_watch_began_anew() -> None:
    """The whole day 120031 of 'deaths'."""
    states = {at: State("CREATED", 20, processed=at) for at in (20, 5000)}
    for stalled, said in (((2000, 9000), None), ((2000, 4000), "called stalled twice")):
        case = case_of("sesv2.import-jobs", states, stalled)
        case.world.witness.forget(case.watch.name)
        assert _stalled(case) == said
