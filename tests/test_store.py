"""The table: what is written is read back, and a write that lost a race says nothing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.deadline import Deadline
from lambdas.digest import checksum
from lambdas.model import (
    JOB_STATUS_CHANGE,
    Health,
    OutOfTimeError,
    Progress,
    Scope,
    StoredJob,
)
from lambdas.store.batches import StoreError
from lambdas.store.table import CALL_SECONDS, Table
from tests.flow import Flow, flow_of
from tests.memory import Faults, MemoryTable
from tests.values import DAY, NOW, stored

SCOPE = Scope("w", "sesv2.import-jobs", "111122223333", "eu-west-1", {"A": "1"})
CHILD = replace(SCOPE, parameters={"A": "1", "B": "2"})
IN_TIME = Deadline(float("inf"), lambda: 0.0)


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    folder = tmp_path_factory.mktemp("flow")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")  # moto knows no such addresses
        with flow_of(folder, {"w": {"source": "sesv2.import-jobs"}}) as flow:
            yield flow


@pytest.fixture
def table(flow: Flow) -> Iterator[Table]:
    """The table, empty."""
    yield flow.table
    for item in flow.items():
        flow.dynamodb.delete_item(TableName="seen", Key={k: item[k] for k in ("pk", "sk")})


class Twice:
    """DynamoDB of which botocore makes each write again."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put_item(self, **call: Any) -> None:
        with suppress(ClientError):
            self._client.put_item(**call)
        self._client.put_item(**call)


class Trimming(Twice):
    """One that gives numbers back in its own form."""

    def put_item(self, **call: Any) -> None:
        try:
            super().put_item(**call)
        except ClientError as error:
            moved_at = error.response["Item"]["moved_at"]  # type: ignore[typeddict-item]
            assert moved_at["N"].endswith(".0")
            moved_at["N"] = moved_at["N"].removesuffix(".0")
            raise


def put(table: Table, *jobs: StoredJob, announce: str | None = None) -> set[str]:
    return table.put_jobs(SCOPE, [(job, announce) for job in jobs], IN_TIME)


class TestJobs:
    def test_one_is_found_as_it_was_written(self, table: Table) -> None:
        job = stored(
            version=1,
            progress=Progress(3, 2, None),
            stalled=True,
            missing=True,
            announced=JOB_STATUS_CHANGE,
            detail='{"job_id":"j1","created_at":"2026-11-22T12:00:00Z"}',
            created_at=NOW,
        )
        assert put(table, job, announce=JOB_STATUS_CHANGE) == {"j1"}
        assert table.find(SCOPE, ["j1", "j2"], IN_TIME) == {"j1": job}

    def test_more_are_written_and_found_than_one_call_takes(self, table: Table) -> None:
        names = {f"j{number}" for number in range(230)}
        assert put(table, *(stored(job_id=name, version=1) for name in names)) == names
        assert table.find(SCOPE, names, IN_TIME).keys() == names

    def test_of_two_writes_on_the_same_version_the_second_loses(self, table: Table) -> None:
        first, second = stored("RUNNING", version=1), stored("FAILED", version=1)
        assert put(table, first) == {"j1"}
        assert put(table, second) == set()
        assert put(table, replace(second, version=2)) == {"j1"}
        assert put(table, replace(first, version=2)) == set()
        assert table.find(SCOPE, ["j1"], IN_TIME)["j1"].status == "FAILED"

    def test_a_write_that_botocore_makes_twice_is_stored(self, flow: Flow, table: Table) -> None:
        """The answer of the first got lost, and the second is refused by its own condition."""
        twice = replace(table, client=Twice(flow.dynamodb))
        assert put(twice, stored("RUNNING", version=1)) == {"j1"}
        assert put(twice, stored("FAILED", version=2), announce=JOB_STATUS_CHANGE) == {"j1"}
        whole = Health(version=1, began_at=NOW, digest=bytes(range(256)) * 8, detail="{}")
        assert twice.put_health(SCOPE, whole)
        assert twice.put_health(SCOPE, replace(whole, version=2))
        assert not twice.put_health(SCOPE, replace(whole, version=2, read_at=NOW))

    def test_a_write_that_botocore_makes_twice_is_stored_however_its_numbers_come_back(
        self, flow: Flow, table: Table
    ) -> None:
        """DynamoDB writes a number without the zeros behind its point."""
        assert put(replace(table, client=Trimming(flow.dynamodb)), stored(version=1)) == {"j1"}

    def test_any_other_error_of_the_table_is_raised(self, table: Table) -> None:
        with pytest.raises(ClientError):
            put(replace(table, name="another"), stored(version=1))

    def test_an_id_too_long_for_a_key_is_found_and_among_the_unfinished(self, table: Table) -> None:
        long = "x" * 2_000
        put(table, stored(job_id=long, version=1))
        assert [*table.find(SCOPE, [long], IN_TIME)] == [long]
        assert [*table.unfinished(SCOPE, checksum([long]), IN_TIME)] == [long]


