"""A list that is newest first is read as far as it is necessary."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambdas.poll.newest import FEW
from tests.api import refused
from tests.lists import SORTED, api_of, calls, deny_gets, put, put_first, told, watching
from tests.sim import Simulation
from tests.values import DAY, NOW


@pytest.fixture
def jobs(tmp_path: Path) -> Simulation:
    """Twenty finished jobs and three that run, which are the newest."""
    jobs = watching(tmp_path, SORTED)
    put(jobs, *[f"old-{number:02}" for number in range(20)], raw="COMPLETED")
    put(jobs, "run-0", "run-1", "run-2", raw="PROCESSING")
    for _ in range(2):
        jobs.poll()
    assert told(jobs) == []
    calls(jobs)
    return jobs


@pytest.mark.parametrize("finished", [0, 10, 400])
def test_unchanged_it_costs_one_page_whatever_its_length(tmp_path: Path, finished: int) -> None:
    jobs = watching(tmp_path, SORTED)
    put(jobs, *[f"old-{number}" for number in range(finished)], raw="COMPLETED")
    put(jobs, *[f"run-{number}" for number in range(10)], raw="PROCESSING")
    api_of(jobs).page_size = 12
    jobs.poll()
    calls(jobs)
    for _ in range(3):
        jobs.poll()
        assert calls(jobs) == {"GetItem": 1, "list_jobs": 1}


@pytest.mark.parametrize("new", range(1, 8))
def test_new_jobs_are_told_and_it_is_read_hardly_further(jobs: Simulation, new: int) -> None:
    names = [f"new-{number}" for number in range(new)]
    put(jobs, *names, raw="FAILED")
    jobs.poll()
    assert told(jobs) == names
    assert calls(jobs)["list_jobs"] <= (new + 3) // 2 + 2
    for _ in range(2):
        jobs.poll()
    calls(jobs)
    jobs.poll()
    assert calls(jobs)["PutItem"] == 0
    assert told(jobs) == []


@pytest.mark.parametrize("new", range(2, 9))
@pytest.mark.parametrize("turn", range(1, 4))
def test_a_job_that_is_deleted_while_pages_are_read_hides_no_new_one(
    jobs: Simulation, new: int, turn: int
) -> None:
    names = [f"new-{number}" for number in range(new)]
    put(jobs, *names, raw="FAILED")
    api = api_of(jobs)
    page, left = api._page, [turn]

    def page_and_delete(*given: Any) -> dict[str, Any]:
        found = page(*given)
        left[0] -= 1
        if not left[0]:
            del api.jobs[names[-1]]
        return found

    api._page = page_and_delete  # type: ignore[method-assign]
    for _ in range(2):
        jobs.poll()
    assert told(jobs) == names
    jobs.poll()
    calls(jobs)
    jobs.poll()
    found = calls(jobs)
    assert (found["list_jobs"], found["GetItem"], found["PutItem"]) == (1, 1, 0)


def test_few_unfinished_jobs_further_back_are_asked_for_alone(jobs: Simulation) -> None:
    put(jobs, *[f"new-{number}" for number in range(4)], raw="COMPLETED")
    for _ in range(2):
        jobs.poll()
    told(jobs)
    calls(jobs)
    jobs.poll()
    found = calls(jobs)
    assert (found["list_jobs"], found["get_job"], found["GetItem"]) == (1, 3, 1)
    put(jobs, "run-0", raw="FAILED")
    jobs.poll()
    assert told(jobs) == ["run-0"]


def test_for_many_unfinished_jobs_the_list_is_read_on_to_the_last_of_them(tmp_path: Path) -> None:
    jobs = watching(tmp_path, SORTED)
    put(jobs, *[f"old-{number}" for number in range(10)], raw="COMPLETED")
    put(jobs, *[f"run-{number:02}" for number in range(FEW + 5)], raw="PROCESSING")
    for _ in range(2):
        jobs.poll()
    calls(jobs)
    for _ in range(3):
        jobs.poll()
        found = calls(jobs)
        assert (found["GetItem"], found["PutItem"], found["BatchGetItem"]) == (1, 0, 0)
        assert found["list_jobs"] <= 8
        assert found["get_job"] <= FEW
    put(jobs, "run-00", "run-14", raw="FAILED")
    jobs.poll()
    assert told(jobs) == ["run-00", "run-14"]


def test_a_straggler_is_gone_when_it_was_missed_twice(jobs: Simulation) -> None:
    put(jobs, *[f"new-{number}" for number in range(4)], raw="COMPLETED")
    for _ in range(2):
        jobs.poll()
    told(jobs)
    del api_of(jobs).jobs["run-0"]
    assert [(jobs.poll(), told(jobs))[1] for _ in range(4)] == [[], ["run-0"], [], []]


def test_a_straggler_that_only_the_get_operation_does_not_know_is_not_gone(
    jobs: Simulation,
) -> None:
    put(jobs, *[f"new-{number}" for number in range(4)], raw="COMPLETED")
    for _ in range(2):
        jobs.poll()
    told(jobs)

    def fail(operation: str, _: Mapping[str, Any]) -> None:
        if operation == "GetJob":
            raise refused("ResourceNotFoundException", operation)

    api_of(jobs).fail = fail
    for _ in range(6):
        jobs.poll()
    assert told(jobs) == []
    put(jobs, "run-0", raw="FAILED")
    for _ in range(2):
        jobs.poll()
    assert told(jobs) == ["run-0"]


def test_a_straggler_whose_get_fails_is_no_change(jobs: Simulation) -> None:
    put(jobs, *[f"new-{number}" for number in range(4)], raw="COMPLETED")
    for _ in range(2):
        jobs.poll()
    told(jobs)
    deny_gets(jobs, "run-0", "run-1", "run-2")
    for _ in range(5):
        jobs.poll()
    assert told(jobs) == []


def without_get(jobs: Simulation, code: str) -> None:
    """Put the running jobs behind the front; then let each get call be answered with an error."""
    put(jobs, *[f"new-{number}" for number in range(4)], raw="COMPLETED")
    for _ in range(2):
        jobs.poll()
    told(jobs)
    calls(jobs)

    def fail(operation: str, _: Mapping[str, Any]) -> None:
        if operation == "GetJob":
            raise refused(code, operation)

    api_of(jobs).fail = fail


NO_GET = ["ResourceNotFoundException", "AccessDeniedException", "ThrottlingException"]


@pytest.mark.parametrize("code", NO_GET)
def test_a_straggler_of_which_no_get_tells_is_as_the_list_has_it(
    jobs: Simulation, code: str
) -> None:
    without_get(jobs, code)
    for _ in range(3):
        jobs.poll()
    assert told(jobs) == []
    put(jobs, "run-0", raw="FAILED")
    jobs.poll()
    assert told(jobs) == ["run-0"]
    calls(jobs)
    jobs.poll()
    found = calls(jobs)
    assert (found["list_jobs"], found["get_job"]) == (3, 2), "it ends at the last of them"


def test_a_straggler_on_the_page_of_the_boundary_is_not_gone(jobs: Simulation) -> None:
    without_get(jobs, "ResourceNotFoundException")
    del api_of(jobs).jobs["new-3"]  # so that one of them stands behind the boundary there
    api_of(jobs).page_size = 100
    for _ in range(4):
        jobs.poll()
    assert told(jobs) == []


def test_nothing_is_gone_while_what_is_behind_the_front_fails(jobs: Simulation) -> None:
    without_get(jobs, "ResourceNotFoundException")
    get_call = api_of(jobs).fail

    def fail(operation: str, given: Mapping[str, Any]) -> None:
        get_call(operation, given)
        if "NextToken" in given:
            raise refused("InternalFailure", operation)

    api_of(jobs).fail = fail
    for _ in range(4):
        jobs.poll()
    jobs.publish()
    assert [e["detail-type"] for e in jobs.told()] == ["Watch Unreachable"]


def test_a_straggler_of_a_list_that_takes_several_polls_is_gone_all_the_same(
    jobs: Simulation,
) -> None:
    without_get(jobs, "ResourceNotFoundException")
    del api_of(jobs).jobs["run-0"]
    jobs.pace = 30
    found = [(jobs.poll(), told(jobs))[1] for _ in range(40)]
    assert [each for each in found if each] == [["run-0"]]


def test_a_job_on_two_pages_counts_once_among_the_stragglers(tmp_path: Path) -> None:
    jobs = watching(tmp_path, SORTED)
    put(jobs, *[f"old-{number}" for number in range(6)], raw="COMPLETED")
    jobs.poll()
    api_of(jobs).overlap = 1
    put(jobs, *[f"run-{number}" for number in range(FEW + 1)], raw="PROCESSING")
    for _ in range(3):
        jobs.poll()
    calls(jobs)
    jobs.poll()
    assert calls(jobs)["list_jobs"] == 1


def test_a_job_whose_boundary_went_is_found_none_the_less(jobs: Simulation) -> None:
    """What the digest covers ends at a job that is not there any more."""
    api = api_of(jobs)
    for job_id in [*api.jobs][-4:-2]:
        del api.jobs[job_id]
    put(jobs, "new", raw="FAILED")
    for _ in range(3):
        jobs.poll()
    assert "new" in told(jobs)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", [*range(12), 99])
@pytest.mark.parametrize("edge", ["run-1", "run-2", "old-19"])
def test_an_id_that_is_used_again_hides_no_job_behind_it(
    jobs: Simulation, edge: str, number: int, after: bool
) -> None:
    """The job at which the front ends, made anew, was taken for the end of the front."""
    names = [f"new-{number}" for number in range(3)]
    put(jobs, *names, raw="FAILED")
    del api_of(jobs).jobs[edge]
    api_of(jobs).put(edge, "IN_PROGRESS", CreatedAt=jobs.now)
    assert {*names} <= told_after_a_stop(jobs, number, after=after)


def told_after_a_stop(jobs: Simulation, number: int, *, after: bool) -> set[str]:
    """Stop a poll before or after a call; give what is told by the three behind it."""
    jobs.faults.stop_at, jobs.faults.after = number, after
    jobs.poll()
    jobs.faults.restart()
    for _ in range(3):
        jobs.poll(DAY / 240)
    return {*told(jobs)}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", [*range(12), 99])
def test_ids_that_are_used_again_are_no_end_of_what_is_known(
    jobs: Simulation, number: int, after: bool
) -> None:
    """Without a digest, as after a list that was read in pieces, a page of them was an end."""
    (scope,) = [item for key, item in jobs.dynamodb.items.items() if key[1] == "scope"]
    del scope["digest"]
    names = [f"new-{number}" for number in range(3)]
    put(jobs, *names, raw="FAILED")
    for edge in ("run-1", "run-2"):
        del api_of(jobs).jobs[edge]
        api_of(jobs).put(edge, "IN_PROGRESS", CreatedAt=jobs.now)
    assert {*names} <= told_after_a_stop(jobs, number, after=after)


def test_what_slipped_in_further_back_is_found_by_the_daily_read(jobs: Simulation) -> None:
    put_first(jobs, "late", raw="FAILED")
    jobs.poll()
    assert told(jobs) == []
    jobs.poll(DAY)
    assert told(jobs) == ["late"]
    assert calls(jobs)["list_jobs"] >= 12


def test_jobs_beyond_the_retention_are_not_new(jobs: Simulation) -> None:
    long_ago = NOW - 90 * DAY
    for number in range(6):
        api_of(jobs).put(f"aged-{number}", "ERROR", CreatedAt=long_ago, UpdatedAt=long_ago)
    for _ in range(3):
        jobs.poll()
    assert told(jobs) == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(24))
def test_a_stop_while_new_jobs_of_several_pages_are_written_loses_none(
    jobs: Simulation, number: int, after: bool
) -> None:
    """E5: what was written ends a page of the next read, and the rest is behind it."""
    names = [f"new-{number}" for number in range(6)]
    put(jobs, *names, raw="FAILED")
    jobs.faults.stop_at, jobs.faults.after = number, after
    jobs.poll()
    jobs.faults.restart()
    for _ in range(2):
        jobs.poll(DAY / 240)
    assert told(jobs) == names


def test_a_later_page_that_is_refused_makes_nothing_gone(jobs: Simulation) -> None:
    put(jobs, *[f"new-{number}" for number in range(6)], raw="FAILED")

    def fail(operation: str, given: Mapping[str, Any]) -> None:
        if "NextToken" in given:
            raise refused("InternalFailure", operation)

    api_of(jobs).fail = fail
    jobs.poll()
    found = told(jobs)
    assert found == ["new-4", "new-5"], "what it surely showed"
    api_of(jobs).fail = lambda *_: None
    for _ in range(2):
        jobs.poll()
    assert told(jobs) == [f"new-{number}" for number in range(4)]


def test_of_two_runs_of_an_id_behind_the_front_the_younger_one_counts(tmp_path: Path) -> None:
    jobs = watching(tmp_path, SORTED)
    api = api_of(jobs)
    api.page_size = 4
    put(jobs, "again", raw="COMPLETED")
    put(jobs, "run-0", raw="PROCESSING")
    put(jobs, *"gfe", raw="COMPLETED")
    older = api.jobs.pop("again")
    put(jobs, "again", raw="PROCESSING")
    api.jobs = {"older": {**older, "CreatedAt": NOW - DAY}, **api.jobs}
    put(jobs, *"dcba", raw="COMPLETED")
    for _ in range(2):
        jobs.poll()
    put(jobs, "new", raw="PROCESSING")
    deny_gets(jobs, "again", "run-0")
    for _ in range(3):
        jobs.poll()
    assert told(jobs) == ["new"]
