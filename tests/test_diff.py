"""The decision, by literals: each promise about what is a change and what is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambdas.diff import diff, needs_get
from lambdas.model import NOT_FOUND, STALLED, STATUS_CHANGE, Change, Health, Job, Known, Progress
from tests.values import DAY, HOUR, MINUTE, NEW, NOW, READ, job, known, rules

LATER = Health(version=1, began_at=NOW, quiet_before=NOW - DAY)
"""A scope that appeared a day after its watch began, and was not read yet."""


def told(
    health: Health, remembered: Known | None, seen: Job | None, **given: object
) -> list[tuple[str, str | None]]:
    """The changes of one job, as (id, announced as)."""
    by_id = {remembered.id: remembered} if remembered else {}
    changes = diff(health, by_id, [seen] if seen else [], {"gone"}, rules(**given))
    return [(change.job_id, change.announce) for change in changes]


def test_what_exists_at_the_first_read_is_remembered_silently() -> None:
    assert told(NEW, None, job("RUNNING")) == [("j1", None)]
    assert told(NEW, None, job("FAILED")) == [("j1", None)]


def test_a_job_not_seen_before_is_news_once_the_scope_was_read() -> None:
    assert told(READ, None, job("PENDING")) == [("j1", STATUS_CHANGE)]


def test_a_job_not_seen_before_is_news_also_when_it_has_ended() -> None:
    assert told(READ, None, job("FAILED", ended_at=NOW - MINUTE)) == [("j1", STATUS_CHANGE)]


def test_a_job_that_changed_before_the_first_complete_read_is_news() -> None:
    """A first read that died halfway has remembered it already."""
    assert told(NEW, known("RUNNING"), job("FAILED")) == [("j1", STATUS_CHANGE)]


def test_the_same_job_again_is_no_change() -> None:
    assert told(READ, known("RUNNING"), job("RUNNING")) == []
    assert told(READ, known("FAILED"), job("FAILED")) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (known("RUNNING"), job("FAILED")),
        (known("RUNNING", "PROCESSING"), job("RUNNING", "COMPLETING")),
        (known("SUCCEEDED", "COMPLETED"), job("PARTIAL", "COMPLETED")),
        (known("UNKNOWN", NOT_FOUND), job("RUNNING")),
        (known("SUCCEEDED"), job("RUNNING")),
    ],
    ids=["both", "raw only", "mapped only", "back from the dead", "restarted"],
)
def test_a_change_of_the_raw_or_the_mapped_status_is_news(before: Known, after: Job) -> None:
    assert told(READ, before, after) == [("j1", STATUS_CHANGE)]


def test_progress_is_remembered_silently() -> None:
    seen = job("RUNNING", progress=Progress(10, 2, 0))
    changes = diff(READ, {"j1": known("RUNNING")}, [seen], (), rules(stalled_after=HOUR))
    assert changes == [Change("j1", seen, known("RUNNING"), None, moved=True)]


def test_progress_is_not_written_where_nobody_waits_for_it_to_end() -> None:
    assert told(READ, known("RUNNING"), job("RUNNING", progress=Progress(10, 2, 0))) == []


def test_a_finished_job_is_left_alone_whatever_its_counters_say() -> None:
    assert told(READ, known("FAILED"), job("FAILED", progress=Progress(1, 1, 1))) == []


def test_a_list_that_cannot_tell_a_partial_success_does_not_take_it_back() -> None:
    stored, listed = known("PARTIAL", "COMPLETED"), job("SUCCEEDED", "COMPLETED")
    assert told(READ, stored, listed, get_completes=True) == []
    assert not needs_get(READ, stored, listed, rules(get_completes=True))


def test_an_unfinished_job_that_the_get_does_not_find_is_gone() -> None:
    gone = known("RUNNING", job_id="gone")
    assert diff(READ, {"gone": gone}, [], {"gone"}, rules()) == [
        Change("gone", None, gone, STATUS_CHANGE)
    ]


def test_a_finished_job_that_left_the_list_is_no_change() -> None:
    assert diff(READ, {"gone": known("FAILED", job_id="gone")}, [], {"gone"}, rules()) == []


def test_a_job_that_was_neither_seen_nor_found_missing_stays_as_it_is() -> None:
    assert diff(READ, {"j1": known("RUNNING")}, [], (), rules(stalled_after=MINUTE)) == []


def test_a_job_that_turned_terminal_is_asked_for_where_the_list_lacks_what_the_event_needs() -> (
    None
):
    before, ended, runs = known("RUNNING"), job("FAILED"), job("RUNNING")
    assert needs_get(READ, before, ended, rules(get_completes=True))
    assert not needs_get(READ, before, runs, rules(get_completes=True))
    assert not needs_get(READ, before, ended, rules(get_completes=False))


def test_the_first_read_asks_for_nothing() -> None:
    assert not needs_get(NEW, None, job("FAILED"), rules(get_completes=True))


def test_a_finished_job_that_is_known_is_asked_for_no_more() -> None:
    assert not needs_get(READ, known("FAILED"), job("FAILED"), rules(get_completes=True))


class TestStalled:
    """An unfinished job that shows no change for `stalled_after`."""

    def test_is_told_once(self) -> None:
        idle = known("RUNNING", moved_at=NOW - 2 * HOUR)
        assert told(READ, idle, job(), stalled_after=2 * HOUR) == [("j1", STALLED)]
        assert told(READ, replace(idle, stalled=True), job(), stalled_after=2 * HOUR) == []

    def test_is_not_told_too_early_or_of_a_finished_job(self) -> None:
        recent, ended = known(moved_at=NOW - HOUR), known("FAILED", moved_at=NOW - 9 * DAY)
        assert told(READ, recent, job(), stalled_after=2 * HOUR) == []
        assert told(READ, ended, job("FAILED"), stalled_after=2 * HOUR) == []

    def test_progress_sets_it_moving_again(self) -> None:
        idle = known("RUNNING", moved_at=NOW - 2 * HOUR, stalled=True)
        seen = job(progress=Progress(None, 5, None))
        (change,) = diff(READ, {"j1": idle}, [seen], (), rules(stalled_after=HOUR))
        assert (change.announce, change.stalled, change.moved) == (None, False, True)

    def test_leaves_the_time_of_the_last_movement(self) -> None:
        idle = known("RUNNING", moved_at=NOW - 2 * HOUR)
        (change,) = diff(READ, {"j1": idle}, [job()], (), rules(stalled_after=HOUR))
        assert (change.stalled, change.moved) == (True, False)


class TestRetention:
    """A job that ended longer ago than the retention is neither stored nor announced."""

    def test_an_old_job_is_left_out_at_any_read(self) -> None:
        old = job("FAILED", ended_at=NOW - 31 * DAY)
        assert told(NEW, None, old) == []
        assert told(READ, None, old) == []

    def test_an_old_job_that_still_runs_is_not_old(self) -> None:
        assert told(READ, None, job("RUNNING", created_at=NOW - 99 * DAY)) == [
            ("j1", STATUS_CHANGE)
        ]

    def test_without_an_end_the_creation_before_the_last_read_tells_the_age(self) -> None:
        old = job("FAILED", created_at=NOW - 31 * DAY)
        assert told(READ, None, old) == []
        assert not needs_get(READ, None, old, rules(get_completes=True))

    def test_without_an_end_a_job_that_no_read_can_have_shown_is_asked_for(self) -> None:
        """The scope could not be read for 40 days, in which the job came and ended."""
        away = replace(READ, read_at=NOW - 40 * DAY)
        old = job("FAILED", created_at=NOW - 31 * DAY)
        assert needs_get(away, None, old, rules(get_completes=True))
        assert told(away, None, old) == [("j1", STATUS_CHANGE)]

    def test_a_list_that_tells_no_age_has_old_jobs_remembered_so_that_they_never_look_new(
        self,
    ) -> None:
        old = job("FAILED", ended_at=NOW - 31 * DAY)
        assert told(READ, None, old, list_tells_age=False) == [("j1", None)]

    def test_a_job_about_to_be_forgotten_is_remembered_on_while_such_a_list_has_it(self) -> None:
        soon = known("FAILED", expires_at=NOW + 14 * DAY)
        assert told(READ, soon, job("FAILED"), list_tells_age=False) == [("j1", None)]
        assert told(READ, soon, job("FAILED"), list_tells_age=True) == []
        late = known("FAILED", expires_at=NOW + 16 * DAY)
        assert told(READ, late, job("FAILED"), list_tells_age=False) == []

    def test_the_end_of_a_watched_job_is_told_however_late(self) -> None:
        assert told(READ, known("RUNNING"), job("FAILED", ended_at=NOW - 31 * DAY)) == [
            ("j1", STATUS_CHANGE)
        ]


class TestScopesThatAppearLater:
    """In a scope that is younger than its watch, only what is older than the watch is silent."""

    def test_a_job_created_after_the_watch_began_is_news_at_once(self) -> None:
        assert told(LATER, None, job(created_at=NOW - HOUR)) == [("j1", STATUS_CHANGE)]

    def test_a_job_created_before_the_watch_began_is_silent(self) -> None:
        assert told(LATER, None, job(created_at=NOW - DAY - HOUR)) == [("j1", None)]

    def test_clocks_that_disagree_leave_a_doubt_that_is_announced(self) -> None:
        doubtful = job(created_at=NOW - DAY - timedelta(minutes=9))
        assert told(LATER, None, doubtful) == [("j1", STATUS_CHANGE)]

    def test_a_job_of_unknown_age_is_announced(self) -> None:
        assert told(LATER, None, job()) == [("j1", STATUS_CHANGE)]


def test_of_jobs_watched_by_id_those_that_no_poll_could_read_yet_are_silent_at_first() -> None:
    health = replace(READ, unread=frozenset({"j1"}))
    assert told(health, None, job()) == [("j1", None)]
    assert told(health, None, job(job_id="j2")) == [("j2", STATUS_CHANGE)]
