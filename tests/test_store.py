"""The table: what is written is read back, and a write that lost a race says nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from lambdas.digest import digest
from lambdas.model import Health, Progress, Scope
from lambdas.store.table import partition
from tests.stage import Stage, on_stage
from tests.values import DAY, NOW, known

SCOPE = Scope("w", "sesv2.import-jobs", "111122223333", "eu-west-1", {"A": "1"})


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with on_stage(tmp_path, {"w": {"source": "sesv2.import-jobs"}}) as stage:
        yield stage


def test_a_job_is_read_back_as_it_was_written(stage: Stage) -> None:
    job = known(
        version=1,
        progress=Progress(3, 2, None),
        stalled=True,
        expires_at=NOW + DAY,
        detail='{"job_id":"j1"}',
    )
    assert stage.table.put_job(SCOPE, job, "Job Status Change")
    assert stage.table.read_jobs(SCOPE) == {"j1": job}
    assert stage.table.find(SCOPE, ["j1", "j2"]) == {"j1": job}


def test_an_unfinished_job_is_read_with_its_scope_but_for_what_is_told_of_it(stage: Stage) -> None:
    stage.table.put_job(SCOPE, known(version=1, stalled=True, detail="{}"), None)
    stage.table.put_job(SCOPE, known("FAILED", job_id="j2", version=1), None)
    read = known(version=1, stalled=True)
    assert stage.table.read(SCOPE, certain=False) == (Health(), {"j1": read})


def test_a_job_that_ended_leaves_the_index(stage: Stage) -> None:
    stage.table.put_job(SCOPE, known(version=1), None)
    stage.table.put_job(SCOPE, known("FAILED", version=2), None)
    assert stage.table.read(SCOPE, certain=False) == (Health(), {})


def test_an_id_too_long_for_a_key_is_read_back(stage: Stage) -> None:
    long = "x" * 2_000
    stage.table.put_job(SCOPE, known(job_id=long, version=1), None)
    assert [*stage.table.read(SCOPE, certain=False)[1]] == [long]
    assert [*stage.table.read_jobs(SCOPE)] == [*stage.table.find(SCOPE, [long])] == [long]


def test_more_jobs_are_found_than_one_call_takes(stage: Stage) -> None:
    names = [f"j{number}" for number in range(230)]
    for name in names:
        stage.table.put_job(SCOPE, known(job_id=name, version=1), None)
    assert stage.table.find(SCOPE, names).keys() == set(names)


def test_a_scope_is_read_back_as_it_was_written(stage: Stage) -> None:
    health = Health(
        version=1,
        began_at=NOW,
        quiet_before=NOW - DAY,
        read_at=NOW,
        failures=2,
        since=NOW,
        unreachable=True,
        gets_failed=1,
        unread=frozenset({"a"}),
        ended=frozenset({"b", "c"}),
        children=frozenset({"d"}),
        settled=digest([7, 300]),
        underway=NOW + DAY,
    )
    assert stage.table.put_health(SCOPE, health, None, None)
    assert stage.table.read(SCOPE, certain=False) == (health, {})
    assert stage.table.read_health(SCOPE) == health


def test_of_two_writes_on_the_same_version_the_second_loses(stage: Stage) -> None:
    first, second = known("RUNNING", version=1), known("FAILED", version=1)
    assert stage.table.put_job(SCOPE, first, None)
    assert not stage.table.put_job(SCOPE, second, None)
    assert stage.table.put_job(SCOPE, replace(second, version=2), None)
    assert not stage.table.put_job(SCOPE, replace(first, version=2), None)
    assert stage.table.read_jobs(SCOPE)["j1"].status == "FAILED"


def test_any_other_error_of_the_table_is_raised(stage: Stage) -> None:
    with pytest.raises(ClientError):
        replace(stage.table, name="another").put_job(SCOPE, known(version=1), None)


@pytest.mark.parametrize(
    "other",
    [
        replace(SCOPE, watch="v"),
        replace(SCOPE, source="sesv2.export-jobs"),
        replace(SCOPE, account="444455556666"),
        replace(SCOPE, region="us-east-1"),
        replace(SCOPE, parameters={"A": "2"}),
        replace(SCOPE, parameters={}),
    ],
)
def test_scopes_that_differ_in_anything_share_nothing(other: Scope) -> None:
    assert partition(SCOPE) != partition(other)


def test_all_pages_of_a_large_scope_are_read(stage: Stage) -> None:
    heavy = '{"job_id":"x","pad":"' + "x" * 300_000 + '"}'
    for number in range(8):
        stage.table.put_job(SCOPE, known(job_id=f"j{number}", version=1, detail=heavy), None)
    assert len(stage.table.read_jobs(SCOPE)) == 8


def test_that_a_scope_was_never_read_is_made_sure_of(stage: Stage) -> None:
    """A stale answer would have new jobs remembered silently."""
    calls: list[str] = []
    stage.dynamodb.meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name)
    )
    stage.table.read(SCOPE, certain=False)
    assert calls == ["Query", "GetItem"]
    stage.table.put_health(SCOPE, Health(version=1, read_at=NOW), None, None)
    calls.clear()
    stage.table.read(SCOPE, certain=False)
    assert calls == ["Query"]
    stage.table.read(SCOPE, certain=True)
    assert calls == ["Query", "Query", "GetItem"]
