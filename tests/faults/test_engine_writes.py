"""What was not stored, or not found, is looked at again: E1, E5, E7, and their kind."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults.watched import LISTS, SES, SORTED, Watched, watched
from tests.values import DAY, HOUR, NOW

BY_ID = {"jobs": ["a", "b"]}


def race(it: Watched, call: str) -> None:
    """Let another invocation poll, whole, in the middle of the next call of a name."""

    def overtake(called: str) -> None:
        if called == call:
            it.faults.meddle = lambda _: None
            it.poll_beside()

    it.faults.meddle = overtake


@pytest.mark.parametrize("call", ["get_import_job", "BatchGetItem", "PutItem"])
@pytest.mark.parametrize("status", ["FAILED", "RUNNING"])
def test_the_end_of_a_job_by_id_is_told_though_its_write_lost_a_race(
    call: str, status: str, tmp_path: Path
) -> None:
    """E1: it counted as ended though nobody had stored its end, and was asked for no more."""
    it = watched(tmp_path, SES, **BY_ID)
    it.put("a", "b", status="PENDING")
    it.look()
    it.put("a", status=status)
    race(it, call)
    it.look()
    it.put("a", status="FAILED")
    it.look(2)
    ends = [event for event in it.told() if event == ("a", "FAILED")]
    assert ends == [("a", "FAILED")]


@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("call", ["list", "BatchGetItem", "PutItem"])
def test_the_end_of_a_listed_job_is_told_once_though_two_polls_race(
    source: str, call: str, tmp_path: Path
) -> None:
    """E1's sibling: the loser of the race vouches for nothing."""
    it = watched(tmp_path, source)
    it.put("a", "b")
    it.look()
    it.put("a", status="FAILED")
    race(it, it.list_call if call == "list" else call)
    it.look(3)
    assert it.told() == [("a", "FAILED")]


def test_a_recovery_is_told_though_the_write_before_it_was_repeated(tmp_path: Path) -> None:
    """E1's sibling: botocore sent a write twice, and the second answer said that it had lost.

    The health with the event lost then, too; the lane went on with it as if it were stored.
    """
    it = watched(tmp_path, SES)
    it.put("a")
    it.look()
    it.hang(it.list_call)
    it.look(3)
    assert it.told() == [("", "Watch Unreachable")]
    it.recover()
    it.put("new")
    put = it.dynamodb.put_item

    def put_twice(**call: Any) -> dict[str, Any]:
        it.dynamodb.put_item = put  # type: ignore[method-assign]
        put(**call)
        return put(**call)

    it.dynamodb.put_item = put_twice  # type: ignore[method-assign]
    it.look(later=DAY)
    it.look(2)
    assert sorted(it.told()) == [("", "Watch Recovered"), ("new", "RUNNING")]


@pytest.mark.parametrize("source", LISTS)
def test_an_index_that_is_behind_hides_no_end(source: str, tmp_path: Path) -> None:
    """E1: a stale answer named a job that has been stored since, or lacks one."""
    it = watched(tmp_path, source)
    it.put("a", status="PENDING" if source != LISTS[2] else "RUNNING")
    it.look()
    it.dynamodb.behind = dict(it.dynamodb.items)
    it.put("a", "b")
    it.look()
    it.told()
    for job_id in "ab":
        del it.api.jobs[job_id]
    it.look(2)
    assert sorted(it.told()) == [("a", "NOT_FOUND"), ("b", "NOT_FOUND")]


@pytest.mark.parametrize("watch", [{}, BY_ID], ids=["listed", "by id"])
@pytest.mark.parametrize("source", LISTS)
def test_a_job_that_is_not_found_once_lives_on(source: str, watch: dict, tmp_path: Path) -> None:
    """E1: an answer just after the creation, from a replica that was behind, ended it for good."""
    it = watched(tmp_path, source, **watch)
    it.look()
    it.put("a")
    it.look()
    job = it.api.jobs.pop("a")
    it.look()
    assert it.told() == [("a", "RUNNING")]
    it.api.jobs["a"] = job
    it.look(2)
    assert it.told() == []
    it.put("a", status="FAILED")
    it.look()
    assert it.told() == [("a", "FAILED")]


@pytest.mark.parametrize("watch", [{}, BY_ID], ids=["listed", "by id"])
@pytest.mark.parametrize("source", LISTS)
def test_a_job_is_gone_when_two_polls_in_a_row_do_not_find_it(
    source: str, watch: dict, tmp_path: Path
) -> None:
    """E1: not when one did, one did, and one failed in between."""
    it = watched(tmp_path, source, **watch)
    it.put("a")
    it.look()
    job = it.api.jobs.pop("a")
    it.look()
    it.api.jobs["a"] = job
    it.look()
    del it.api.jobs["a"]
    it.look()
    it.refuse(lambda *_: True, TimeoutError())
    it.look(2)
    assert it.told() == []
    it.recover()
    it.look()
    assert it.told() == [("a", "NOT_FOUND")]
    it.api.jobs["a"] = job
    it.look()
    assert it.told() == [("a", "RUNNING")]


