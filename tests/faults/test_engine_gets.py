"""Gets that fail for hours beside a list that works: no event may say so, but the alarm hears it.

The scope can be read, so it is not unreachable; a job of which nobody knows whether it is there is
not gone. What is old is the last read that told everything.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lambdas.digest import NOTHING, PARTS, part_of
from lambdas.health import MOST_WAITING, after_waiting
from lambdas.model import Cursor, Health
from lambdas.poll.cursors import carrying
from lambdas.poll.summary import Summary
from tests.api import refused
from tests.faults.watched import LISTS, SEGMENTS, SES, Watched, watched
from tests.values import DAY, HOUR, MINUTE, NOW

DENIED = refused("AccessDeniedException", "GetJob", "not allowed")


def deny_gets(it: Watched) -> None:
    it.refuse(lambda name, _: name == it.api.source.get.operation, DENIED)


def failed(summary: Summary) -> list[tuple[str, int, str]]:
    return [(each["watch"], each["jobs"], each["error"]) for each in summary.failed_gets]


@pytest.mark.parametrize("source", LISTS)
def test_a_job_that_left_the_list_and_cannot_be_asked_for_rings_and_is_not_called_gone(
    source: str, tmp_path: Path
) -> None:
    """It was asked for in each poll, for ever, and nobody heard of it."""
    it = watched(tmp_path, source)
    it.put("a", "b")
    it.look()
    del it.api.jobs["a"]
    deny_gets(it)
    summary = it.look(60)
    assert it.told() == []
    assert (summary.unread, failed(summary)) == ([], [("w", 1, "AccessDeniedException")])
    assert summary.counts["FailedGets"] == 1
    assert summary.ages["w"] == 59 * 60
    it.recover()
    summary = it.look(2)
    assert it.told() == [("a", "NOT_FOUND")]
    assert (summary.ages["w"], summary.failed_gets) == (0, [])


def test_ends_that_no_get_completes_are_told_without_it_and_ring(tmp_path: Path) -> None:
    it = watched(tmp_path, SES, page_size=10)
    names = [f"j{number}" for number in range(40)]
    it.put(*names)
    it.look()
    deny_gets(it)
    ages = []
    for number in range(40):
        it.put(f"j{number}", status="FAILED", at=it.now)
        ages.append(it.look().ages["w"])
    assert ages == [60 * number for number in range(40)]
    it.look(2)
    assert len(it.told()) == 40
    it.recover()
    assert it.look().ages["w"] == 0


def test_a_get_that_fails_now_and_then_does_not_ring(tmp_path: Path) -> None:
    it = watched(tmp_path, SES)
    it.put("a", "b")
    it.look()
    ages = []
    for number in range(20):
        it.put(f"new-{number}", status="FAILED", at=it.now)
        (deny_gets if number % 2 else Watched.recover)(it)
        ages.append(it.look().ages["w"])
    assert ages == [0] * 20


def test_a_job_of_a_parent_that_is_gone_and_cannot_be_asked_for_rings(tmp_path: Path) -> None:
    it = watched(tmp_path, SEGMENTS)
    it.api.children = {"ApplicationId": ["app"], "SegmentId": ["s1"]}
    it.put("a")
    it.look()
    it.api.children["ApplicationId"] = []
    deny_gets(it)
    summary = it.look(30)
    assert failed(summary) == [("w", 1, "AccessDeniedException")]
    assert summary.ages["w"] == 29 * 60
    it.recover()
    it.api.jobs.clear()
    it.look(2)
    assert it.told() == [("a", "NOT_FOUND")]
    assert it.look().ages["w"] == 0


def test_ids_that_a_watch_names_are_unread_and_not_named_twice(tmp_path: Path) -> None:
    it = watched(tmp_path, SES, jobs=["a", "b"])
    it.put("a", "b")
    it.look()
    deny_gets(it)
    summary = it.look(3)
    assert it.told() == [("", "Watch Unreachable")]
    assert len(summary.unread) == 1
    assert (summary.failed_gets, summary.counts["FailedGets"]) == ([], 2)
    assert summary.ages["w"] == 2 * 60


def test_a_list_in_pieces_that_failed_is_as_old_as_its_last_complete_read(tmp_path: Path) -> None:
    """Its age began anew with the piece after the failure."""
    it = watched(tmp_path, SES)
    it.put(*[f"j{number:02}" for number in range(18)])
    it.look()
    it.refuse(lambda *_: True, TimeoutError())
    it.look(later=HOUR)
    it.recover()
    it.faults.takes = lambda name: 40 if name == it.list_call else 0
    assert it.look(later=5 * MINUTE).ages["w"] >= 5 * 60


def test_a_get_that_fails_for_ever_takes_the_patience_away_from_no_other_job(
    tmp_path: Path,
) -> None:
    """The polls in which any get failed were counted: a partial success was told as a whole one."""
    it = watched(tmp_path, SES, page_size=10)
    it.put("a", "b")
    it.look()
    del it.api.jobs["a"]

    def is_of_a(name: str, given: Mapping[str, Any]) -> bool:
        return name == "GetImportJob" and given["JobId"] == "a"

    it.refuse(is_of_a, DENIED)
    it.look(5)
    it.put("b", status="SUCCEEDED")
    it.api.fuller["b"]["FailedRecordsCount"] = 250
    it.refuse(lambda name, _: name == "GetImportJob", TimeoutError())
    it.look()
    it.refuse(is_of_a, DENIED)
    it.look(10)
    assert it.told() == [("b", "PARTIAL")]


def test_each_of_many_jobs_whose_gets_fail_has_its_own_patience(tmp_path: Path) -> None:
    it = watched(tmp_path, SES, page_size=10)
    it.put("a", "b")
    it.look()
    deny_gets(it)
    it.put("a", status="FAILED")
    it.look()
    it.put("b", status="FAILED")
    it.look()
    assert it.told() == []
    it.look()
    assert it.told() == [("a", "FAILED")]
    it.look()
    assert it.told() == [("b", "FAILED")]


def test_so_many_jobs_wait_and_those_that_wait_longest_are_kept() -> None:
    names = [f"j{number}" for number in range(2 * MOST_WAITING)]
    once = after_waiting(Health(), names[:9], names[:9])
    twice = after_waiting(once, names, names)
    assert len(twice.waits) == MOST_WAITING
    assert sorted(twice.waits.values())[-10:] == [1, *[2] * 9]
    assert after_waiting(twice, names, []).waits == {}


@pytest.mark.parametrize("later", [MINUTE, 64 * MINUTE, DAY], ids=str)
def test_jobs_behind_some_whose_gets_hang_have_their_turn_at_any_cadence(
    later: timedelta, tmp_path: Path
) -> None:
    """What came first depended on the seconds modulo 256: with some cadences the same each time."""
    it = watched(tmp_path, SES, page_size=50)
    names = [f"job-{number}" for number in range(20)]
    it.put(*names)
    it.look(2)
    it.put(*names, status="FAILED", at=it.now)
    it.api.hidden = {*names}
    at = int(it.now.timestamp())
    names.sort(key=lambda name: (part_of(name) - at) % PARTS)
    it.refuse(lambda _, given: given.get("JobId") in names[:4], TimeoutError("Read timeout"))
    it.look(60, later=later)
    assert sorted(it.told()) == sorted((name, "FAILED") for name in names[4:])


@pytest.mark.parametrize("later", [MINUTE, 64 * MINUTE, DAY], ids=str)
def test_what_a_long_list_has_no_room_to_carry_is_another_part_each_time(later: timedelta) -> None:
    jobs = [f"{number:03}".rjust(1_000) for number in range(500)]
    times = [NOW + later * number for number in range(60)]
    cursor = Cursor(NOW, None, NOTHING)
    unchecked = [carrying(cursor, jobs, time).unchecked_parts for time in times]
    assert all(unchecked)
    assert not frozenset.intersection(*unchecked)


class TestAListOfIds:
    """Of one that nobody may read, it was never known whether it had been there at first."""

    OTA = "iot.ota-updates"

    def watching(self, folder: Path) -> Watched:
        it = watched(folder, self.OTA, page_size=10)
        it.put("old", status="SUCCEEDED")
        it.put("bad")
        get = it.api.source.get.operation
        it.refuse(lambda name, given: name == get and "bad" in str(given), DENIED)
        it.look(3)
        return it

    def test_one_that_cannot_be_read_at_first_keeps_no_new_one_from_being_told(
        self, tmp_path: Path
    ) -> None:
        it = self.watching(tmp_path)
        it.put("quick", status="FAILED", at=it.now)
        summary = it.look()
        assert it.told() == [("quick", "FAILED")]
        assert failed(summary) == [("w", 1, "AccessDeniedException")]

    def test_that_one_is_quiet_when_it_can_be_read_and_told_from_then_on(
        self, tmp_path: Path
    ) -> None:
        it = self.watching(tmp_path)
        it.recover()
        it.look(2)
        assert it.told() == []
        it.put("bad", status="FAILED")
        it.look()
        assert it.told() == [("bad", "FAILED")]

    def test_it_stays_quiet_where_there_was_no_time_to_ask_for_it(self, tmp_path: Path) -> None:
        it = self.watching(tmp_path)
        it.recover()
        it.faults.takes = lambda name: 150 if name == it.list_call else 0
        it.look(2)
        it.faults.takes = lambda _name: 0
        it.look(2)
        assert it.told() == []

    def test_until_its_write_succeeded_it_is_not_new(self, tmp_path: Path) -> None:
        it = self.watching(tmp_path)
        it.recover()
        put_item = it.dynamodb.put_item

        def refuse(**call: Any) -> None:
            if call["Item"]["sk"]["S"].endswith("bad"):
                raise refused("ConditionalCheckFailedException", "PutItem")
            put_item(**call)

        it.dynamodb.put_item = refuse  # type: ignore[method-assign]
        it.look()
        it.dynamodb.put_item = put_item  # type: ignore[method-assign]
        it.look()
        assert it.told() == []
        assert "bad" in {item["sk"]["S"][-3:] for item in it.dynamodb.items.values()}
