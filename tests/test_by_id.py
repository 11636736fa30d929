"""Jobs that a watch names: each is asked for alone, until its end is stored."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api import refused
from tests.lists import UNSORTED, allow, api_of, calls, deny_gets, lives, put, told, watching
from tests.sim import Simulation

NAMES = [f"j{number}" for number in range(6)]


@pytest.fixture
def named(tmp_path: Path) -> Simulation:
    """Six jobs are named, of which four are there and run."""
    jobs = watching(tmp_path, UNSORTED, jobs=NAMES)
    put(jobs, *NAMES[:4], raw="PROCESSING")
    jobs.poll()
    assert told(jobs) == []
    calls(jobs)
    return jobs


def asked(simulation: Simulation) -> list[str]:
    """The ids that were asked for since the last look."""
    api = api_of(simulation)
    found = [given["JobId"] for name, given in api.calls if name == "GetImportJob"]
    api.calls.clear()
    return found


def test_the_list_is_never_read_and_unchanged_jobs_cost_one_call_each(named: Simulation) -> None:
    for _ in range(3):
        named.poll()
        assert calls(named) == {"GetItem": 1, "get_import_job": 6}


def test_one_that_does_not_exist_yet_is_waited_for_and_told_when_it_comes(
    named: Simulation,
) -> None:
    for _ in range(4):
        named.poll()
    assert told(named) == []
    put(named, "j5", raw="PROCESSING")
    named.poll()
    assert lives(named) == {"j5": ["PROCESSING"]}


def test_one_that_ended_is_told_and_asked_for_no_more(named: Simulation) -> None:
    put(named, "j0", raw="FAILED")
    asked(named)
    named.poll()
    assert told(named) == ["j0"]
    assert asked(named).count("j0") == 1
    named.poll()
    assert "j0" not in asked(named)


def test_one_whose_end_could_not_be_written_is_asked_for_until_it_is(named: Simulation) -> None:
    """E1: it counted as ended, though nobody had stored the end."""
    put(named, "j0", raw="FAILED")
    put_item, lost = named.dynamodb.put_item, []

    def lose(**call: Any) -> None:
        if call["Item"]["sk"]["S"] == "job#j0" and not lost:
            lost.append(call)
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
        put_item(**call)

    named.dynamodb.put_item = lose  # type: ignore[method-assign]
    named.poll()
    assert told(named) == []
    named.poll()
    assert lives(named) == {"j0": ["FAILED"]}


def test_one_that_is_missed_once_is_young_or_the_answer_was_wrong(named: Simulation) -> None:
    """E1: one such answer ended a job for good."""
    there = api_of(named).jobs.pop("j0")
    named.poll()
    api_of(named).jobs["j0"] = there
    for _ in range(3):
        named.poll()
    assert told(named) == []
    put(named, "j0", raw="FAILED")
    named.poll()
    assert lives(named) == {"j0": ["FAILED"]}


def test_one_that_is_missed_twice_is_gone_and_told_again_when_it_comes_back(
    named: Simulation,
) -> None:
    there = api_of(named).jobs.pop("j0")
    for _ in range(4):
        named.poll()
    api_of(named).jobs["j0"] = there
    named.poll()
    assert lives(named) == {"j0": ["NOT_FOUND", "PROCESSING"]}


def test_one_that_nobody_could_read_at_first_is_quiet_when_it_can_be_read(tmp_path: Path) -> None:
    jobs = watching(tmp_path, UNSORTED, jobs=NAMES)
    put(jobs, *NAMES, raw="PROCESSING")
    deny_gets(jobs, "j1")
    jobs.poll()
    allow(jobs)
    jobs.poll()
    assert told(jobs) == []
    put(jobs, "j1", raw="FAILED")
    jobs.poll()
    assert told(jobs) == ["j1"]


def test_one_that_cannot_be_read_holds_up_no_other_and_is_told_as_unreachable(
    named: Simulation,
) -> None:
    deny_gets(named, "j1")
    for _ in range(3):
        named.poll()
    put(named, "j3", raw="FAILED")
    named.poll()
    named.publish()
    found = [(e["detail-type"], e["detail"].get("job_id")) for e in named.told()]
    assert found == [("Watch Unreachable", None), ("Job Status Change", "j3")]


def test_calls_that_nobody_answers_are_given_up_after_two_and_the_others_come_first_next_time(
    named: Simulation,
) -> None:
    """E4 and E8: two that hang took the time of all others."""
    hanging = {"j0", "j1"}

    def hang(_: str, given: Mapping[str, Any]) -> None:
        if given.get("JobId") in hanging:
            raise TimeoutError

    api_of(named).fail = hang
    put(named, "j2", "j3", raw="FAILED")
    named.poll()
    assert asked(named)[-2:] == ["j0", "j1"]
    named.poll()
    assert asked(named)[:4] == ["j2", "j3", "j4", "j5"]
    assert told(named) == ["j2", "j3"]


def test_every_id_has_its_turn_though_no_turn_has_time_for_all(tmp_path: Path) -> None:
    """E8: of 400 jobs the same 272 were asked for each time."""
    names = [f"j{number:02}" for number in range(40)]
    jobs = watching(tmp_path, UNSORTED, jobs=names)
    put(jobs, *names, raw="PROCESSING")
    jobs._seconds = lambda: 10.0 * len(api_of(jobs).calls)  # type: ignore[method-assign]
    turns = [(jobs.poll(), asked(jobs))[1] for _ in range(8)]
    assert max(map(len, turns)) < 30
    assert {*turns[0], *turns[1], *turns[2], *turns[3], *turns[4]} == {*names}
    assert jobs.poll() is not None
    put(jobs, "j39", "j00", raw="FAILED")
    for _ in range(6):
        jobs.poll()
        api_of(jobs).calls.clear()
    assert told(jobs) == ["j00", "j39"]


def test_a_scope_of_which_there_is_no_time_for_all_is_not_unreachable(tmp_path: Path) -> None:
    names = [f"j{number:02}" for number in range(40)]
    jobs = watching(tmp_path, UNSORTED, jobs=names)
    jobs._seconds = lambda: 10.0 * len(api_of(jobs).calls)  # type: ignore[method-assign]
    for _ in range(6):
        summary = jobs.poll()
        api_of(jobs).calls.clear()
        assert summary is not None
        assert summary.unread == []


def test_a_refusal_of_one_id_names_the_scope_as_unread(named: Simulation) -> None:
    def deny(operation: str, _: Mapping[str, Any]) -> None:
        raise refused("AccessDeniedException", operation)

    api_of(named).fail = deny
    summary = named.poll()
    assert summary is not None
    assert [place["error"] for place in summary.unread] == ["AccessDeniedException"]


def test_what_could_not_be_written_at_first_is_not_new_later(tmp_path: Path) -> None:
    """What a first read had seen and had no time to write was told as new by the next one."""
    jobs = watching(tmp_path, UNSORTED, jobs=NAMES)
    put(jobs, *NAMES, raw="PROCESSING")
    put_item = jobs.dynamodb.put_item

    def refuse(**call: Any) -> None:
        if call["Item"]["sk"]["S"].endswith(("j1", "j4")):
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
        put_item(**call)

    jobs.dynamodb.put_item = refuse  # type: ignore[method-assign]
    jobs.poll()
    jobs.dynamodb.put_item = put_item  # type: ignore[method-assign]
    for _ in range(2):
        jobs.poll()
    assert told(jobs) == []
    put(jobs, "j1", raw="FAILED")
    jobs.poll()
    assert told(jobs) == ["j1"]