class TestUnfinishedJobs:
    def test_are_read_from_the_index_but_for_their_events(self, flow: Flow, table: Table) -> None:
        put(table, stored(version=1, stalled=True, detail='{"job_id":"j1"}'))
        put(table, stored("FAILED", job_id="j2", version=1))
        calls = made(flow)
        assert table.unfinished(SCOPE, checksum(["j1"]), IN_TIME) == {
            "j1": stored(version=1, stalled=True)
        }
        assert calls == ["unfinished"]

    def test_that_end_leave_the_index(self, table: Table) -> None:
        put(table, stored(version=1))
        put(table, stored("FAILED", version=2))
        assert table.unfinished(SCOPE, checksum([]), IN_TIME) == {}

    def test_of_the_index_are_those_of_the_scopes_own_partition(
        self, flow: Flow, table: Table
    ) -> None:
        """Who may write to one partition, as the heartbeat's role, writes no other one's jobs."""
        put(table, stored(version=1))
        (real,) = flow.items()
        for other in ("a", "z"):
            item = {**real, "pk": {"S": other}, "status": {"S": "PENDING"}}
            flow.dynamodb.put_item(TableName="seen", Item=item)
        assert table.unfinished(SCOPE, checksum(["j1"]), IN_TIME) == {"j1": stored(version=1)}

    @pytest.mark.parametrize("expected", [None, checksum(["j1", "j2"])], ids=["unknown", "others"])
    def test_are_read_from_the_table_itself_where_the_index_cannot_be_believed(
        self, flow: Flow, table: Table, expected: int | None
    ) -> None:
        job = stored(version=1, missing=True, detail='{"pad":"x"}')
        put(table, job)
        calls = made(flow)
        assert table.unfinished(SCOPE, expected, IN_TIME) == {"j1": replace(job, detail=None)}
        assert calls[-1] is None

    @pytest.mark.parametrize("expected", [None, checksum(["j1", "j2"])], ids=["unknown", "others"])
    def test_are_those_of_the_index_where_the_table_is_not_to_be_read_whole(
        self, flow: Flow, table: Table, expected: int | None
    ) -> None:
        put(table, stored(version=1), stored("FAILED", version=1, job_id="j2"))
        calls = made(flow)
        assert [*table.unfinished(SCOPE, expected, IN_TIME, whole=False)] == ["j1"]
        assert calls == ["unfinished"]

    def test_of_a_large_scope_are_read_over_all_pages(self, table: Table) -> None:
        heavy = '{"job_id":"x","pad":"' + "x" * 300_000 + '"}'
        jobs = [stored(job_id=f"j{number}", version=1, detail=heavy) for number in range(8)]
        put(table, *jobs)
        assert len(table.unfinished(SCOPE, None, IN_TIME)) == 8

    @pytest.mark.parametrize("expected", [None, checksum([f"j{number}" for number in range(8)])])
    def test_are_read_only_as_long_as_there_is_time(self, expected: int | None) -> None:
        memory = MemoryTable(Faults())
        table = Table(memory, "seen", ThreadPoolExecutor(1))
        put(table, *(stored(job_id=f"j{number}", version=1) for number in range(8)))
        now = [0.0]
        deadline = Deadline(CALL_SECONDS + 10, lambda: now[0])
        memory._faults.meddle = lambda _: now.append(now.pop() + 6)
        with pytest.raises(OutOfTimeError):
            table.unfinished(SCOPE, expected, deadline)
        assert memory._faults.calls.count("NextQuery") == 1
        with pytest.raises(OutOfTimeError):
            table.closed(SCOPE, deadline)
        now[0] = -100
        assert len(table.unfinished(SCOPE, expected, deadline)) == 8

    def test_of_an_index_that_is_behind_are_those_of_the_table(self) -> None:
        memory = MemoryTable(Faults())
        table = Table(memory, "seen", ThreadPoolExecutor(1))
        put(table, stored(version=1))
        memory.behind = dict(memory.items)
        put(table, stored(job_id="j2", version=1), stored("FAILED", version=2))
        assert [*table.unfinished(SCOPE, checksum(["j2"]), IN_TIME)] == ["j2"]


