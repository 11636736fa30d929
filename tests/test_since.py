"""A list that can be asked for what was created since a time costs the same with any history."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lambdas.plan import Plan, Source
from lambdas.poll.since import BEFORE, MARGIN
from tests.api import refused
from tests.flow import make_plan
from tests.lists import allow, api_of, calls, deny_gets, lives, told
from tests.sim import Simulation
from tests.values import DAY, MINUTE, NOW

LIST, GET = "list_text_translation_jobs", "describe_text_translation_job"


def watching(folder: Path) -> Plan:
    return make_plan(folder, {"jobs": {"source": "translate.text-translation-jobs"}})


def with_source(plan: Plan, source: Source) -> Plan:
    """Give a plan of one watch with another source."""
    return replace(plan, sources={source.name: source})


def put(jobs: Simulation, *names: str, raw: str, at: datetime | None = None) -> None:
    """Let jobs be there, which were created at that time, or now."""
    for name in names:
        api_of(jobs).put(name, raw, SubmittedTime=at or jobs.now)


def begin(plan: Plan, finished: int, running: int) -> Simulation:
    """Let there be jobs of the last days, and read them until nothing more is to be found out."""
    jobs = Simulation(plan)
    api_of(jobs).page_size = 10
    put(jobs, *[f"old-{n:03}" for n in range(finished)], raw="COMPLETED", at=NOW - 3 * DAY)
    put(jobs, *[f"run-{n:03}" for n in range(running)], raw="IN_PROGRESS", at=NOW - 2 * DAY)
    for _ in range(3):
        jobs.poll()
    assert told(jobs) == []
    calls(jobs)
    return jobs


def cost(jobs: Simulation) -> Counter[str]:
    """Poll and count the calls."""
    jobs.poll()
    return calls(jobs)


@pytest.mark.parametrize("finished", [0, 10, 400])
def test_unchanged_it_costs_one_page_whatever_its_history(tmp_path: Path, finished: int) -> None:
    jobs = begin(watching(tmp_path), finished, 0)
    for _ in range(3):
        assert cost(jobs) == {"GetItem": 1, LIST: 1}


def test_new_jobs_are_told_in_every_state_they_are_seen_in(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 0)
    put(jobs, "quick", raw="FAILED")
    put(jobs, "slow", raw="IN_PROGRESS")
    jobs.poll()
    assert lives(jobs) == {"quick": ["FAILED"], "slow": ["IN_PROGRESS"]}
    put(jobs, "slow", raw="COMPLETED", at=NOW)
    jobs.poll()
    assert lives(jobs) == {"slow": ["COMPLETED"]}


def test_a_job_that_the_list_shows_late_is_told(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 0)
    put(jobs, "late", raw="FAILED", at=NOW - MARGIN + 2 * MINUTE)
    jobs.poll()
    assert told(jobs) == ["late"]


def test_a_few_unfinished_jobs_that_are_older_are_asked_for_one_by_one(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 3)
    assert cost(jobs)[GET] == 3
    put(jobs, "run-001", raw="FAILED", at=NOW - 2 * DAY)
    jobs.poll()
    assert told(jobs) == ["run-001"]
    calls(jobs)
    assert cost(jobs)[GET] == 2


def test_one_of_them_that_is_gone_is_told_after_two_polls(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 3)
    del api_of(jobs).jobs["run-002"]
    jobs.poll()
    assert told(jobs) == []
    jobs.poll()
    assert lives(jobs) == {"run-002": ["NOT_FOUND"]}


def test_with_more_of_them_the_list_reaches_back(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 25)
    assert cost(jobs) == {"GetItem": 1, LIST: 3}
    put(jobs, "run-011", raw="COMPLETED", at=NOW - 2 * DAY)
    jobs.poll()
    assert told(jobs) == ["run-011"]


def test_what_no_call_reads_by_its_id_stays_in_the_list(tmp_path: Path) -> None:
    plan = watching(tmp_path)
    (source,) = plan.sources.values()
    jobs = Simulation(with_source(plan, replace(source, get=None)))
    jobs.apis[source.name].source = source  # the fake knows the get, the engine does not
    api_of(jobs).page_size = 10
    put(jobs, *[f"old-{n:03}" for n in range(40)], raw="COMPLETED", at=NOW - 3 * DAY)
    put(jobs, "run", raw="IN_PROGRESS", at=NOW - 2 * DAY)
    for _ in range(3):
        jobs.poll()
    calls(jobs)
    assert cost(jobs) == {"GetItem": 1, LIST: 1}
    assert told(jobs) == [], "the list tells of what was created after a time, and not at it"
    del api_of(jobs).jobs["run"]
    for _ in range(2):
        jobs.poll()
    assert lives(jobs) == {"run": ["NOT_FOUND"]}


def test_one_of_which_no_get_tells_is_looked_for_in_all_of_the_list(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 3)
    deny_gets(jobs, "run-001")
    put(jobs, "run-001", raw="FAILED", at=NOW - 2 * DAY)
    jobs.poll()
    assert told(jobs) == ["run-001"]


def test_one_that_the_get_does_not_know_and_the_list_shows_is_not_gone(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 3)
    api = api_of(jobs)

    def fail(operation: str, parameters: Mapping[str, Any]) -> None:
        if parameters.get("JobId") == "run-002":
            raise refused("ResourceNotFoundException", operation)

    api.fail = fail
    for _ in range(4):
        jobs.poll()
    assert told(jobs) == []


def test_where_all_of_it_can_not_be_read_nothing_is_gone_until_it_can(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 3)
    del api_of(jobs).jobs["run-002"]
    api_of(jobs).fail = _refuse_all
    for _ in range(2):
        jobs.poll()
    assert told(jobs) == []
    allow(jobs)
    for _ in range(2):
        jobs.poll()
    assert lives(jobs) == {"run-002": ["NOT_FOUND"]}


def _refuse_all(operation: str, given: Mapping[str, Any]) -> None:
    if operation.startswith("List") and "Filter" not in given:
        raise refused("InternalServiceErrorException", operation)


def test_a_short_list_is_read_whole_rather_than_older_jobs_asked_for(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 25, 4)
    assert cost(jobs) == {"GetItem": 1, LIST: 3}


def test_jobs_that_were_created_at_one_time_are_listed(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 40)
    assert cost(jobs)[GET] == 0


def test_a_reading_that_a_version_before_began_chooses_no_time(tmp_path: Path) -> None:
    plan = watching(tmp_path)
    (source,) = plan.sources.values()
    jobs = Simulation(
        with_source(plan, replace(source, listing=replace(source.listing, since=None)))
    )
    api_of(jobs).page_size = 2
    put(jobs, *[f"run-{n:03}" for n in range(60)], raw="IN_PROGRESS", at=NOW - 2 * DAY)
    put(jobs, *[f"old-{n:03}" for n in range(60)], raw="COMPLETED", at=NOW - 3 * DAY)
    jobs.pace = 4
    jobs.poll()
    jobs.plan, api_of(jobs).source = plan, source
    for _ in range(12):
        jobs.poll()
        assert calls(jobs)[GET] <= 10
    assert told(jobs) == []


def test_once_a_day_all_is_read(tmp_path: Path) -> None:
    jobs = begin(watching(tmp_path), 50, 0)
    put(jobs, "old-007", raw="FAILED", at=NOW - 3 * DAY)
    jobs.poll()
    assert told(jobs) == []
    calls(jobs)
    jobs.poll(DAY)
    assert told(jobs) == ["old-007"]
    assert calls(jobs)[LIST] == 5
    jobs.poll()
    calls(jobs)
    assert cost(jobs) == {"GetItem": 1, LIST: 1}


def test_a_list_of_many_invocations_remembers_the_oldest_unfinished_jobs(tmp_path: Path) -> None:
    jobs = Simulation(watching(tmp_path))
    api_of(jobs).page_size = 2
    put(jobs, *[f"run-{n:03}" for n in range(20)], raw="IN_PROGRESS", at=NOW - 2 * DAY)
    put(jobs, *[f"old-{n:03}" for n in range(200)], raw="COMPLETED", at=NOW - 3 * DAY)
    jobs.pace = 10
    for _ in range(14):
        jobs.poll()
    assert told(jobs) == []
    calls(jobs)
    assert cost(jobs)[LIST] == 10
    asked = [given for name, given in api_of(jobs).calls if name.startswith("List")][-10:]
    assert {given["Filter"]["SubmittedAfterTime"] for given in asked} == {NOW - 2 * DAY - BEFORE}


def test_where_it_is_not_known_when_many_of_them_were_created_all_are_listed(
    tmp_path: Path,
) -> None:
    """A time of before AWS began was asked for, which a service may refuse."""
    jobs = Simulation(watching(tmp_path))
    put(jobs, *[f"run-{n:03}" for n in range(12)], raw="IN_PROGRESS", at=NOW.replace(year=1970))
    for _ in range(3):
        jobs.poll()
    asked = [given for name, given in api_of(jobs).calls if name.startswith("List")]
    assert not any("Filter" in given for given in asked)
    put(jobs, *[f"run-{n:03}" for n in range(12)], raw="FAILED", at=NOW)
    for _ in range(2):
        jobs.poll()
    assert len(told(jobs)) == 12
    assert "SubmittedAfterTime" in api_of(jobs).calls[-1][1]["Filter"]


def test_a_table_of_before_goes_on_quietly(tmp_path: Path) -> None:
    plan = watching(tmp_path)
    (source,) = plan.sources.values()
    before = replace(source, listing=replace(source.listing, since=None))
    jobs = begin(with_source(plan, before), 50, 3)
    jobs.plan = plan
    api_of(jobs).source = source
    for _ in range(3):
        jobs.poll()
    assert told(jobs) == []
    calls(jobs)
    assert cost(jobs)[LIST] == 1
    put(jobs, "new", raw="FAILED")
    jobs.poll()
    assert told(jobs) == ["new"]
