"""The decision, by literals: each promise about what is a change and what is not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.diff import awaits_end, diff, needs_get, resolving
from lambdas.digest import short
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    NOT_FOUND,
    UNKNOWN,
    Change,
    Health,
    Job,
    Progress,
    StoredJob,
)
from tests.values import DAY, HOUR, MINUTE, NEW, NOW, READ, job, rules, stored

LATER = Health(version=1, began_at=NOW, quiet_before=NOW - DAY)
"""A scope that appeared a day after its watch began, and was not read yet."""


def told(
    health: Health, remembered: StoredJob | None, seen: Job, **given: object
) -> list[tuple[str, str | None]]:
    """The changes of one job, as (id, announced as)."""
    by_id = {remembered.id: remembered} if remembered else {}
    changes = diff(health, by_id, [seen], (), rules(**given))
    return [(change.after.id, change.announce) for change in changes]


def missed(remembered: StoredJob) -> StoredJob | None:
    """What a job becomes that neither the list nor the get finds."""
    found = diff(READ, {"j1": remembered}, [], {"j1"}, rules())
    return found[0].after if found else None


def test_what_exists_at_the_first_read_is_remembered_silently() -> None:
    assert told(NEW, None, job("RUNNING")) == [("j1", None)]
    assert told(NEW, None, job("FAILED")) == [("j1", None)]


def test_a_job_not_seen_before_is_a_change_once_the_scope_was_read() -> None:
    assert told(READ, None, job("PENDING")) == [("j1", JOB_STATUS_CHANGE)]


def test_a_job_not_seen_before_is_a_change_also_when_it_has_ended() -> None:
    assert told(READ, None, job("FAILED", ended_at=NOW - MINUTE)) == [("j1", JOB_STATUS_CHANGE)]


def test_a_job_that_changed_before_the_first_complete_read_is_a_change() -> None:
    """A first read that died halfway has remembered it already."""
    assert told(NEW, stored("RUNNING"), job("FAILED")) == [("j1", JOB_STATUS_CHANGE)]


def test_the_same_job_again_is_no_change() -> None:
    assert told(READ, stored("RUNNING"), job("RUNNING")) == []
    assert told(READ, stored("FAILED"), job("FAILED")) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (stored("RUNNING"), job("FAILED")),
        (stored("RUNNING", "PROCESSING"), job("RUNNING", "COMPLETING")),
        (stored("SUCCEEDED", "COMPLETED"), job("PARTIAL", "COMPLETED")),
        (stored("UNKNOWN", NOT_FOUND), job("RUNNING")),
        (stored("SUCCEEDED"), job("RUNNING")),
    ],
    ids=["both", "raw only", "mapped only", "back from the dead", "restarted"],
)
def test_a_change_of_the_raw_or_the_mapped_status_is_a_change(
    before: StoredJob, after: Job
) -> None:
    assert told(READ, before, after) == [("j1", JOB_STATUS_CHANGE)]


def test_progress_is_remembered_silently() -> None:
    seen, before = job("RUNNING", progress=Progress(10, 2, 0)), stored("RUNNING")
    (change,) = diff(READ, {"j1": before}, [seen], (), rules(stalled_after=HOUR))
    assert (change.before, change.job, change.announce) == (before, seen, None)
    assert (change.after.progress, change.after.moved_at) == (seen.progress, NOW)


def test_progress_is_not_written_where_nobody_waits_for_it_to_end() -> None:
    assert told(READ, stored("RUNNING"), job("RUNNING", progress=Progress(10, 2, 0))) == []


def test_a_finished_job_is_left_alone_whatever_its_counters_say() -> None:
    assert told(READ, stored("FAILED"), job("FAILED", progress=Progress(1, 1, 1))) == []


def test_a_list_that_cannot_tell_a_partial_success_does_not_take_it_back() -> None:
    before, listed = stored("PARTIAL", "COMPLETED"), job("SUCCEEDED", "COMPLETED")
    assert told(READ, before, listed, get_completes=True) == []
    assert not needs_get(READ, before, listed, rules(get_completes=True))


def test_a_success_that_turns_out_partial_later_is_a_change() -> None:
    """E9: the failed records are counted after the job has ended."""
    before, listed = stored("SUCCEEDED", "COMPLETED"), job("PARTIAL", "COMPLETED")
    assert told(READ, before, listed, get_completes=True) == [("j1", JOB_STATUS_CHANGE)]


class TestMissing:
    """A job is gone when two polls in a row did not find it."""

    def test_one_that_was_not_found_once_is_remembered_as_that_and_nothing_is_told(self) -> None:
        """E1: it may be too young for the get to know it."""
        before = stored("RUNNING", announced=JOB_STATUS_CHANGE)
        (change,) = diff(READ, {"j1": before}, [], {"j1"}, rules())
        assert change.announce is None
        assert change.after == replace(before, version=5, missing=True)

    def test_one_that_is_missed_twice_in_a_row_is_gone_and_terminal(self) -> None:
        (change,) = diff(READ, {"j1": stored(missing=True, stalled=True)}, [], {"j1"}, rules())
        after = change.after
        assert (change.announce, change.job) == (JOB_STATUS_CHANGE, None)
        assert (after.status, after.raw_status, after.terminal) == (UNKNOWN, NOT_FOUND, True)
        assert (after.missing, after.stalled, after.expires_at) == (False, False, NOW + 30 * DAY)

    def test_one_that_shows_up_again_between_is_not_missing_any_more(self) -> None:
        (change,) = diff(READ, {"j1": stored(missing=True)}, [job()], (), rules())
        assert (change.announce, change.after.missing) == (None, False)

    def test_one_that_shows_up_when_it_was_gone_is_a_change_like_any_other(self) -> None:
        assert told(READ, stored(UNKNOWN, NOT_FOUND), job()) == [("j1", JOB_STATUS_CHANGE)]

    def test_one_that_has_ended_or_is_gone_may_leave_the_list(self) -> None:
        assert missed(stored("FAILED")) is None
        assert missed(stored(UNKNOWN, NOT_FOUND)) is None

    def test_one_that_nobody_remembers_cannot_be_missed(self) -> None:
        assert diff(READ, {}, [], {"j1"}, rules()) == []


class TestAnotherRun:
    """E14: an id that is used again."""

    BEFORE = stored("FAILED", created_at=NOW - HOUR, ended_at=NOW - MINUTE)

    def test_one_that_was_made_anew_is_a_change_though_it_failed_again(self) -> None:
        again = job("FAILED", created_at=NOW, ended_at=NOW)
        assert told(READ, self.BEFORE, again) == [("j1", JOB_STATUS_CHANGE)]
        assert needs_get(READ, self.BEFORE, again, rules(get_completes=True))

    def test_one_that_ended_once_more_is_a_change(self) -> None:
        again = job("FAILED", created_at=NOW - HOUR, ended_at=NOW)
        assert told(READ, self.BEFORE, again) == [("j1", JOB_STATUS_CHANGE)]

    @pytest.mark.parametrize("ended_at", [NOW - MINUTE, NOW - MINUTE + timedelta(seconds=1), None])
    def test_times_that_are_rounded_or_left_out_make_no_other_run(self, ended_at: object) -> None:
        same = job("FAILED", created_at=NOW - HOUR, ended_at=ended_at)
        assert told(READ, self.BEFORE, same) == []

    def test_a_new_run_does_not_inherit_the_age_of_the_old(self) -> None:
        """A false `Job Stalled`."""
        before = stored("RUNNING", moved_at=NOW - 9 * HOUR, created_at=NOW - 10 * HOUR)
        (change,) = diff(READ, {"j1": before}, [job(created_at=NOW)], (), rules(stalled_after=HOUR))
        assert (change.announce, change.after.moved_at) == (JOB_STATUS_CHANGE, NOW)


def test_an_answer_that_leaves_the_status_out_tells_of_no_change() -> None:
    odd = Job("j1", None, UNKNOWN)
    assert told(READ, stored("RUNNING"), odd) == []


def test_a_job_that_was_neither_seen_nor_found_missing_stays_as_it_is() -> None:
    assert diff(READ, {"j1": stored("RUNNING")}, [], (), rules(stalled_after=MINUTE)) == []


def test_a_job_that_turned_terminal_is_asked_for_where_the_list_lacks_what_the_event_needs() -> (
    None
):
    before, ended, runs = stored("RUNNING"), job("FAILED"), job("RUNNING")
    assert needs_get(READ, before, ended, rules(get_completes=True))
    assert not needs_get(READ, before, runs, rules(get_completes=True))
    assert not needs_get(READ, before, ended, rules(get_completes=False))


def test_the_first_read_asks_for_nothing() -> None:
    assert not needs_get(NEW, None, job("FAILED"), rules(get_completes=True))


def test_a_finished_job_that_is_known_is_asked_for_no_more() -> None:
    assert not needs_get(READ, stored("FAILED"), job("FAILED"), rules(get_completes=True))


class TestStalled:
    """An unfinished job that shows no change for `stalled_after`."""

    def test_is_told_once(self) -> None:
        idle = stored("RUNNING", moved_at=NOW - 2 * HOUR)
        assert told(READ, idle, job(), stalled_after=2 * HOUR) == [("j1", JOB_STALLED)]
        assert told(READ, replace(idle, stalled=True), job(), stalled_after=2 * HOUR) == []

    def test_is_not_told_too_early_or_of_a_finished_job(self) -> None:
        recent, ended = stored(moved_at=NOW - HOUR), stored("FAILED", moved_at=NOW - 9 * DAY)
        assert told(READ, recent, job(), stalled_after=2 * HOUR) == []
        assert told(READ, ended, job("FAILED"), stalled_after=2 * HOUR) == []

    def test_progress_sets_it_moving_again(self) -> None:
        idle = stored("RUNNING", moved_at=NOW - 2 * HOUR, stalled=True)
        seen = job(progress=Progress(None, 5, None))
        (change,) = diff(READ, {"j1": idle}, [seen], (), rules(stalled_after=HOUR))
        assert (change.announce, change.after.stalled, change.after.moved_at) == (None, False, NOW)

    def test_a_count_that_an_answer_leaves_out_is_no_movement(self) -> None:
        idle = stored("RUNNING", progress=Progress(10, 5, 0), moved_at=NOW - HOUR, stalled=True)
        for left in (Progress(), Progress(10, None, 0)):
            seen = job(progress=left)
            assert diff(READ, {"j1": idle}, [seen], (), rules(stalled_after=HOUR)) == []

    def test_a_count_that_only_the_get_tells_is_learned_without_a_movement(self) -> None:
        idle = stored("RUNNING", moved_at=NOW - 2 * HOUR, stalled=True)
        seen = job(progress=Progress(None, 5, None))
        given = rules(stalled_after=HOUR, tells_progress=False)
        (change,) = diff(READ, {"j1": idle}, [seen], (), given)
        after = change.after
        assert (change.announce, after.stalled, after.progress) == (None, True, seen.progress)
        assert after.moved_at == idle.moved_at
        (moved,) = diff(READ, {"j1": after}, [job(progress=Progress(None, 6, None))], (), given)
        assert (moved.after.stalled, moved.after.moved_at) == (False, NOW)

    def test_leaves_the_time_of_the_last_movement(self) -> None:
        idle = stored("RUNNING", moved_at=NOW - 2 * HOUR)
        (change,) = diff(READ, {"j1": idle}, [job()], (), rules(stalled_after=HOUR))
        assert (change.after.stalled, change.after.moved_at) == (True, idle.moved_at)


class TestOverrunning:
    """An unfinished job that is older than `max_duration`."""

    OLD = stored("RUNNING", created_at=NOW - 2 * HOUR)

    def test_is_told_once_however_often_it_moves(self) -> None:
        given = rules(max_duration=2 * HOUR)
        seen = job(created_at=NOW - 2 * HOUR)
        (change,) = diff(READ, {"j1": self.OLD}, [seen], (), given)
        assert (change.announce, change.after.overrun) == (JOB_OVERRUNNING, True)
        assert diff(READ, {"j1": change.after}, [seen], (), given) == []
        (moved,) = diff(READ, {"j1": change.after}, [replace(seen, raw_status="B")], (), given)
        assert (moved.announce, moved.after.overrun) == (JOB_STATUS_CHANGE, True)

    def test_is_not_told_too_early_or_of_a_finished_job_or_of_an_unknown_age(self) -> None:
        young, ended = stored(created_at=NOW - HOUR), stored("FAILED", created_at=NOW - 9 * DAY)
        assert told(READ, young, job(), max_duration=2 * HOUR) == []
        assert told(READ, ended, job("FAILED"), max_duration=2 * HOUR) == []
        assert told(READ, stored(), job(), max_duration=2 * HOUR) == []
        assert told(READ, self.OLD, job()) == []

    def test_is_told_with_the_progress_that_may_come_each_time(self) -> None:
        """Seed 2 of 'overruns': the digest vouched for progress that nobody had stored."""
        seen = job(progress=Progress(None, 5, None), created_at=self.OLD.created_at)
        rushed = rules(max_duration=2 * HOUR, stalled_after=HOUR)
        (change,) = diff(READ, {"j1": self.OLD}, [seen], (), rushed)
        after = change.after
        assert (change.announce, after.overrun) == (JOB_OVERRUNNING, True)
        assert (after.progress, after.moved_at) == (seen.progress, NOW)

    def test_a_stall_is_told_after_it(self) -> None:
        idle = replace(self.OLD, moved_at=NOW - HOUR)
        rushed = {"max_duration": 2 * HOUR, "stalled_after": HOUR}
        assert told(READ, idle, job(), **rushed) == [("j1", JOB_OVERRUNNING)]
        told_so = replace(idle, overrun=True)
        assert told(READ, told_so, job(), **rushed) == [("j1", JOB_STALLED)]

    def test_a_change_of_status_is_told_first(self) -> None:
        seen = job("PENDING")
        assert told(READ, self.OLD, seen, max_duration=HOUR) == [("j1", JOB_STATUS_CHANGE)]

    def test_is_not_told_by_a_list_that_has_not_come_to_its_end(self) -> None:
        assert told(READ, self.OLD, job(), max_duration=HOUR, list_ends=False) == []
        unsure = rules(max_duration=HOUR, list_ends=False)
        assert awaits_end(READ, self.OLD, job(), unsure)
        assert not awaits_end(READ, replace(self.OLD, overrun=True), job(), unsure)

    def test_what_ended_twice_and_runs_again_was_told_if_it_was_created_then(self) -> None:
        before = replace(self.OLD, status="FAILED", raw_status="FAILED", overrun=True)
        before = replace(before, ended_at=NOW - HOUR)
        seen = job("CANCELLED", created_at=self.OLD.created_at, ended_at=NOW)
        (change,) = diff(READ, {"j1": before}, [seen], (), rules(max_duration=HOUR))
        assert (change.announce, change.after.overrun) == (JOB_STATUS_CHANGE, True)

    def test_another_run_of_the_id_is_told_anew(self) -> None:
        before = replace(self.OLD, overrun=True)
        (change,) = diff(READ, {"j1": before}, [job(created_at=NOW)], (), rules(max_duration=HOUR))
        assert (change.announce, change.after.overrun) == (JOB_STATUS_CHANGE, False)


class TestRetention:
    """A job that ended longer ago than the retention is neither stored nor announced."""

    def test_an_old_job_is_left_out_at_any_read(self) -> None:
        old = job("FAILED", ended_at=NOW - 31 * DAY)
        assert told(NEW, None, old) == []
        assert told(READ, None, old) == []

    def test_an_old_job_that_still_runs_is_not_old(self) -> None:
        assert told(READ, None, job("RUNNING", created_at=NOW - 99 * DAY)) == [
            ("j1", JOB_STATUS_CHANGE)
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
        assert told(away, None, old) == [("j1", JOB_STATUS_CHANGE)]

    def test_a_list_that_tells_no_age_has_old_jobs_remembered_so_that_they_never_look_new(
        self,
    ) -> None:
        old = job("FAILED", ended_at=NOW - 31 * DAY)
        assert told(READ, None, old, list_tells_age=False) == [("j1", None)]

    def test_a_job_about_to_be_forgotten_is_remembered_on_while_such_a_list_has_it(self) -> None:
        soon = stored("FAILED", expires_at=NOW + 14 * DAY)
        assert told(READ, soon, job("FAILED"), list_tells_age=False) == [("j1", None)]
        assert told(READ, soon, job("FAILED"), list_tells_age=True) == [("j1", None)]
        aged = job("FAILED", ended_at=NOW - DAY)
        assert told(READ, replace(soon, ended_at=NOW - DAY), aged, list_tells_age=True) == []
        late = stored("FAILED", expires_at=NOW + 16 * DAY)
        assert told(READ, late, job("FAILED"), list_tells_age=False) == []

    def test_the_end_of_a_watched_job_is_told_however_late(self) -> None:
        assert told(READ, stored("RUNNING"), job("FAILED", ended_at=NOW - 31 * DAY)) == [
            ("j1", JOB_STATUS_CHANGE)
        ]

    def test_a_longer_retention_announces_nothing_that_was_forgotten_under_the_shorter(
        self,
    ) -> None:
        """E3: jobs that ended 30 to 90 days ago were announced, with alerts."""
        longer = replace(READ, shorter=(NOW - HOUR, int((30 * DAY).total_seconds())))
        old, late = (job("FAILED", ended_at=NOW - age) for age in (40 * DAY, MINUTE))
        assert told(longer, None, old, retention=90 * DAY) == []
        assert told(longer, None, late, retention=90 * DAY) == [("j1", JOB_STATUS_CHANGE)]

    def test_a_job_is_remembered_from_its_end_on_but_a_day_at_least(self) -> None:
        ended = job("FAILED", ended_at=NOW - 10 * DAY)
        (change,) = diff(READ, {}, [ended], (), rules())
        assert change.after.expires_at == NOW + 20 * DAY
        (change,) = diff(READ, {}, [ended], (), rules(retention=10 * DAY))
        assert change.after.expires_at == NOW + DAY


class TestScopesThatAppearLater:
    """In a scope that is younger than its watch, only what is older than the watch is silent."""

    def test_a_job_created_after_the_watch_began_is_a_change_at_once(self) -> None:
        assert told(LATER, None, job(created_at=NOW - HOUR)) == [("j1", JOB_STATUS_CHANGE)]

    def test_a_job_created_before_the_watch_began_is_silent(self) -> None:
        assert told(LATER, None, job(created_at=NOW - DAY - HOUR)) == [("j1", None)]

    def test_clocks_that_disagree_leave_a_doubt_that_is_announced(self) -> None:
        doubtful = job(created_at=NOW - DAY - timedelta(minutes=9))
        assert told(LATER, None, doubtful) == [("j1", JOB_STATUS_CHANGE)]

    def test_a_job_of_unknown_age_is_announced(self) -> None:
        assert told(LATER, None, job()) == [("j1", JOB_STATUS_CHANGE)]


def test_of_jobs_watched_by_id_those_that_no_poll_could_read_yet_are_silent_at_first() -> None:
    health = replace(READ, never_read=frozenset({short("j1")}))
    assert told(health, None, job()) == [("j1", None)]
    assert told(health, None, job(job_id="j2")) == [("j2", JOB_STATUS_CHANGE)]


class TestListsThatTellNoStatus:
    RULES = rules(get_completes=True, list_tells_age=False, list_tells_status=False)

    def test_what_is_not_known_to_have_ended_is_asked_for(self):
        unread = replace(job("RUNNING"), raw_status=None)
        assert needs_get(READ, None, unread, self.RULES)
        assert needs_get(READ, stored("RUNNING"), unread, self.RULES)
        assert not needs_get(READ, stored("FAILED"), unread, self.RULES)

    def test_one_that_was_gone_and_is_listed_again_is_asked_for(self):
        gone = replace(stored("RUNNING"), raw_status=NOT_FOUND, status="UNKNOWN")
        assert needs_get(READ, gone, replace(job("RUNNING"), raw_status=None), self.RULES)


@pytest.mark.parametrize(
    ("before", "after", "over"),
    [
        ({"stalled": True}, {}, (JOB_STALLED,)),
        ({"stalled": True}, {"stalled": True}, ()),
        ({"overrun": True}, {"overrun": True}, ()),
        ({"overrun": True}, {"overrun": True, "status": "FAILED"}, (JOB_OVERRUNNING,)),
        ({"overrun": True}, {"overrun": True, "raw": NOT_FOUND}, (JOB_OVERRUNNING,)),
        ({"overrun": True}, {}, (JOB_OVERRUNNING,)),
        ({"overrun": True, "status": "FAILED"}, {"overrun": True, "status": "FAILED"}, ()),
        (
            {"overrun": True, "stalled": True},
            {"overrun": True, "status": "SUCCEEDED"},
            (JOB_STALLED, JOB_OVERRUNNING),
        ),
        ({}, {"status": "FAILED"}, ()),
    ],
)
def test_a_write_says_which_alerts_it_ends(
    before: dict[str, Any], after: dict[str, Any], over: tuple[str, ...]
) -> None:
    change = Change(stored(**before), stored(**after), None, None)
    assert resolving(change).after.resolves == over


def test_a_job_that_is_new_ends_no_alert() -> None:
    assert resolving(Change(None, stored(), None, None)).after.resolves == ()