def made(flow: Flow) -> list[str | None]:
    """Note the index, or None, of each query from now on."""
    calls: list[str | None] = []
    flow.dynamodb.meta.events.register(
        "provide-client-params.dynamodb.Query",
        lambda params, **_: calls.append(params.get("IndexName")),
    )
    return calls


class Sparing:
    """DynamoDB under a load: it answers for so many of the keys of a batch."""

    def __init__(self, *answered: int) -> None:
        self._answered = iter(answered)
        self.asked: list[int] = []
        self.slept: list[float] = []

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        (keys,) = (request["Keys"] for request in RequestItems.values())
        self.asked.append(len(keys))
        left = keys[next(self._answered, 0) :]
        return {"Responses": {}, "UnprocessedKeys": {"seen": {"Keys": left}} if left else {}}

    def find(self, number: int) -> None:
        table = Table(self, "seen", ThreadPoolExecutor(1), sleep=self.slept.append)
        assert table.find(SCOPE, [f"j{n}" for n in range(number)], IN_TIME) == {}


class TestKeysThatAreLeftOut:
    """E18."""

    def test_are_asked_for_again_after_a_while(self) -> None:
        sparing = Sparing(40, 0, 0, 60)
        sparing.find(100)
        assert sparing.asked == [100, 60, 60, 60]
        assert sparing.slept == [0.05, 0.1, 0.2]

    def test_are_an_error_when_nothing_is_answered_for_seconds(self) -> None:
        sparing = Sparing()
        with pytest.raises(StoreError, match="left out all 100 items 7 times in a row"):
            sparing.find(100)
        assert 6 < sum(sparing.slept) < 20

    def test_are_no_error_while_some_are_answered_each_time_though_no_job_is_there(self) -> None:
        """The jobs of a first read are not in the table: to find nothing is an answer."""
        sparing = Sparing(*[5] * 20)
        sparing.find(100)
        assert len(sparing.asked) == 20


class TestTheReadingBudget:
    """What is read page after page is read only while there is time for a call more."""

    @pytest.fixture
    def slow(self) -> tuple[Table, Deadline]:
        """A table of which each call takes six seconds, and time for two of its worst case."""
        memory, now = MemoryTable(Faults()), [0.0]
        table = Table(memory, "seen", ThreadPoolExecutor(1))
        names = [f"n{number}" for number in range(9)]
        put(table, *(stored(job_id=f"j{number}", version=1) for number in range(250)))
        assert table.put_children(SCOPE, {}, names, IN_TIME)
        for name in names:
            lost = replace(SCOPE, parameters={"A": name})
            assert table.put_health(lost, Health(version=1, unreachable=True))
        memory._faults.meddle = lambda _: now.append(now.pop() + 6)
        return table, Deadline(CALL_SECONDS + 10, lambda: now[0])

    @pytest.mark.parametrize(
        "read",
        [
            lambda table, deadline: [*table.children(SCOPE, deadline)],
            lambda table, deadline: [*table.unreachable(deadline)],
            lambda table, deadline: table.find(SCOPE, [f"j{n}" for n in range(250)], deadline),
        ],
        ids=["children", "unreachable", "find"],
    )
    def test_no_read_begins_that_could_outlast_it(
        self, slow: tuple[Table, Deadline], read: Callable[[Table, Deadline], Any]
    ) -> None:
        table, deadline = slow
        with pytest.raises(OutOfTimeError):
            read(table, deadline)
        assert deadline.allows(0)
        assert len(read(table, IN_TIME)) in {9, 250}


