"""The decision about a scope as a whole, by literals."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lambdas.digest import NOTHING, short
from lambdas.health import (
    UNREACHABLE_AFTER,
    after_failure,
    after_gets,
    after_ids,
    after_piece,
    after_read,
    after_waiting,
    begun,
    event_of,
    is_full_read_due,
    is_idle,
    stopped_at,
    with_retention,
)
from lambdas.model import Cursor, Health, Round
from tests.values import DAY, HOUR, MINUTE, NEW, NOW, READ

MONTH = 30 * DAY
IDLE = replace(READ, unfinished_checksum=0)


def seconds(some: timedelta) -> int:
    return int(some.total_seconds())


class TestTheBeginning:
    def test_of_a_scope_is_when_it_is_first_seen(self) -> None:
        health = begun(NEW, NOW, MONTH)
        assert (health.began_at, health.read_at, health.retention) == (NOW, None, seconds(MONTH))

    def test_is_kept(self) -> None:
        assert begun(READ, NOW, MONTH).began_at == READ.began_at
        assert begun(Health(began_at=NOW - DAY), NOW, MONTH).began_at == NOW - DAY

    @pytest.mark.parametrize("by_id", [True, False])
    def test_is_a_new_one_where_jobs_are_named_now_or_are_not_any_more(self, by_id: bool) -> None:
        before = replace(
            READ,
            by_id=not by_id,
            digest=NOTHING,
            ended=frozenset({"x"}),
            began_at=NOW - MONTH,
            quiet_before=NOW - MONTH,
            failures=2,
            since=NOW,
            round=Round(("w",)),
            announced="Watch Recovered",
            detail="{}",
        )
        health = begun(before, NOW, MONTH, by_id=by_id)
        assert (health.read_at, health.digest, health.ended) == (None, None, frozenset())
        assert (health.version, health.began_at) == (before.version, NOW)
        assert health.quiet_before is None
        assert (health.failures, health.since, health.round) == (2, NOW, before.round)
        assert (health.announced, health.detail) == ("Watch Recovered", "{}")


class TestTheRetention:
    """E3: a retention that changes announces nothing."""

    def test_that_stays_says_nothing(self) -> None:
        health = with_retention(replace(READ, retention=seconds(MONTH)), NOW, seconds(MONTH))
        assert health.shorter is None

    def test_that_grows_leaves_forgotten_what_was_forgotten(self) -> None:
        health = with_retention(replace(READ, retention=seconds(MONTH)), NOW, seconds(3 * MONTH))
        assert (health.retention, health.shorter) == (seconds(3 * MONTH), (NOW, seconds(MONTH)))

    def test_that_shrinks_forgets_more_from_now_on(self) -> None:
        health = with_retention(replace(READ, retention=seconds(MONTH)), NOW, seconds(DAY))
        assert (health.retention, health.shorter) == (seconds(DAY), None)

    def test_that_shrinks_and_grows_again_is_bound_by_the_shortest(self) -> None:
        health = replace(READ, retention=seconds(MONTH))
        for days, now in ((5, NOW), (90, NOW + HOUR), (60, NOW + 2 * HOUR), (90, NOW + DAY)):
            health = with_retention(health, now, seconds(days * DAY))
        assert health.shorter == (NOW + DAY, seconds(5 * DAY))

    def test_that_was_shorter_long_ago_does_not_count_any_more(self) -> None:
        health = replace(READ, retention=seconds(MONTH), shorter=(NOW - 31 * DAY, seconds(DAY)))
        assert with_retention(health, NOW, seconds(MONTH)).shorter is None

    def test_of_a_layout_that_did_not_say_may_have_been_any(self) -> None:
        health = with_retention(replace(READ, retention=None), NOW, seconds(3 * MONTH))
        assert (health.retention, health.shorter) == (seconds(3 * MONTH), (NOW, 0))


@pytest.mark.parametrize(
    ("read_at", "retention", "due"),
    [
        (None, MONTH, True),
        (NOW - DAY + MINUTE, MONTH, False),
        (NOW - DAY, MONTH, True),
        (NOW - 7 * HOUR, DAY, True),
        (NOW - 5 * HOUR, DAY, False),
    ],
    ids=["never read", "today", "a day ago", "short retention, long ago", "short retention"],
)
def test_all_of_a_scope_is_read_once_a_day_or_four_times_a_retention(
    read_at: object, retention: timedelta, due: bool
) -> None:
    assert is_full_read_due(replace(READ, read_at=read_at), NOW, retention) == due


@pytest.mark.parametrize(("raised_at", "due"), [(NOW, True), (NOW - 2 * HOUR, False)])
def test_all_of_a_scope_is_read_once_its_retention_was_raised(
    raised_at: datetime, due: bool
) -> None:
    """Seed 2874 of 'weeks': what was to be forgotten sooner was told anew."""
    health = replace(READ, read_at=NOW - HOUR, shorter=(raised_at, seconds(DAY)))
    assert is_full_read_due(health, NOW, MONTH) == due


def test_a_scope_without_unfinished_jobs_is_idle() -> None:
    assert is_idle(IDLE)


@pytest.mark.parametrize(
    "health",
    [
        replace(IDLE, read_at=None),
        replace(IDLE, unfinished_checksum=7),
        replace(IDLE, unfinished_checksum=None),
        replace(IDLE, failures=1),
        replace(IDLE, gets_failed_since=NOW),
        replace(IDLE, suspect_parts=frozenset({3})),
        replace(IDLE, cursor=Cursor(NOW, "5", NOTHING)),
    ],
    ids=["never read", "jobs run", "not known", "failed", "gets failed", "doubts", "half read"],
)
def test_one_of_which_anything_is_left_to_do_or_to_know_is_not(health: Health) -> None:
    """P8 and E11."""
    assert not is_idle(health)


class TestFailedReads:
    def test_three_in_a_row_make_it_unreachable_once(self) -> None:
        health, events = READ, []
        for minutes in range(6):
            after = after_failure(health, NOW + minutes * MINUTE)
            events.append(event_of(health, after))
            health = after
        assert events == [None, None, "Watch Unreachable", None, None, None]
        assert (health.since, health.failures) == (NOW, UNREACHABLE_AFTER)

    def test_from_then_on_nothing_is_written(self) -> None:
        lost = READ
        for _ in range(UNREACHABLE_AFTER):
            lost = after_failure(lost, NOW)
        assert after_failure(lost, NOW + DAY) == lost

    def test_one_that_succeeds_ends_them(self) -> None:
        lost = replace(READ, failures=3, since=NOW, unreachable=True, partial=NOTHING)
        back = after_read(lost)
        assert event_of(lost, back) == "Watch Recovered"
        assert back == READ

    def test_fewer_than_three_are_nobodys_business(self) -> None:
        assert event_of(after_failure(READ, NOW), after_read(after_failure(READ, NOW))) is None

    def test_a_long_list_begins_anew(self) -> None:
        health = replace(READ, cursor=Cursor(NOW, "5", NOTHING))
        assert after_failure(health, NOW).cursor is None


def test_gets_that_fail_count_from_the_first_poll_in_a_row() -> None:
    health = READ
    for poll in (1, 2, 3):
        health = after_gets(health, NOW + poll * MINUTE, failed=True)
        assert health.gets_failed_since == NOW + MINUTE
    assert after_gets(health, NOW, failed=False) == READ


class TestIds:
    def test_that_could_not_be_read_at_first_are_noted_and_crossed_out_one_by_one(self) -> None:
        health = after_ids(NEW, ["a", "b", "c"], ["b", "c"])
        assert health.never_read == {short("b"), short("c")}
        health = after_ids(replace(health, read_at=NOW), ["a", "b", "c"], ["c"])
        assert health.never_read == {short("c")}

    def test_that_fail_later_are_not_noted(self) -> None:
        assert after_ids(READ, ["a", "b"], ["b"]).never_read == frozenset()


class TestTheRound:
    """How long ago all of a lane was read at the latest: the time before the last passing."""

    def test_of_a_lane_that_stops_for_the_first_time_begins_now(self) -> None:
        assert stopped_at(Round(), ("b",), NOW, wrapped=False) == Round(("b",), NOW, NOW)

    def test_goes_on_while_the_hand_does_not_pass_the_beginning(self) -> None:
        before = Round(("b",), NOW - MINUTE, NOW - HOUR)
        after = stopped_at(before, ("c",), NOW, wrapped=False)
        assert after == Round(("c",), NOW - MINUTE, NOW - HOUR)

    def test_is_the_next_once_it_does(self) -> None:
        before = Round(("b",), NOW - MINUTE, NOW - HOUR)
        assert stopped_at(before, ("a",), NOW, wrapped=True) == Round(("a",), NOW, NOW - MINUTE)

    def test_forgets_what_was_dropped_before_it_was_worked_on(self) -> None:
        dropped = Round(("b",), NOW - MINUTE, NOW - HOUR, dropped_since=NOW - DAY)
        assert stopped_at(dropped, ("c",), NOW, wrapped=False).dropped_since is None


class TestAPieceOfALongList:
    FAILED_TWICE = after_failure(after_failure(READ, NOW), NOW, pages=4)

    def test_that_got_beyond_the_last_failure_has_failures_counted_anew(self) -> None:
        after = after_piece(self.FAILED_TWICE, 5)
        assert (after.failures, after.since, after.unreachable) == (0, NOW, False)

    def test_that_got_no_further_tells_nothing(self) -> None:
        assert after_piece(self.FAILED_TWICE, 4) == self.FAILED_TWICE

    def test_does_not_bring_an_unreachable_scope_back(self) -> None:
        lost = after_failure(self.FAILED_TWICE, NOW, pages=4)
        assert after_piece(lost, 9) == lost


def test_who_waits_is_held_against_those_that_were_asked_for_at_once() -> None:
    """Not anew for each that waits: a thousand may wait, of as many as are there."""

    class Once(list[str]):
        times = 0

        def __iter__(self) -> Iterator[str]:
            self.times += 1
            return super().__iter__()

    ids = Once(f"j{number}" for number in range(20))
    health = after_waiting(NEW, ids, ids)
    assert len(health.waits) == 20
    ids.times = 0
    assert after_waiting(health, ids, ()).waits == {}
    assert ids.times == 1
