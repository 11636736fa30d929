"""What a service says of a job's times and numbers, and what a new plan makes of it.

E3, E9, E13, E14 and their kind.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.watched import AGELESS, LISTS, SES, SORTED, Watched, replanned, watched
from tests.values import DAY, HOUR, MINUTE, NOW

LOCATION, TRANSLATE = "location.jobs", "translate.text-translation-jobs"
BY_ID = {"jobs": [f"d{number:02}" for number in range(0, 100, 7)]}


def ended_over_time(it: Watched) -> list[str]:
    """Let jobs be there that ended 0 to 99 days ago."""
    names = []
    for days in range(0, 100, 7):
        names.append(f"d{days:02}")
        it.put(names[-1], status="FAILED", at=it.now - days * DAY)
    return names


@pytest.mark.parametrize(("before", "after"), [(30, 90), (90, 30), (1, 365), (30, 30)])
@pytest.mark.parametrize("watch", [{}, BY_ID], ids=["listed", "by id"])
@pytest.mark.parametrize("source", LISTS)
def test_a_change_of_retention_announces_nothing(
    source: str, watch: dict[str, Any], before: int, after: int, tmp_path: Path
) -> None:
    """E3: what had ended in between was announced, and all once more when it expired under the
    old value; also where a list tells no age, and so keeps what it lists from being forgotten."""
    it = watched(tmp_path, source, page_size=4, retention=f"{before} days", **watch)
    ended_over_time(it)
    it.look()
    it.live_on(2)
    later = replanned(it, tmp_path, source, retention=f"{after} days", **watch)
    later.live_on(before + after + 3)
    assert later.told() == []
    later.api.jobs.pop("d00")
    later.put("d00", status="RUNNING", at=later.now + HOUR)
    later.look()
    assert later.told() == ([] if watch else [("d00", "RUNNING")])


@pytest.mark.parametrize("source", [SES, SORTED])
def test_a_retention_that_is_changed_again_and_again_announces_nothing(
    source: str, tmp_path: Path
) -> None:
    """E3: also in the middle of the list's life under the values before."""
    it = watched(tmp_path, source, retention="30 days")
    ended_over_time(it)
    it.look()
    for days in (90, 7, 60, 14, 120):
        it = replanned(it, tmp_path, source, retention=f"{days} days")
        it.live_on(9)
    it.live_on(130)
    assert it.told() == []


@pytest.mark.parametrize("source", LISTS)
def test_a_new_job_is_told_after_a_retention_was_raised(source: str, tmp_path: Path) -> None:
    """E3: what was not remembered before is not all old."""
    it = watched(tmp_path, source, retention="2 days")
    ended_over_time(it)
    it.look()
    it.live_on(3)
    later = replanned(it, tmp_path, source, retention="90 days")
    later.look()
    later.put("new", status="FAILED", at=later.now)
    later.look()
    assert later.told() == [("new", "FAILED")]


@pytest.mark.parametrize("source", LISTS)
def test_a_finished_job_that_is_listed_long_after_its_retention_is_told_once(
    source: str, tmp_path: Path
) -> None:
    """E3's kind: forgotten, and still in the list."""
    it = watched(tmp_path, source, retention="2 days")
    it.look()
    it.put("new", status="FAILED")
    it.look()
    it.live_on(30)
    assert it.told() == [("new", "FAILED")]


@pytest.mark.parametrize("get_only", [False, True])
def test_a_count_that_is_late_makes_a_success_partial(get_only: bool, tmp_path: Path) -> None:
    """E9: PARTIAL was never told, not even by the daily look."""
    it = watched(tmp_path, SES)
    it.look()
    it.put("j", status="SUCCEEDED", FailedRecordsCount=0)
    it.look()
    it.put("j", status="SUCCEEDED", FailedRecordsCount=250)
    it.look()
    assert it.told() == [("j", "SUCCEEDED"), ("j", "PARTIAL")]
    it.api.jobs["j"].pop("FailedRecordsCount")
    if not get_only:
        it.api.fuller["j"].pop("FailedRecordsCount")
    it.look()
    it.look(later=DAY)
    assert it.told() == []


IMPOSSIBLE = {
    "1970": 0,
    "the year 1": "0001-01-01T00:00:00Z",
    "before AWS": "2005-06-01T00:00:00Z",
    "far ahead": "2093-01-01T00:00:00Z",
    "no time": "yesterday",
}
TIMED = (SES, SORTED, AGELESS, LOCATION)