@pytest.mark.parametrize("page_size", [2, 3, 10])
@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("nth", range(1, 7))
def test_what_is_not_stored_of_a_page_is_told_by_the_next_poll(
    source: str, nth: int, page_size: int, tmp_path: Path
) -> None:
    """E5: the newer was stored and the older was not; the list was read to the newer only."""
    it = watched(tmp_path, source, page_size)
    it.put(*[f"old-{number}" for number in range(9)], status="SUCCEEDED")
    it.look()
    it.put("n1", "n2", "n3", "n4", status="FAILED")
    refused = [nth]

    def throttle(name: str) -> None:
        refused[0] -= name == "PutItem"
        if name == "PutItem" and not refused[0]:
            raise ConnectionError("the table is away")

    it.faults.meddle = throttle
    it.poll()
    it.recover()
    it.put("m1", "m2", status="FAILED")
    it.look()
    assert sorted(it.told()) == [(i, "FAILED") for i in ("m1", "m2", "n1", "n2", "n3", "n4")]


@pytest.mark.parametrize("page_size", [2, 3, 10])
@pytest.mark.parametrize("gone", ["nothing", "the boundary", "all that was known"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_stop_between_the_writes_of_a_sorted_list_is_made_good_by_the_next_poll(
    nth: int, gone: str, page_size: int, tmp_path: Path
) -> None:
    """E5: also where the job is gone down to which the list is read."""
    it = watched(tmp_path, SORTED, page_size)
    it.put(*[f"old-{number}" for number in range(9)], status="SUCCEEDED")
    it.look()
    it.put("n1", "n2", "n3", "n4", status="FAILED")
    it.stopped_at("PutItem", nth)
    known = {"nothing": [], "the boundary": range(max(9 - page_size, 0), 9)}.get(gone, range(9))
    for number in known:
        del it.api.jobs[f"old-{number}"]
    it.put("m1", "m2", status="FAILED")
    it.look()
    assert sorted(it.told()) == [(i, "FAILED") for i in ("m1", "m2", "n1", "n2", "n3", "n4")]


def in_pieces(it: Watched, pages: int = 3) -> None:
    """Poll, with time for so many pages and no more, until the list's end."""
    for _ in range(50):
        it.faults.takes = lambda name: 150 / pages if name == it.list_call else 0
        if not it.look().unread and not stopped(it):
            break
    it.recover()


def stopped(it: Watched) -> bool:
    return any('"cursor"' in item["health"]["S"] for item in it.dynamodb.items.values()
               if "health" in item)  # fmt: skip


@pytest.mark.parametrize("trouble", ["a stop", "a page that fails"])
def test_a_sorted_list_without_a_boundary_is_not_read_to_what_half_a_poll_stored(
    trouble: str, tmp_path: Path
) -> None:
    """E5's sibling: a list that was read in pieces has no boundary; of the next poll the newest
    page was stored, and the page behind it was not."""
    it = watched(tmp_path, SORTED)
    it.put(*[f"old-{number}" for number in range(12)], status="SUCCEEDED")
    in_pieces(it)
    it.put("n1", "n2", "n3", "n4", status="FAILED")
    if trouble == "a stop":
        it.stopped_at("PutItem", 3)
    else:
        it.refuse(lambda _, given: given.get("NextToken") == "2", TimeoutError())
        it.look()
        it.recover()
    it.look(2)
    assert sorted(it.told()) == [(f"n{number}", "FAILED") for number in range(1, 5)]


def test_a_job_whose_get_fails_is_none_down_to_which_a_sorted_list_is_read(tmp_path: Path) -> None:
    """E5's sibling: a page of jobs of which nothing is stored yet passed for a known one."""
    it = watched(tmp_path, SORTED, row={"get_completes": True})
    it.put(*[f"old-{number}" for number in range(12)], status="SUCCEEDED")
    in_pieces(it)
    it.put("n1", "n2", "n3", "n4", status="FAILED")
    it.refuse(lambda _, given: given.get("JobId") in {"n3", "n4"}, TimeoutError())
    it.look()
    it.recover()
    it.look(2)
    assert sorted(it.told()) == [(f"n{number}", "FAILED") for number in range(1, 5)]


def test_a_second_reading_of_a_sorted_list_vouches_for_what_it_looked_up_only(
    tmp_path: Path,
) -> None:
    """What ended between two readings of a list in pieces was in no part that differed then."""
    it = watched(tmp_path, SORTED)
    it.put(*[f"run-{number}" for number in range(14)])
    it.look()
    it.faults.takes = lambda name: 50 if name == it.list_call else 0
    it.put("run-0", status="FAILED")
    while '"examined": [' not in str(it.dynamodb.items):
        it.look()
    it.recover()
    it.put("run-1", "run-2", "run-3", status="FAILED")
    it.look(2)
    assert sorted(it.told()) == [(f"run-{number}", "FAILED") for number in range(4)]


def test_what_appears_after_a_complete_first_read_is_told_whoever_else_is_reading(
    tmp_path: Path,
) -> None:
    """E7: two first reads overlapped, and the slower one remembered the new job silently."""
    it = watched(tmp_path, SES)
    it.put("old")

    def overtake(called: str) -> None:
        if called == "BatchGetItem":
            it.faults.meddle = lambda _: None
            it.poll_beside()
            it.put("new", status="FAILED", at=NOW + HOUR)

    it.faults.meddle = overtake
    it.look(3)
    assert it.told() == [("new", "FAILED")]


def test_what_a_first_read_lists_after_another_one_is_complete_is_told(tmp_path: Path) -> None:
    """E7: the slower one came to the new job's page later, and had begun before it was there."""
    it = watched(tmp_path, SES)
    it.put("old-0", "old-1", "old-2", status="SUCCEEDED")

    def overtake(called: str) -> None:
        if called == "PutItem":  # amid the first page
            it.faults.meddle = lambda _: None
            it.poll_beside()
            it.put("new", status="FAILED")

    it.faults.meddle = overtake
    it.look(3)
    assert it.told() == [("new", "FAILED")]


def test_what_a_first_read_in_pieces_came_too_early_for_is_told(tmp_path: Path) -> None:
    """E7's sibling: a job that is put into a page that was read already."""
    it = watched(tmp_path, SORTED)
    it.put(*[f"old-{number}" for number in range(12)])
    it.faults.takes = lambda name: 50 if name == it.list_call else 0
    it.look()
    assert stopped(it)
    it.put("new", status="FAILED", at=NOW + HOUR)
    it.look(6)
    it.recover()
    it.look()
    assert it.told() == [("new", "FAILED")]


@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("nth", range(1, 5))
def test_a_long_list_is_read_on_after_a_stop_amid_its_writes(
    source: str, nth: int, tmp_path: Path
) -> None:
    """A list in pieces began anew at each poll, as nobody counted the unfinished jobs any more."""
    it = watched(tmp_path, source)
    it.put(*[f"old-{number}" for number in range(12)])
    in_pieces(it)
    it.look()
    it.put("a", "b", "c")
    it.stopped_at("PutItem", nth)
    it.put("a", "b", "c", "old-3", status="FAILED")
    it.faults.takes = lambda name: 50 if name == it.list_call else 0
    it.look(20)
    failed = sorted(job_id for job_id, status in it.told() if status == "FAILED")
    assert failed == ["a", "b", "c", "old-3"]


@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("number", range(2, 12))
def test_a_first_read_in_pieces_that_is_stopped_counts_its_unfinished_jobs(
    number: int, source: str, tmp_path: Path
) -> None:
    """They were stored twice and counted never: the scope passed for idle, and none stalled."""
    it = watched(tmp_path, source, stalled_after="2 hours")
    it.put(*[f"done-{number}" for number in range(6)], status="SUCCEEDED")
    it.put("a")
    it.put(*[f"more-{number}" for number in range(6)], status="SUCCEEDED")
    it.faults.takes = lambda name: 75 if name == it.list_call else 0
    it.look()
    it.stopped(number)
    it.look(8)
    it.recover()
    it.look()
    it.look(2, later=3 * HOUR)
    assert it.told() == [("a", "Job Stalled")]


@pytest.mark.parametrize("failures", [1, 2, 5])
@pytest.mark.parametrize("source", LISTS)
def test_a_job_that_was_first_seen_in_a_list_that_failed_and_is_gone_then_is_called_gone(
    source: str, failures: int, tmp_path: Path
) -> None:
    """Its part was no suspect any more, and no digest had it: it ran until the daily read."""
    it = watched(tmp_path, source)
    it.put("a", "b", "c")
    it.look()
    it.put("new")
    if not it.api.source.newest_first:
        it.api.jobs = {"new": it.api.jobs.pop("new"), **it.api.jobs}
    token = it.api.source.listing.token
    assert token is not None
    sent = token.send
    it.refuse(lambda _, given: sent in given, TimeoutError())
    it.look(failures)
    del it.api.jobs["new"]
    it.recover()
    it.look(2)
    told = [event for event in it.told() if event[0]]
    assert told == [("new", "RUNNING"), ("new", "NOT_FOUND")]


@pytest.mark.parametrize("failures", [1, 2, 5])
@pytest.mark.parametrize("source", [SES, SORTED])
def test_a_job_that_changed_in_a_list_that_failed_and_went_back_then_is_told_as_it_is(
    source: str, failures: int, tmp_path: Path
) -> None:
    """The digest vouched for a state that the table had no more: until the daily read."""
    it = watched(tmp_path, source)
    first = "a" if source == SES else "c"
    it.put("a", "b", "c", status="PENDING")
    it.look()
    it.put(first)
    token = it.api.source.listing.token
    assert token is not None
    sent = token.send
    it.refuse(lambda _, given: sent in given, TimeoutError())
    it.look(failures)
    it.put(first, status="PENDING")
    it.recover()
    it.look()
    told = [event for event in it.told() if event[0]]
    assert told == [(first, "RUNNING"), (first, "PENDING")]
