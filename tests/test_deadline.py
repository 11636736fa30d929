"""Time is a budget: whatever takes its longest, a function ends in time and says so itself.

Everything here is computed from the settings themselves, so that none of them can be changed alone.
"""

import re
from typing import Any

import pytest
from botocore.config import Config

from infra import timeouts
from lambdas.answer.sweep import PAGE_SECONDS
from lambdas.apis.clients import ATTEMPTS, CONFIG, call_seconds
from lambdas.apis.roles import STS
from lambdas.board import handler as board
from lambdas.deadline import LONGEST_BACKOFF, Deadline, worst_case
from lambdas.lanes import MOST_TRIES
from lambdas.messages import WAITS
from lambdas.outbox import handling
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.poll.poller import ENDING_SECONDS
from lambdas.poll.worker import STORING_SECONDS
from lambdas.store import table as store
from lambdas.store.table import CALL_SECONDS
from lambdas.tick import handler as tick
from lambdas.waits import calls
from lambdas.waits.handling import LAST_SECONDS
from lambdas.waits.settling import TELL_SECONDS
from tests.template import COMPILED, ROOT, queues

SLOWEST_RATE = 0.5
"""Calls a second of the slowest API that a row may speak of."""
BEGIN_SECONDS = CALL_SECONDS + call_seconds(SLOWEST_RATE) + STORING_SECONDS
"""What a scope needs so that its turn may begin: read the health, ask once, store what it tells."""


class Timer:
    """A clock that only spending moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_what_would_just_be_done_in_time_is_allowed_and_nothing_longer() -> None:
    timer = Timer()
    deadline = Deadline(timer.now + 10, timer)
    assert deadline.allows(10)
    assert not deadline.allows(10.1)
    timer.now += 4
    assert deadline.allows(6)
    assert not deadline.allows(6.1)


def test_an_earlier_deadline_keeps_its_timer() -> None:
    timer = Timer()
    earlier = Deadline(timer.now + 10, timer).earlier(3)
    assert earlier.allows(7)
    timer.now += 1
    assert not earlier.allows(7)


@pytest.mark.parametrize(
    ("attempts", "waits"), [(1, 0), (2, 1), (3, 1 + 2), (8, 1 + 2 + 4 + 8 + 16 + 20 + 20)]
)
def test_the_worst_case_of_a_call_is_that_every_attempt_times_out(
    attempts: int, waits: float
) -> None:
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(connect_timeout=2, read_timeout=5, retries=retries)
    assert worst_case(config) == attempts * 7 + waits
    assert LONGEST_BACKOFF == 20


def test_the_worst_case_of_a_job_api_is_a_role_to_take_every_attempt_and_its_turns() -> None:
    assert call_seconds(None) == worst_case(STS) + worst_case(CONFIG)
    assert call_seconds(2) == call_seconds(None) + ATTEMPTS / 2


class TestPoll:
    def test_a_scope_whose_turn_may_begin_ends_before_the_function_does(self) -> None:
        """It reads its health, asks once, looks up, reads the index, writes jobs and health."""
        slowest_turn = CALL_SECONDS + call_seconds(SLOWEST_RATE) + 4 * CALL_SECONDS
        assert slowest_turn <= BEGIN_SECONDS
        assert BEGIN_SECONDS + ENDING_SECONDS <= timeouts.POLL

    def test_the_round_and_a_dead_letter_have_time_after_the_last_scope(self) -> None:
        assert 2 * CALL_SECONDS <= ENDING_SECONDS

    def test_an_api_at_its_very_slowest_is_asked_twice_in_a_turn_all_the_same(self) -> None:
        assert calls_of_a_turn(call_seconds(SLOWEST_RATE)) >= 2

    @pytest.mark.parametrize(("seconds", "calls"), [(1, 90), (5, 18), (0.2, 450)])
    def test_a_turn_has_time_for_many_calls_of_an_api_that_answers(
        self, seconds: float, calls: int
    ) -> None:
        assert calls_of_a_turn(seconds) >= calls

    def test_an_api_that_hangs_leaves_time_for_other_scopes_of_its_lane(self) -> None:
        """Each of its attempts times out; then the next scope may still begin."""
        slowest = CALL_SECONDS + worst_case(CONFIG) + CALL_SECONDS
        assert slowest + BEGIN_SECONDS + ENDING_SECONDS <= timeouts.POLL

    def test_its_message_stays_hidden_for_longer_than_it_may_run(self) -> None:
        visibility = queues()["<LanesQueue>"]["VisibilityTimeout"]
        assert timeouts.POLL < visibility <= timeouts.POLL + 60

    def test_its_message_is_kept_until_it_ended_however_late_it_begins(self) -> None:
        """Else the lane's next turn begins beside it, and what both see is stored by neither."""
        longest = max(COMPILED.cadences)
        queue = queues()["<LanesQueue>"]
        latest = longest + WAITS.total_seconds()
        assert latest + queue["VisibilityTimeout"] <= queue["MessageRetentionPeriod"]