@pytest.mark.parametrize("value", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.parametrize("time", ["created", "ended", "both"])
@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
@pytest.mark.parametrize("source", TIMED)
def test_a_failure_with_a_time_that_cannot_be_is_told_without_that_time(
    source: str, known: bool, time: str, value: Any, tmp_path: Path
) -> None:
    """E13: an end in 1970 made a new failure older than the retention: no event, no alert, ever."""
    it = watched(tmp_path, source)
    if known:
        it.put("a")
    it.look()
    row = it.api.source
    names = {"created": [row.created], "ended": [row.ended], "both": [row.created, row.ended]}[time]
    it.put("a", status="FAILED")
    for where in (it.api.jobs["a"], it.api.fuller["a"]):
        where.update({name: value for name in names if name in where})
    it.look(3)
    it.publish()
    (event,) = [e["detail"] for e in it.bus.events if e["detail"]["status"] == "FAILED"]
    assert [alert["status"] for alert in it.alerted()] == ["FAILED"]
    if time != "ended":
        assert event["created_at"] is None
    if time != "created":
        assert event["ended_at"] is None
    assert event["duration_seconds"] is None


def test_an_end_before_the_creation_is_no_end(tmp_path: Path) -> None:
    """E13: it was told as having ended before it began, a negative while ago."""
    it = watched(tmp_path, SES)
    it.look()
    it.put("a", status="FAILED", CreatedTimestamp=NOW, CompletedTimestamp=NOW - 3 * DAY)
    it.look()
    assert it.told() == [("a", "FAILED")]


def fail_at(it: Watched, moment: datetime) -> None:
    it.put("a", status="FAILED", at=moment)


@pytest.mark.parametrize("watch", [{}, {"jobs": ["a"]}], ids=["listed", "by id"])
@pytest.mark.parametrize("source", [SES, SORTED, LOCATION])
def test_an_id_that_is_made_anew_and_fails_again_is_told_again(
    source: str, watch: dict[str, Any], tmp_path: Path
) -> None:
    """E14: the same status under the same id was no change. A job that is watched by its id alone
    is asked for no more once it has ended, as the contract says."""
    it = watched(tmp_path, source, **watch)
    fail_at(it, NOW - DAY)
    it.look()
    it.api.jobs.pop("a")
    fail_at(it, NOW + HOUR)
    it.look(later=2 * HOUR)
    assert it.told() == ([] if watch else [("a", "FAILED")])
    it.look(2)
    assert it.told() == []


def test_a_job_that_ended_once_more_is_told_again(tmp_path: Path) -> None:
    """E14: restarted under its id; its creation stays, its end is later."""
    it = watched(tmp_path, LOCATION)
    it.put("a", status="FAILED")
    it.look()
    it.put("a", status="FAILED", EndedAt=NOW + HOUR)
    it.look(later=2 * HOUR)
    it.put("a", status="FAILED", EndedAt=NOW + HOUR)
    it.look(2)
    assert it.told() == [("a", "FAILED")]


@pytest.mark.parametrize(("ended", "alerts"), [(NOW + 4 * HOUR, 2), (NOW, 1)], ids=["run", "word"])
def test_a_run_that_failed_again_is_an_alert_in_whatever_words(
    ended: datetime, alerts: int, tmp_path: Path
) -> None:
    """A redriven execution timed out; a failure that is only said otherwise is none."""
    statuses = {"RUNNING": "RUNNING", "Failed": "FAILED", "TIMED_OUT": "FAILED"}
    it = watched(tmp_path, LOCATION, row={"statuses": statuses})
    it.put("a")
    it.look()
    it.put("a", status="Failed", EndedAt=NOW)
    it.look()
    it.put("a", status="TIMED_OUT", EndedAt=ended)
    it.look(later=5 * HOUR)
    assert it.told() == [("a", "FAILED"), ("a", "FAILED")]
    previous = ["RUNNING", None]
    assert [a["detail"]["previous_raw_status"] for a in it.alerted()] == previous[:alerts]


@pytest.mark.parametrize("source", [SES, SORTED, LOCATION])
def test_a_new_run_under_an_old_id_is_as_old_as_it_is(source: str, tmp_path: Path) -> None:
    """E14: it inherited the age of the run before: a false `Job Stalled`."""
    it = watched(tmp_path, source, stalled_after="2 hours")
    it.put("a")
    it.look()
    it.now += HOUR
    it.put("a", at=it.now + HOUR)
    it.look()
    assert it.told() == [("a", "RUNNING")]
    it.look(later=80 * MINUTE)
    assert it.told() == []
    it.look(later=HOUR)
    assert it.told() == [("a", "Job Stalled")]


@pytest.mark.parametrize("source", [SES, SORTED, AGELESS])
def test_times_that_are_written_in_another_way_make_no_new_run(source: str, tmp_path: Path) -> None:
    """E14's sibling: as a text, with a fraction, in another zone, or as an epoch."""
    it = watched(tmp_path, source)
    it.put("a", status="FAILED")
    it.look()
    row = it.api.source
    for created in (NOW - HOUR, "2026-11-22T11:00:00.4Z", "2026-11-22T12:00:00+01:00", 1795345200):
        for where in (it.api.jobs["a"], it.api.fuller["a"]):
            where.update({name: created for name in [row.created] if name in where})
        it.look()
    assert it.told() == []


def run_of(it: Watched, status: str, at: datetime, *, tells_age: bool) -> dict[str, Any]:
    """Give a run of job `a` as the list has it, beside another one of that id."""
    it.put("a", status=status, at=at)
    run, source = it.api.jobs.pop("a"), it.api.source
    kept = (source.id, source.status)
    return run if tells_age else {name: run[name] for name in kept}


@pytest.mark.parametrize("page_size", [1, 5])
@pytest.mark.parametrize(
    ("source", "late", "tells_age"),
    [
        *((source, late, True) for source in (SES, LOCATION, TRANSLATE) for late in (True, False)),
        (SORTED, False, True),
        (SORTED, False, False),
    ],
)
def test_of_two_runs_of_an_id_in_a_list_the_younger_one_counts(
    source: str, late: bool, tells_age: bool, page_size: int, tmp_path: Path
) -> None:
    """The one that stood last did: where that was the older, no failure of the younger was told."""
    it = watched(tmp_path, source, page_size)
    it.put("first", at=NOW)
    it.look()
    older = run_of(it, "SUCCEEDED", NOW, tells_age=tells_age)
    told = []
    for status in ("RUNNING", "FAILED"):
        younger = run_of(it, status, NOW + 2 * HOUR, tells_age=tells_age)
        both = [older, younger] if late or it.api.source.newest_first else [younger, older]
        it.api.jobs = {"first": it.api.jobs["first"], **dict(zip("bc", both, strict=True))}
        it.api.jobs["a"], it.api.hidden = younger, {"a"}
        it.look(3, later=HOUR)
        it.look(2, later=DAY)
        told += it.told()
    assert told == [("a", "RUNNING"), ("a", "FAILED")]
