"""A list whose end nobody has seen: what of it is news, and what has to wait for its end."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.watched import LISTS, SORTED, Watched, watched
from tests.values import DAY, HOUR, MINUTE, NOW


def fail_behind_the_first_page(it: Watched) -> None:
    token = it.api.source.listing.token
    assert token is not None
    sent = token.send
    it.refuse(lambda _, given: sent in given, TimeoutError())


def put_first(it: Watched, job_id: str, status: str) -> None:
    """Let a new job be on the list's first page."""
    it.put(job_id, status=status, at=it.now + HOUR)
    if not it.api.source.newest_first:
        it.api.jobs = {job_id: it.api.jobs.pop(job_id), **it.api.jobs}


@pytest.mark.parametrize("source", LISTS)
def test_what_is_created_while_a_first_list_never_comes_to_its_end_is_told(
    source: str, tmp_path: Path
) -> None:
    """Each page was looked up as if the list were complete: the failed job was stored silently."""
    it = watched(tmp_path, source)
    it.put(*[f"o{number}" for number in range(8)], status="SUCCEEDED")
    fail_behind_the_first_page(it)
    it.look(2)
    put_first(it, "new", "FAILED")
    it.look(3, later=HOUR)
    it.recover()
    it.look(3)
    assert [event for event in it.told() if event[0]] == [("new", "FAILED")]


@pytest.mark.parametrize("source", LISTS)
def test_a_first_list_that_is_read_in_pieces_stays_quiet(source: str, tmp_path: Path) -> None:
    it = watched(tmp_path, source)
    it.put(*[f"o{number}" for number in range(12)], status="SUCCEEDED")
    it.faults.takes = lambda name: 50 if name == it.list_call else 0
    it.look(8)
    assert it.get_call not in it.faults.calls
    it.recover()
    it.look(later=DAY)
    assert it.told() == []


@pytest.mark.parametrize("source", LISTS)
def test_nothing_is_called_stalled_before_the_list_came_to_its_end(
    source: str, tmp_path: Path
) -> None:
    """In the daily read of all jobs, those of the pages before the one that failed were."""
    it = watched(tmp_path, source, stalled_after="2 hours")
    it.put("a", "b", "c", "d")
    it.look()
    fail_behind_the_first_page(it)
    it.look(later=DAY)
    assert it.told() == []
    it.recover()
    it.look()
    assert sorted(it.told()) == [(job_id, "Job Stalled") for job_id in "abcd"]


@pytest.mark.parametrize("source", LISTS)
def test_what_has_stalled_is_told_by_a_complete_read_of_all_jobs(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, stalled_after="2 hours")
    it.put("a", "b", "c", "d")
    it.look()
    it.look(later=DAY)
    assert sorted(it.told()) == [(job_id, "Job Stalled") for job_id in "abcd"]


@pytest.mark.parametrize("later", [3 * HOUR, DAY])
@pytest.mark.parametrize("source", LISTS)
def test_what_has_stalled_in_a_list_that_is_read_in_pieces_is_told_once(
    source: str, later: timedelta, tmp_path: Path
) -> None:
    it = watched(tmp_path, source, stalled_after="2 hours")
    names = [f"j{number:02}" for number in range(12)]
    it.put(*names)
    it.faults.takes = lambda name: 50 if name == it.list_call else 0
    it.look(10)
    it.look(later=later)
    it.look(20)
    assert sorted(it.told()) == [(name, "Job Stalled") for name in names]


@pytest.mark.parametrize("source", LISTS)
def test_a_first_list_that_comes_to_its_end_after_a_failure_stays_quiet(
    source: str, tmp_path: Path
) -> None:
    it = watched(tmp_path, source)
    it.put(*[f"o{number}" for number in range(8)], status="SUCCEEDED", at=NOW + HOUR)
    fail_behind_the_first_page(it)
    it.look()
    it.recover()
    it.look(3)
    assert it.told() == []


def test_what_is_behind_the_front_is_followed_also_after_a_poll_that_took_long(
    tmp_path: Path,
) -> None:
    it = watched(tmp_path, SORTED)
    it.put("behind")
    it.put(*[f"f{number}" for number in range(6)], status="SUCCEEDED")
    it.look(3)
    it.put("new", status="FAILED", at=it.now)
    it.faults.takes = lambda name: 100 if name == it.list_call else 0
    it.look()
    it.recover()
    it.look(2)
    it.told()
    it.put("behind", status="FAILED", at=it.now)
    it.api.jobs = {"behind": it.api.jobs.pop("behind"), **it.api.jobs}
    it.look()
    assert it.told() == [("behind", "FAILED")]


def test_an_idle_scope_whose_boundary_moved_is_read_whole_at_the_next_tick(
    tmp_path: Path,
) -> None:
    it = watched(tmp_path, SORTED, idle_every="12 hours")
    it.put(*[f"f{number}" for number in range(6)], status="SUCCEEDED")
    it.look(3)
    it.put("n1", status="FAILED", at=it.now)
    it.api.jobs.pop("f4")
    it.put("f4", status="FAILED", at=it.now + HOUR)
    it.now += 12 * HOUR
    it.poll(MINUTE, clocked=True)
    it.poll(MINUTE, clocked=True)
    it.poll(MINUTE, clocked=True)
    assert ("n1", "FAILED") in it.told()
