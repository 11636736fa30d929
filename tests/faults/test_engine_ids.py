"""Ids that a watch names no more, though their jobs run: they are closed, and nothing is lost."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.api import refused
from tests.faults.watched import LISTS, SES, SORTED, Watched, replanned, watched
from tests.values import DAY, HOUR

EXPORTS = "sesv2.export-jobs"
"""Its list tells no progress."""


def named(it: Watched, folder: Path, *job_ids: str, source: str = SES, **given: object) -> Watched:
    """Deploy the watch with other ids."""
    return replanned(it, folder, source, jobs=[*job_ids], **given)


def open_jobs(it: Watched) -> list[str]:
    """The jobs that the table has as unfinished."""
    found = [(sk, item) for (_, sk), item in it.dynamodb.items.items() if sk.startswith("job#")]
    return sorted(sk.removeprefix("job#") for sk, item in found if "open" in item)


@pytest.mark.parametrize("source", LISTS)
def test_an_id_that_is_taken_out_is_closed_silently_and_forgotten_after_the_retention(
    source: str, tmp_path: Path
) -> None:
    """It stayed unfinished for ever, and nobody asked for it."""
    it = watched(tmp_path, source, jobs=["a", "b"], retention="2 days")
    it.put("a", "b")
    it.look()
    it = named(it, tmp_path, "b", source=source, retention="2 days")
    it.look()
    assert open_jobs(it) == ["b"]
    it.put("a", status="FAILED")
    it.live_on(4)
    assert it.told() == []
    assert [sk for _, sk in it.dynamodb.items if sk.startswith("job#")] == ["job#b"]


def test_an_id_that_is_taken_out_costs_no_further_read(tmp_path: Path) -> None:
    """With `stalled_after`, the index and then the table were read in each poll."""
    it = watched(tmp_path, SES, jobs=["a", "b"], stalled_after="10 minutes")
    it.put("a", "b")
    it.look()
    it = named(it, tmp_path, "b", stalled_after="10 minutes")
    it.look(later=HOUR)
    assert it.told() == [("b", "Job Stalled")]
    it.faults.calls.clear()
    it.look(3)
    assert it.faults.calls.count("Query") == 0


def test_a_scope_whose_last_running_job_is_taken_out_is_idle(tmp_path: Path) -> None:
    """It counted as unfinished, so that the scope was asked at each tick."""
    it = watched(tmp_path, SES, jobs=["a", "b"], idle_every="1 hour")
    it.put("a")
    it.put("b", status="SUCCEEDED")
    it.look()
    it = named(it, tmp_path, "b", idle_every="1 hour")
    it.poll(clocked=True)
    it.api.calls.clear()
    it.faults.calls.clear()
    for _ in range(3):
        it.poll(clocked=True)
    assert it.faults.calls.count("PutItem") == 0
    assert it.api.calls == []


@pytest.mark.parametrize("status", ["RUNNING", "FAILED"])
@pytest.mark.parametrize("source", LISTS)
def test_an_id_that_is_named_again_goes_on_where_it_was(
    source: str, status: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, jobs=["a", "b"])
    it.put("a", "b")
    it.look()
    it = named(it, tmp_path, "b", source=source)
    it.look(2)
    it.put("a", status=status)
    it = named(it, tmp_path, "a", "b", source=source)
    it.look(2)
    assert it.told() == ([] if status == "RUNNING" else [("a", "FAILED")])
    assert open_jobs(it) == (["a", "b"] if status == "RUNNING" else ["b"])
    it.live_on(40)
    assert it.told() == []
    it.put("b", status="SUCCEEDED", at=it.now)
    it.look()
    assert it.told() == [("b", "SUCCEEDED")]


@pytest.mark.parametrize("source", LISTS)
def test_jobs_of_a_list_that_turns_to_ids_and_back_go_on_where_they_were(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source)
    it.put("a", "b", "c")
    it.look()
    it = named(it, tmp_path, "b", source=source)
    it.look(2)
    assert open_jobs(it) == ["b"]
    it.put("a", status="FAILED")
    it = replanned(it, tmp_path, source)
    it.look(2, later=DAY)
    assert it.told() == [("a", "FAILED")]
    assert open_jobs(it) == ["b", "c"]


def test_an_id_that_is_gone_when_it_is_named_again_is_told(tmp_path: Path) -> None:
    it = watched(tmp_path, SES, jobs=["a", "b"])
    it.put("a", "b")
    it.look()
    it = named(it, tmp_path, "b")
    it.look(2)
    del it.api.jobs["a"]
    it = named(it, tmp_path, "a", "b")
    it.look(2)
    assert it.told() == [("a", "NOT_FOUND")]


def test_an_id_whose_closing_could_not_be_stored_is_closed_by_the_next_poll(tmp_path: Path) -> None:
    it = watched(tmp_path, SES, jobs=["a", "b"])
    it.put("a", "b")
    it.look()
    it = named(it, tmp_path, "b")

    def refuse(name: str) -> None:
        if name == "PutItem":
            raise ConnectionError("the table is away")

    it.faults.meddle = refuse
    it.poll()
    it.recover()
    it.look()
    assert open_jobs(it) == ["b"]


def test_an_id_that_can_never_be_read_is_told_though_the_ids_take_several_turns(
    tmp_path: Path,
) -> None:
    """A turn in which it was not asked for passed for a read of all."""
    names = [f"j{number:03}" for number in range(400)]
    it = watched(tmp_path, SORTED, jobs=names)
    it.put(*names)
    it.look()
    it.put("j050", status="FAILED")
    it.faults.takes = lambda name: 1 if name == it.get_call else 0
    it.refuse(lambda _, given: given.get("JobId") == "j050", refused("AccessDeniedException"))
    ages = [it.look().ages["w"] for _ in range(12)]
    assert it.told() == [("", "Watch Unreachable")]
    assert ages[-1] >= 10 * 60
    it.recover()
    it.look(3)
    assert sorted(it.told()) == [("", "Watch Recovered"), ("j050", "FAILED")]
    assert it.look().ages["w"] == 0


@pytest.mark.parametrize("asked_for", ["ended", "named no more"])
def test_an_id_that_failed_and_is_asked_for_no_more_keeps_no_scope_unreachable(
    asked_for: str, tmp_path: Path
) -> None:
    names = [f"j{number}" for number in range(6)]
    it = watched(tmp_path, SORTED, jobs=names)
    it.put(*names)
    it.faults.takes = lambda name: 50 if name == it.get_call else 0
    it.refuse(lambda _, given: given.get("JobId") == "j1", refused("AccessDeniedException"))
    it.look(12)
    assert it.told() == [("", "Watch Unreachable")]
    it.api.fail = lambda *_: None
    if asked_for == "ended":
        it.put("j1", status="FAILED")
    else:
        it = named(it, tmp_path, *[name for name in names if name != "j1"], source=SORTED)
    it.look(3)
    assert ("", "Watch Recovered") in it.told()


@pytest.mark.parametrize("became", ["gone", "ended off the list", "running off the list"])
@pytest.mark.parametrize("source", LISTS)
def test_what_became_of_a_closed_job_is_told_when_the_watch_lists_again(
    source: str, became: str, tmp_path: Path
) -> None:
    """It was closed, and the list lacked it: nobody asked for it."""
    it = watched(tmp_path, source)
    it.put("a", "b")
    it.look()
    it = named(it, tmp_path, "b", source=source)
    it.look(2)
    if became == "gone":
        del it.api.jobs["a"]
    else:
        it.put("a", status="FAILED" if became == "ended off the list" else "RUNNING")
        it.api.hidden.add("a")
    hidden = it.api.hidden
    it = replanned(it, tmp_path, source)
    it.api.hidden = hidden
    it.look(3)
    told = {"gone": [("a", "NOT_FOUND")], "ended off the list": [("a", "FAILED")]}
    assert it.told() == told.get(became, [])
    assert open_jobs(it) == (["b"] if became in told else ["a", "b"])
    it.live_on(40)
    assert it.told() == []


def test_a_watch_that_lists_again_follows_no_job_that_is_forgotten(tmp_path: Path) -> None:
    it = watched(tmp_path, SES, retention="2 days")
    it.put("a", "b")
    it.look()
    it = named(it, tmp_path, "b", retention="2 days")
    it.look(2)
    del it.api.jobs["a"]
    it.now += 3 * DAY
    it = replanned(it, tmp_path, SES, retention="2 days")
    it.look(3)
    assert it.told() == []
    assert open_jobs(it) == ["b"]


@pytest.mark.parametrize("given", [{"jobs": ["a"]}, {}], ids=["named", "listed"])
def test_an_answer_that_is_older_than_the_end_that_another_turn_stored_takes_nothing_back(
    given: Mapping[str, Any], tmp_path: Path
) -> None:
    """The end was told, then RUNNING, and a named job was asked for no more."""
    it = watched(tmp_path, SES, **given)
    it.put("a", status="PENDING")
    it.look(2)
    it.put("a")

    def end_meanwhile(name: str) -> None:
        if name == "BatchGetItem":
            it.faults.meddle = lambda _: None
            it.put("a", status="FAILED", at=it.now)
            it.poll_beside()

    it.faults.meddle = end_meanwhile
    it.look(3)
    assert it.told() == [("a", "FAILED")]
    assert open_jobs(it) == []


def test_a_job_that_counts_as_ended_and_is_not_is_asked_for_within_a_day(tmp_path: Path) -> None:
    it = watched(tmp_path, SES, jobs=["a", "b"])
    it.put("a", "b")
    it.look()
    running = it.dynamodb.items[_key_of(it, "a")]
    it.put("a", status="FAILED", at=it.now)
    it.look()
    it.dynamodb.items[_key_of(it, "a")] = running
    it.look(2, later=DAY)
    assert it.told() == [("a", "FAILED")] * 2


def _key_of(it: Watched, job_id: str) -> tuple[str, str]:
    (key,) = [key for key in it.dynamodb.items if key[1] == f"job#{job_id}"]
    return key


def test_the_first_count_of_a_job_that_is_named_is_progress(tmp_path: Path) -> None:
    """It passed for what a get tells and no list does: a false `Job Stalled`."""
    it = watched(tmp_path, EXPORTS, jobs=["a"], stalled_after="2 hours")
    it.put("a")
    it.look()
    it.look(later=HOUR)
    it.api.fuller["a"]["Statistics"] = {"ProcessedRecordsCount": 5_000}
    it.look()
    it.look(later=HOUR)
    assert it.told() == []
    it.look(later=HOUR)
    assert it.told() == [("a", "Job Stalled")]
