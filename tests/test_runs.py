"""The runs that a watch expects: when they are due, which are missing, which came after all."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.cron import latest
from lambdas.model import JOB_STATUS_CHANGE, RUN_ARRIVED, RUN_MISSING, Change, Reading, Runs
from lambdas.plan import Expect, Policy, Watch
from lambdas.runs import Found, after_turn, begun, closed, due_at, is_awaited, opened, success_of
from tests.values import DAY, HOUR, MINUTE, NOW, job, stored

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
NIGHTLY = Expect("0 3 * * *", BERLIN, 5_400)
"""In November, 02:00 UTC, and by 03:30 UTC."""
STEADY = Expect(None, "UTC", 26 * 3_600)
HERE, THERE = "sesv2.import-jobs 1 eu-west-1", "sesv2.import-jobs 1 us-east-1"
START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
BEGAN = NOW - 3 * DAY


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


@pytest.mark.parametrize(
    ("cron", "zone", "moment", "expected"),
    [
        ("0 3 * * *", "UTC", "2026-11-22T03:00", "2026-11-22T03:00"),
        ("0 3 * * *", "UTC", "2026-11-22T02:59", "2026-11-21T03:00"),
        ("0 3 * * *", BERLIN, "2026-07-01T12:00", "2026-07-01T01:00"),
        ("0 3 * * *", BERLIN, "2026-12-01T12:00", "2026-12-01T02:00"),
        # Clocks go from 02:00 to 03:00 on 2026-03-29: what is at 02:30 is at 03:00.
        ("30 2 * * *", BERLIN, "2026-03-29T00:59", "2026-03-28T01:30"),
        ("30 2 * * *", BERLIN, "2026-03-29T01:00", "2026-03-29T01:00"),
        ("30 2 * * *", BERLIN, "2026-03-30T00:30", "2026-03-30T00:30"),
        # They go from 03:00 back to 02:00 on 2026-10-25: what is at 02:30 is there once.
        ("30 2 * * *", BERLIN, "2026-10-25T00:29", "2026-10-24T00:30"),
        ("30 2 * * *", BERLIN, "2026-10-25T00:30", "2026-10-25T00:30"),
        ("30 2 * * *", BERLIN, "2026-10-25T01:10", "2026-10-25T00:30"),
        ("30 2 * * *", BERLIN, "2026-10-25T01:30", "2026-10-25T00:30"),
        ("30 2 * * *", BERLIN, "2026-10-26T01:29", "2026-10-25T00:30"),
        ("30 2 * * *", BERLIN, "2026-10-26T01:30", "2026-10-26T01:30"),
        # Each hour is each that there is, and none twice.
        ("30 * * * *", BERLIN, "2026-10-25T01:29", "2026-10-25T00:30"),
        ("30 * * * *", BERLIN, "2026-10-25T01:30", "2026-10-25T01:30"),
        ("30 * * * *", BERLIN, "2026-03-29T01:29", "2026-03-29T00:30"),
        ("30 * * * *", BERLIN, "2026-03-29T01:30", "2026-03-29T01:30"),
        # In New York they do so at other dates, on Lord Howe by half an hour.
        ("30 2 * * *", NEW_YORK, "2026-03-08T12:00", "2026-03-08T07:00"),
        ("30 1 * * *", NEW_YORK, "2026-11-01T12:00", "2026-11-01T05:30"),
        ("15 2 * * *", LORD_HOWE, "2026-10-03T15:40", "2026-10-03T15:30"),
        # Days that most years or months have not.
        ("0 0 29 2 *", "UTC", "2026-11-22T00:00", "2024-02-29T00:00"),
        ("0 0 29 2 *", "UTC", "2028-02-28T23:59", "2024-02-29T00:00"),
        ("0 0 29 2 *", "UTC", "2028-02-29T00:00", "2028-02-29T00:00"),
        ("0 0 29 2 *", "UTC", "2103-01-01T00:00", "2096-02-29T00:00"),
        ("0 0 31 * *", "UTC", "2026-12-01T00:00", "2026-10-31T00:00"),
        ("0 6 L * *", "UTC", "2028-03-01T00:00", "2028-02-29T06:00"),
        ("0 6 * * MON", "UTC", "2026-11-22T12:00", "2026-11-16T06:00"),
        ("* * * * *", "UTC", "2026-11-22T12:00", "2026-11-22T12:00"),
    ],
)
def test_the_last_time_of_a_cron(cron: str, zone: str, moment: str, expected: str) -> None:
    assert latest(cron, zone, at(moment)) == at(expected)


def test_a_second_before_its_time_a_cron_has_not_come() -> None:
    assert latest("0 3 * * *", "UTC", at("2026-11-22T03:00") - timedelta(microseconds=1)) == at(
        "2026-11-21T03:00"
    )


def test_every_time_of_a_year_comes_once_and_in_order() -> None:
    """Whatever the clocks do, each day has one time, at the hour of that day's zone."""
    day = at("2026-01-01T12:00")
    found = [latest("30 2 * * *", BERLIN, day + timedelta(days=n)) for n in range(365)]
    assert all(each is not None for each in found)
    hours = [(later - before) // HOUR for before, later in itertools.pairwise(found)]
    assert sorted({*hours}) == [23, 24, 25]
    assert len({*found}) == 365


def known(**given: object) -> Runs:
    """What is known of a watch in one place, read a minute ago and completely since three days."""
    usual = {
        "version": 4,
        "succeeded_at": START - DAY + HOUR,
        "places": {HERE: Reading(BEGAN, BEGAN)},
    }
    return Runs(**usual | given)  # type: ignore[arg-type]


def turn(runs: Runs, now: datetime, expect: Expect = NIGHTLY, **given: object) -> str | None:
    """Tell what a turn announces that read all of the only place now."""
    return settled(runs, now, expect, **given)[1]


def settled(
    runs: Runs,
    now: datetime,
    expect: Expect = NIGHTLY,
    read: datetime | None = None,
    succeeded_at: datetime | None = None,
) -> tuple[Runs, str | None]:
    found = Found(now, succeeded_at, {HERE: Reading(read or now, read or now)})
    return after_turn(expect, runs, [*runs.places], found)


class TestWhatIsMissing:
    def test_is_a_run_once_its_window_has_closed(self) -> None:
        assert turn(known(), START + 89 * MINUTE) is None
        assert turn(known(), START + 90 * MINUTE) == RUN_MISSING

    def test_is_due_at_the_end_of_its_window(self) -> None:
        runs, _ = settled(known(), START + 3 * HOUR)
        assert runs.missing_since == START + 90 * MINUTE

    def test_is_told_once(self) -> None:
        runs, _ = settled(known(), START + 2 * HOUR)
        for later in (3 * HOUR, DAY, 9 * DAY):
            runs, announce = settled(runs, START + later)
            assert announce is None

    @pytest.mark.parametrize("after", [timedelta(), MINUTE, 89 * MINUTE])
    def test_is_none_that_succeeded_in_its_window(self, after: timedelta) -> None:
        runs = known(succeeded_at=START + after)
        assert turn(runs, START + 2 * HOUR) is None

    def test_is_one_that_succeeded_before_its_window(self) -> None:
        assert turn(known(succeeded_at=START - MINUTE), START + 2 * HOUR) == RUN_MISSING

    def test_is_none_that_this_turn_sees_for_the_first_time(self) -> None:
        assert turn(known(), START + 2 * HOUR, succeeded_at=START + HOUR) is None

    def test_is_nothing_by_a_reading_that_began_before_the_window_closed(self) -> None:
        """It may have passed by before the run succeeded."""
        assert turn(known(), START + 2 * HOUR, read=START + 89 * MINUTE) is None

    def test_is_nothing_of_a_window_that_had_begun_before_all_was_read(self) -> None:
        late = known(succeeded_at=None, places={HERE: Reading(START + MINUTE, START + MINUTE)})
        assert turn(late, START + 2 * HOUR) is None
        assert turn(late, START + DAY + 2 * HOUR) == RUN_MISSING

    def test_is_nothing_where_nothing_was_read(self) -> None:
        runs, announce = after_turn(NIGHTLY, known(), [HERE], Found(START + 9 * DAY))
        assert (runs.missing_since, announce) == (None, None)

    def test_is_nothing_until_every_place_was_read(self) -> None:
        """An unreachable one may hold the run."""
        runs = known(places=dict.fromkeys((HERE, THERE), Reading(BEGAN, BEGAN)))
        runs, announce = settled(runs, START + 2 * HOUR)
        assert announce is None
        found = Found(START + 5 * HOUR, None, {THERE: Reading(START + 5 * HOUR, START + 5 * HOUR)})
        assert after_turn(NIGHTLY, runs, [HERE, THERE], found)[1] == RUN_MISSING

    def test_is_nothing_of_a_place_that_is_new(self) -> None:
        found = Found(START + 2 * HOUR, None, {HERE: Reading(START + 2 * HOUR, START + 2 * HOUR)})
        assert after_turn(NIGHTLY, known(), [HERE, THERE], found)[1] is None

    def test_waits_for_no_place_that_is_gone(self) -> None:
        runs = known(places=dict.fromkeys((HERE, THERE), Reading(BEGAN, BEGAN)))
        found = Found(START + 2 * HOUR, None, {HERE: Reading(START + 2 * HOUR, START + 2 * HOUR)})
        runs, announce = after_turn(NIGHTLY, runs, [HERE], found)
        assert announce == RUN_MISSING
        assert [*runs.places] == [HERE]


class TestWhatArrives:
    MISSING = known(missing_since=START + 90 * MINUTE)

    def test_is_a_run_that_succeeded_after_all(self) -> None:
        runs, announce = settled(self.MISSING, START + 5 * HOUR, succeeded_at=START + 4 * HOUR)
        assert (runs.missing_since, announce) == (None, RUN_ARRIVED)

    def test_is_told_by_whatever_place_it_is_in_though_others_cannot_be_read(self) -> None:
        found = Found(START + 5 * HOUR, START + 4 * HOUR)
        assert after_turn(NIGHTLY, self.MISSING, [HERE, THERE], found)[1] == RUN_ARRIVED

    def test_is_none_of_before_the_window(self) -> None:
        assert turn(self.MISSING, START + 5 * HOUR, succeeded_at=START - MINUTE) is None

    def test_is_none_once_the_next_window_has_closed_as_well(self) -> None:
        """Told then, it would be missing again at once."""
        late = START + 20 * HOUR
        runs, announce = settled(self.MISSING, START + DAY + 2 * HOUR, succeeded_at=late)
        assert announce is None
        assert turn(runs, START + DAY + 3 * HOUR, succeeded_at=START + DAY + HOUR) == RUN_ARRIVED

    def test_can_be_missing_again(self) -> None:
        runs, _ = settled(self.MISSING, START + 5 * HOUR, succeeded_at=START + 4 * HOUR)
        assert turn(runs, START + DAY + 2 * HOUR) == RUN_MISSING


class TestWithoutACron:
    def test_each_run_is_due_so_long_after_the_one_before(self) -> None:
        runs = known(succeeded_at=NOW)
        assert turn(runs, NOW + 26 * HOUR, STEADY) is None
        runs, announce = settled(runs, NOW + 26 * HOUR + MINUTE, STEADY)
        assert (announce, runs.missing_since) == (RUN_MISSING, NOW + 26 * HOUR)
        runs, announce = settled(runs, NOW + 30 * HOUR, STEADY, succeeded_at=NOW + 29 * HOUR)
        assert (announce, runs.missing_since) == (RUN_ARRIVED, None)

    def test_the_first_one_is_due_so_long_after_all_was_read(self) -> None:
        runs = known(succeeded_at=None, places={HERE: Reading(NOW, NOW)})
        assert turn(runs, NOW + 25 * HOUR, STEADY) is None
        runs, announce = settled(runs, NOW + 26 * HOUR, STEADY)
        assert (announce, runs.missing_since) == (RUN_MISSING, NOW + 26 * HOUR)

    def test_a_success_of_long_before_the_watch_makes_nothing_due_earlier(self) -> None:
        runs = known(succeeded_at=NOW - 9 * DAY, places={HERE: Reading(NOW, NOW)})
        assert turn(runs, NOW + 25 * HOUR, STEADY) is None
        runs, announce = settled(runs, NOW + 26 * HOUR, STEADY)
        assert (announce, runs.missing_since) == (RUN_MISSING, NOW + 26 * HOUR)


class TestWhatIsNoted:
    def test_is_the_first_success_of_a_window_and_no_other(self) -> None:
        """Of a watch whose jobs succeed all the time, each would be a write."""
        runs, _ = settled(known(), START + HOUR, succeeded_at=START + MINUTE)
        assert runs.succeeded_at == START + MINUTE
        again, _ = settled(runs, START + HOUR, succeeded_at=START + 2 * MINUTE)
        assert again.succeeded_at == START + MINUTE

    def test_is_a_success_each_half_of_the_time_where_there_is_no_cron(self) -> None:
        runs = known(succeeded_at=NOW)
        for later, noted in ((12 * HOUR, NOW), (14 * HOUR, NOW + 14 * HOUR)):
            after, _ = settled(runs, NOW + later, STEADY, succeeded_at=NOW + later)
            assert after.succeeded_at == noted

    def test_is_never_an_earlier_one(self) -> None:
        runs = known(succeeded_at=START - DAY)
        assert settled(runs, START, succeeded_at=START - 2 * DAY)[0].succeeded_at == START - DAY

    @pytest.mark.parametrize(
        ("runs", "now", "expected"),
        [
            (known(), START + HOUR, False),
            (known(), START + 2 * HOUR, True),
            (known(succeeded_at=START), START + 2 * HOUR, False),
            (known(missing_since=START), START + 2 * HOUR, False),
            (known(places={HERE: Reading(BEGAN, START + 100 * MINUTE)}), START + 2 * HOUR, False),
            (known(places={HERE: Reading(BEGAN, START + 80 * MINUTE)}), START + 2 * HOUR, True),
            (known(places={}), START + HOUR, True),
            (known(places={HERE: Reading(amid=START, at="x")}), START + HOUR, True),
        ],
        ids=[
            "amid the window",
            "owed",
            "succeeded",
            "told already",
            "read since it closed",
            "read before it closed",
            "never read",
            "never read to its end",
        ],
    )
    def test_a_reading_is_awaited_where_something_depends_on_it(
        self, runs: Runs, now: datetime, expected: bool
    ) -> None:
        assert is_awaited(NIGHTLY, runs, [HERE], HERE, now) is expected


WATCH = Watch(
    name="w",
    sources={"sesv2.import-jobs": ()},
    parameters={},
    jobs=None,
    accounts=(),
    every=60,
    idle_every=None,
    discover_every=None,
    stalled_after=None,
    max_duration=None,
    expect=NIGHTLY,
    alerts=Policy(frozenset()),
)


class TestADeployment:
    def test_that_changes_nothing_of_it_leaves_it_alone(self) -> None:
        runs = begun(known(), WATCH)
        assert begun(runs, WATCH) is runs

    @pytest.mark.parametrize(
        "change",
        [
            {"expect": Expect("0 4 * * *", BERLIN, 5_400)},
            {"expect": Expect("0 3 * * *", "UTC", 5_400)},
            {"expect": Expect("0 3 * * *", BERLIN, 60)},
            {"expect": STEADY},
            {"sources": {"sesv2.export-jobs": ()}},
            {"parameters": {"ApplicationId": "x"}},
        ],
        ids=["cron", "zone", "within", "no cron", "source", "parameters"],
    )
    def test_that_changes_what_is_expected_begins_anew(self, change: dict[str, object]) -> None:
        before = begun(known(missing_since=START), WATCH)
        runs = begun(before, replace(WATCH, **change))  # type: ignore[arg-type]
        assert (runs.places, runs.succeeded_at) == ({}, before.succeeded_at)
        assert (runs.version, runs.missing_since) == (before.version, START)

    def test_in_the_middle_of_a_window_leaves_that_out(self) -> None:
        runs = begun(known(), WATCH)
        read = Reading(START + HOUR, START + HOUR)
        runs, _ = after_turn(NIGHTLY, runs, [HERE], Found(START + HOUR, None, {HERE: read}))
        assert turn(runs, START + 2 * HOUR) is None
        assert turn(runs, START + DAY + 2 * HOUR) == RUN_MISSING


class TestASuccess:
    ENDED = NOW - HOUR

    def test_is_when_a_job_ended(self) -> None:
        seen = job("SUCCEEDED", ended_at=self.ENDED)
        change = Change(stored(), stored("SUCCEEDED", ended_at=self.ENDED), seen, "x")
        assert success_of(seen, stored(), change, NOW) == self.ENDED

    def test_is_when_it_was_noticed_where_no_end_is_told(self) -> None:
        seen = job("SUCCEEDED")
        change = Change(stored(), stored("SUCCEEDED", moved_at=NOW), seen, "x")
        assert success_of(seen, stored(), change, NOW) == NOW

    def test_is_known_of_a_job_that_was_stored_before(self) -> None:
        """A poll that was stopped before it noted that leaves it to the next one."""
        before = stored("SUCCEEDED", moved_at=NOW - DAY, announced=JOB_STATUS_CHANGE)
        assert success_of(job("SUCCEEDED"), before, None, NOW) == NOW - DAY

    def test_that_no_event_told_is_no_later_when_it_is_looked_up_once_more(self) -> None:
        """It was remembered silently, and looked as if it had succeeded when that was."""
        before = stored("SUCCEEDED", moved_at=NOW)
        seen = job("SUCCEEDED", created_at=NOW - DAY)
        assert success_of(seen, before, None, NOW) == NOW - DAY
        assert success_of(job("SUCCEEDED"), before, None, NOW) is None

    def test_of_before_the_watch_is_no_earlier_than_the_job_was_created(self) -> None:
        seen = job("SUCCEEDED", created_at=NOW - DAY)
        change = Change(None, stored("SUCCEEDED", moved_at=NOW), seen, None)
        assert success_of(seen, None, change, NOW) == NOW - DAY

    def test_of_before_the_watch_is_not_known_where_no_time_is(self) -> None:
        seen = job("SUCCEEDED")
        change = Change(None, stored("SUCCEEDED", moved_at=NOW), seen, None)
        assert success_of(seen, None, change, NOW) is None

    def test_is_never_to_come(self) -> None:
        """By the service's clock."""
        seen = job("SUCCEEDED", ended_at=NOW + HOUR)
        change = Change(stored(), stored("SUCCEEDED", ended_at=NOW + HOUR), seen, "x")
        assert success_of(seen, stored(), change, NOW) == NOW

    @pytest.mark.parametrize("status", ["FAILED", "PARTIAL", "CANCELLED", "RUNNING", "UNKNOWN"])
    def test_is_nothing_else(self, status: str) -> None:
        seen = job(status, ended_at=self.ENDED)
        change = Change(stored(), stored(status, ended_at=self.ENDED), seen, "x")
        assert success_of(seen, stored(), change, NOW) is None

    def test_is_none_of_a_job_of_which_a_get_told_more(self) -> None:
        """The list alone may not tell a partial success from a whole one."""
        assert success_of(job("SUCCEEDED"), stored("PARTIAL"), None, NOW) is None

    def test_is_none_of_a_job_that_nobody_remembers_for_its_age(self) -> None:
        assert success_of(job("SUCCEEDED", ended_at=NOW - 90 * DAY), None, None, NOW) is None


def test_windows_may_overlap() -> None:
    """One success is then enough for both."""
    hourly = Expect("0 * * * *", "UTC", 5_400)
    now = at("2026-11-22T12:35")
    assert (closed(hourly, now), opened(hourly, now)) == (
        at("2026-11-22T11:00"),
        at("2026-11-22T12:00"),
    )


def test_in_autumn_a_window_is_as_long_as_ever() -> None:
    """From the first 02:30 on, over the hour that comes twice."""
    expect, start = Expect("30 2 * * *", BERLIN, 5_400), at("2026-10-25T00:30")
    runs = known(places={HERE: Reading(start - DAY, start - DAY)}, succeeded_at=start - DAY)
    assert turn(runs, start + 89 * MINUTE, expect) is None
    after, announce = settled(runs, start + 90 * MINUTE, expect)
    assert (announce, after.missing_since) == (RUN_MISSING, start + 90 * MINUTE)
    assert due_at(expect, runs, [HERE], start + 2 * HOUR) == start + 90 * MINUTE