class TestTheWritingBudget:
    """E19: writing heeds the deadline, and what was not written is said."""

    def test_no_write_begins_that_could_outlast_it(self) -> None:
        memory, now = MemoryTable(Faults()), [0.0]
        put_item = memory.put_item

        def slow(**call: Any) -> None:
            now[0] += 0.1
            put_item(**call)

        memory.put_item = slow  # type: ignore[method-assign]
        table = Table(memory, "seen", ThreadPoolExecutor(1))
        deadline = Deadline(CALL_SECONDS + 30, lambda: now[0])
        jobs = [(stored(job_id=f"j{number}", version=1), None) for number in range(1_000)]
        done = table.put_jobs(SCOPE, jobs, deadline)
        assert 200 <= len(done) < 1_000
        assert len(memory.items) == len(done)
        assert now[0] <= CALL_SECONDS + 30

    def test_children_heed_it_too(self) -> None:
        table = Table(MemoryTable(Faults()), "seen", ThreadPoolExecutor(1))
        over = Deadline(0, lambda: 0.0)
        assert table.put_children(SCOPE, {"2": (CHILD, Health(version=1))}, ["3"], over) is False
        assert dict(table.children(SCOPE, IN_TIME)) == {}


class TestScopes:
    def test_one_that_was_never_read_has_no_health(self, table: Table) -> None:
        assert table.read_health(SCOPE) == Health()

    def test_a_health_is_read_back_and_a_race_for_it_is_lost_quietly(self, table: Table) -> None:
        health = Health(version=1, began_at=NOW, read_at=NOW - DAY)
        assert table.put_health(SCOPE, health)
        assert table.read_health(SCOPE) == health
        assert not table.put_health(SCOPE, replace(health, read_at=NOW))
        assert table.read_health(SCOPE) == health

    def test_unreachable_ones_are_found_whatever_watch_they_are_of(self, table: Table) -> None:
        for scope in (SCOPE, CHILD, replace(SCOPE, watch="v")):
            lost = Health(version=1, unreachable=scope != CHILD)
            table.put_health(scope, lost, "Watch Unreachable" if lost.unreachable else None)
        assert {scope.watch for scope in table.unreachable(IN_TIME)} == {"v", "w"}
        assert SCOPE in [*table.unreachable(IN_TIME)]
        table.put_health(SCOPE, Health(version=2))
        assert [scope.watch for scope in table.unreachable(IN_TIME)] == ["v"]

    def test_what_a_parent_holds_is_remembered_and_forgotten_one_by_one(self, table: Table) -> None:
        long = "y" * 1_500
        begun = {name: (CHILD, Health(version=1, began_at=NOW)) for name in ("2", "3", long)}
        assert table.put_children(SCOPE, begun, ["4"], IN_TIME)
        assert dict(table.children(SCOPE, IN_TIME)) == {
            "2": False,
            "3": False,
            long: False,
            "4": True,
        }
        assert table.read_health(CHILD).began_at == NOW
        table.forget_child(SCOPE, long)
        assert dict(table.children(SCOPE, IN_TIME)) == {"2": False, "3": False, "4": True}

    def test_a_child_that_is_remembered_already_keeps_its_health(self, table: Table) -> None:
        table.put_health(CHILD, Health(version=1, read_at=NOW))
        table.put_children(SCOPE, {"2": (CHILD, Health(version=1))}, (), IN_TIME)
        assert table.read_health(CHILD).read_at == NOW