def calls_of_a_turn(seconds: float) -> int:
    """Count the calls of one long list that may begin, each of which takes so long."""
    left = timeouts.POLL - ENDING_SECONDS - CALL_SECONDS - STORING_SECONDS
    calls = 0
    while left >= call_seconds(SLOWEST_RATE):
        left -= seconds
        calls += 1
    return calls


class TestTick:
    def test_every_queue_that_hangs_fails_it_before_it_is_stopped(self) -> None:
        """So that what it could not do is in its log, and its error is what the alarm hears."""
        assert 2 * worst_case(tick.CONFIG) < timeouts.TICK

    def test_a_queue_that_refuses_one_message_after_another_does_too(self) -> None:
        waits = sum(0.1 * 2**tries for tries in range(1, MOST_TRIES))
        assert waits + worst_case(tick.CONFIG) < timeouts.TICK


class TestPublishAndAlert:
    @pytest.mark.parametrize("timeout", [timeouts.PUBLISH, timeouts.ALERT])
    def test_a_call_that_hangs_leaves_time_to_answer(self, timeout: int) -> None:
        """E10: it was stopped before it could report, and all of its batch was repeated."""
        assert worst_case(handling.CONFIG) <= LONGEST_CALL
        assert timeout > LONGEST_CALL + handling.LAST_SECONDS

    @pytest.mark.parametrize("timeout", [timeouts.PUBLISH, timeouts.ALERT])
    def test_even_a_service_that_hangs_is_asked_twice_in_an_invocation(self, timeout: int) -> None:
        assert timeout >= 2 * LONGEST_CALL + handling.LAST_SECONDS


class TestBoard:
    def test_a_call_that_hangs_is_told_before_the_function_is_stopped(self) -> None:
        """Those side by side hang as long; it is told as an error, and none is begun behind it."""
        assert 2 * worst_case(board.CONFIG) < timeouts.BOARD


class TestWaitAndAnswer:
    def test_a_wait_is_stored_looked_up_and_told_were_every_call_at_its_slowest(self) -> None:
        assert worst_case(calls.CONFIG) == calls.CALL_SECONDS
        slowest = calls.CALL_SECONDS + calls.CALL_SECONDS + TELL_SECONDS
        assert slowest + LAST_SECONDS <= timeouts.WAIT

    def test_a_look_at_all_waits_gets_on_and_says_where_it_stopped(self) -> None:
        """It reads where the last one stopped, a page, and in the end writes where it stops."""
        slowest = calls.CALL_SECONDS + PAGE_SECONDS + calls.CALL_SECONDS
        assert slowest + LAST_SECONDS <= timeouts.ANSWER


def test_a_call_to_the_table_takes_at_most_what_its_settings_say() -> None:
    assert worst_case(store.CONFIG) == CALL_SECONDS


def test_the_page_on_how_it_works_says_these_numbers() -> None:
    page = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Time is a budget\n(.*?)^## ", page, re.DOTALL | re.MULTILINE)
    said = {
        row.split("|")[1].strip(): [int(number) for number in re.findall(r"(\d+) s\b", row)]
        for row in section.splitlines()
        if row.startswith("|")
    }
    job_api = call_seconds(None)
    latest = timeouts.POLL - ENDING_SECONDS - (CALL_SECONDS + job_api + STORING_SECONDS)
    assert said["tick"] == [timeouts.TICK, worst_case(tick.CONFIG)]
    assert said["poll"] == [timeouts.POLL, job_api, CALL_SECONDS, latest, STORING_SECONDS]
    assert said["publish, alert"] == [timeouts.PUBLISH, LONGEST_CALL]
    assert timeouts.PUBLISH == timeouts.ALERT
    assert said["board"] == [timeouts.BOARD, worst_case(board.CONFIG)]
    assert said["wait"] == [timeouts.WAIT, calls.CALL_SECONDS]
    assert said["answer"] == [timeouts.ANSWER, calls.CALL_SECONDS]
    assert f"for {queues()['<LanesQueue>']['VisibilityTimeout']} s" in section
