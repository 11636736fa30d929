"""The cost model: its arithmetic by literals."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from operate.cost.fleet import Activity, Change, Group, made_up
from operate.cost.prices import Price, bill, read_prices
from operate.cost.rivals import compare
from operate.cost.tables import money, price
from operate.cost.ticks import seconds
from operate.cost.usage import polls, usage
from tests.costs import EMPTY_RECEIVES, MINUTES, QUIET, Q, groups_of, used

# Prices


def made_price(name: str, **more: Any) -> Price:
    usual = {"usd": 0.5, "per": 1_000_000, "free": 1_000_000, "unit": "requests"}
    rest = {"label": name, "page": "", "read": date(2026, 11, 22), "seen": "page"}
    return Price(id=name, **usual | rest | more)


def test_a_quantity_is_priced_with_and_without_what_is_free() -> None:
    (line,) = bill({"a": 3_000_000}, {"a": made_price("a")}).lines
    assert (line.listed, line.after_free) == (1.5, 1.0)


def test_nothing_below_the_free_tier_is_left_to_pay() -> None:
    bought = bill({"a": 999_999}, {"a": made_price("a")})
    assert bought.after_free == 0
    assert bought.listed == pytest.approx(0.4999995)


def test_prices_of_one_pool_share_what_is_free() -> None:
    prices = {name: made_price(name, pool="both") for name in ("a", "b")}
    bought = bill({"a": 600_000, "b": 600_000}, prices)
    assert [line.after_free for line in bought.lines] == [0, pytest.approx(0.1)]


def test_what_is_not_used_is_no_line() -> None:
    assert bill({"a": 0}, {"a": made_price("a"), "b": made_price("b")}).lines == ()


def test_every_price_names_a_page_of_aws_its_date_and_how_it_was_read() -> None:
    for each in read_prices().values():
        assert re.match(r"https://(aws|docs\.aws)\.amazon\.com/", each.page)
        assert isinstance(each.read, date)
        assert each.seen in {"page", "reported"}


def test_everything_that_is_counted_has_a_price() -> None:
    everything = usage([Group(every=15, foreign=1)], Activity(emails=1), Q)
    assert set(everything) == set(read_prices()) - {"step-functions"}


@pytest.mark.parametrize(
    ("usd", "per", "words"),
    [
        (0.125, 1_000_000, "$0.125 a million"),
        (2.0, 100_000, "$2.00 for 100,000"),
        (0.0000133334, 1, "$0.0000133334"),
        (0, 1, "free"),
    ],
)
def test_a_price_loses_no_digit(usd: float, per: int, words: str) -> None:
    assert price(made_price("a", usd=usd, per=per)) == words


def test_an_amount_below_half_a_cent_is_not_called_nothing() -> None:
    assert [money(0), money(0.004), money(0.005), money(1234.5)] == [
        *("$0", "< $0.01", "$0.01", "$1,234.50")
    ]


# What is used


def test_a_quiet_scope_takes_one_invocation_and_half_a_read_unit_a_tick() -> None:
    """And once a day a whole read, which is written down in the table and its index."""
    month = used()
    assert month["scheduler"] == MINUTES
    assert month["lambda-requests"] == MINUTES
    assert month["dynamodb-reads"] == MINUTES * 0.5 + 30
    assert month["dynamodb-writes"] == 30 * 2
    assert month["sqs-fifo"] == EMPTY_RECEIVES
    assert month["sqs-standard"] == 0


@pytest.mark.parametrize(
    ("jobs", "unfinished", "units"),
    [
        (16, 0, 0.5),  # 500 bytes of health and 13 for each finished job
        (16, 14, 0.5),
        (17, 17, 1.0),  # 220 for each unfinished one
        (100_000, 0, 0.5),  # 2,064 for finished jobs without number
        (100_000, 6, 0.5),
        (100_000, 7, 1.0),
        (100_000, 100, 3.0),
    ],
)
def test_a_tick_reads_the_index_in_steps_of_4_kb(jobs: int, unfinished: int, units: float) -> None:
    activity = replace(QUIET, jobs=jobs, unfinished=unfinished)
    month = usage([Group()], activity, replace(Q, whole_reads=0))
    assert month["dynamodb-reads"] == MINUTES * units


def test_jobs_spread_over_the_scopes_that_hold_them() -> None:
    month = used(replace(QUIET, unfinished=100), places=10)
    assert month["dynamodb-reads"] == 10 * (MINUTES * 0.5 + 30)
    broad = used(replace(QUIET, unfinished=100), scopes_of_place=11, broad=1)
    assert broad["dynamodb-reads"] == 10 * (MINUTES * 0.5 + 30) + MINUTES


def test_jobs_that_are_named_are_looked_up_at_each_tick_and_never_read_as_a_whole() -> None:
    activity = replace(QUIET, jobs=10_000)
    month = used(activity, named=3, pages=9)
    assert month["dynamodb-reads"] == MINUTES * (0.5 + 3 * 0.5)
    assert month["dynamodb-writes"] == 30 * 2
    assert month["lambda-duration"] == pytest.approx(MINUTES * 0.5 * (0.02 + 0.31))
    idle = used(replace(activity, busy=0), named=3, idle_every=600)
    assert idle["dynamodb-reads"] == pytest.approx(MINUTES * (0.5 + 0.1 * 3 * 0.5))


def test_all_that_is_remembered_is_read_once_a_day() -> None:
    """1,200 bytes a job, in steps of 4 KB, consistently."""
    month = used(replace(QUIET, jobs=100_000))
    assert month["dynamodb-reads"] == MINUTES * 0.5 + 30 * 29_297
    cpu = 30 * 100_000 * 0.0001 / 0.29
    assert month["lambda-duration"] - used()["lambda-duration"] == pytest.approx(cpu * 0.5)


def test_a_sorted_list_is_read_to_its_end_once_a_day_only() -> None:
    short, long = used(newest_first=True), used(newest_first=True, pages=11)
    more = long["lambda-duration"] - short["lambda-duration"]
    assert more == pytest.approx(30 * 10 * 0.1 * 0.5)
    assert used(pages=11)["lambda-duration"] > MINUTES * 0.5


def test_a_change_is_written_and_published_and_its_job_looked_up_once() -> None:
    """300 changes are 100 jobs; the digest is written as each ends, and as the list drops it."""
    month, quiet = used(replace(QUIET, changes=10, alerts=2, emails=3)), used()
    more = {name: month[name] - quiet[name] for name in month}
    assert more["dynamodb-reads"] == pytest.approx(100 * 0.5)
    assert more["dynamodb-writes"] == pytest.approx(300 * (2 + 1) + 100 * 2 * 2)
    assert more["lambda-requests"] == more["eventbridge"] == 300
    assert more["lambda-duration"] == pytest.approx(300 * 0.2 * 0.25)
    assert (more["sns"], more["sns-email"], more["kms"]) == (60, 180, 120)


@pytest.mark.parametrize(
    ("group", "jobs"), [({}, 10), ({"newest_first": True}, 200 / 256), ({"named": 1}, 0)]
)
def test_a_job_that_leaves_the_list_has_those_of_its_part_looked_up(
    group: dict[str, Any], jobs: float
) -> None:
    quiet = replace(QUIET, jobs=2_560)
    more = used(replace(quiet, changes=10), **group)["dynamodb-reads"]
    more -= used(quiet, **group)["dynamodb-reads"]
    assert more == pytest.approx(100 * (1 + jobs) * 0.5)


@pytest.mark.parametrize(("jobs", "units"), [(40, 1), (41, 2), (119, 2), (120, 3), (10_000, 3)])
def test_a_scopes_health_grows_with_the_digest_of_its_jobs_up_to_three_write_units(
    jobs: int, units: int
) -> None:
    assert used(replace(QUIET, jobs=jobs))["dynamodb-writes"] == 30 * 2 * units


def test_a_key_is_asked_for_every_five_minutes_at_most() -> None:
    assert used(replace(QUIET, changes=9_000, alerts=9_000))["kms"] == 2 * 8_640


def test_progress_is_written_only_where_a_watch_tells_of_stalled_jobs() -> None:
    running = replace(QUIET, unfinished=10, moving=0.5)
    assert used(running)["dynamodb-writes"] == used()["dynamodb-writes"]
    written = used(running, writes_progress=True)["dynamodb-writes"]
    assert written - used()["dynamodb-writes"] == 10 * MINUTES * 0.5 * 3


def test_a_tick_of_many_scopes_is_split() -> None:
    """101 scopes are a message for each group of places."""
    whole, split = used(places=100), used(places=101)
    assert whole["lambda-requests"] == MINUTES
    assert whole["sqs-fifo"] == EMPTY_RECEIVES
    assert split["lambda-requests"] == MINUTES * (1 + 16)
    assert split["sqs-fifo"] == EMPTY_RECEIVES + MINUTES * (2 + 16 + 16)


def test_messages_are_sent_ten_at_a_time() -> None:
    month = used(places=25 * 60)
    assert month["sqs-fifo"] == EMPTY_RECEIVES + MINUTES * (7 + 68 + 68)


def test_below_a_minute_the_schedule_stays_and_copies_wait_in_a_queue() -> None:
    """Those of a minute are sent together; each is received and deleted."""
    month = used(every=15)
    assert month["scheduler"] == MINUTES
    assert month["lambda-requests"] == MINUTES * 4
    assert month["sqs-standard"] == EMPTY_RECEIVES + MINUTES * (1 + 3 * 2)


def test_an_idle_watch_reads_and_writes_as_much_and_lists_less() -> None:
    """Busy for a tenth of the time, else asked at every fifteenth tick: 0.16 of them."""
    seldom, group = replace(QUIET, busy=0.1), Group(idle_every=15 * 60, places=20)
    month, always = usage([group], seldom, Q), used(seldom, places=20)
    for name in ("dynamodb-reads", "dynamodb-writes"):
        assert month[name] == always[name]
    expected = 0.02 + 20 * (0.002 + 0.16 * 0.003) / 0.29
    assert seconds([group], [group], seldom, Q) == pytest.approx(expected)


def test_watches_of_one_cadence_share_their_invocations() -> None:
    together = usage([Group(), Group()], QUIET, Q)
    apart = usage([Group(), Group(every=120)], QUIET, Q)
    assert together["lambda-requests"] == together["scheduler"] == MINUTES
    assert apart["lambda-requests"] == apart["scheduler"] == MINUTES * 1.5
    assert (together["metrics"], apart["metrics"]) == (8, 9)
    assert (together["alarms"], apart["alarms"]) == (9, 11)


def test_each_watch_is_named_in_the_log() -> None:
    more = usage([Group(), Group()], QUIET, Q)["logs"] - used()["logs"]
    assert more == pytest.approx(MINUTES * 30 / 1024**3)


def test_a_session_in_another_account_is_kept_for_three_quarters_of_an_hour() -> None:
    assert used(places=10, foreign=9)["sts"] == 9 * 960


def test_what_is_remembered_is_stored_and_backed_up() -> None:
    """1,300 bytes a job and 320 an unfinished one in the index; a health of 2,664 is in both."""
    month = used(replace(QUIET, jobs=1024**3, unfinished=1024))
    assert month["dynamodb-backup"] == pytest.approx(1_300 + 2_664 / 1024**3)
    assert month["dynamodb-storage"] == pytest.approx(1_300 + (1024 * 320 + 2 * 2_664) / 1024**3)


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({}, 0.02 + 0.11),  # it waits for the table and for one page
        ({"pages": 3}, 0.02 + 0.31),
        ({"pages": 3, "newest_first": True}, 0.02 + 0.11),
        ({"pages": 3, "rate": 1.0}, 0.02 + 0.31),  # ten calls may go at once
        ({"pages": 30, "rate": 1.0}, 0.02 + 20),
        ({"places": 10}, 0.02 + 10 * 0.005 / 0.29),  # side by side, until the processor is full
        ({"places": 10, "pages": 20}, 0.02 + 10 * (0.005 + 19 * 0.006) / 0.29),
        ({"scopes_of_place": 5}, 0.02 + 2 * 0.11),  # four at a time to one service in one place
        ({"scopes_of_place": 100}, 0.02 + 25 * 0.11),
        ({"places": 200}, 16 * 0.02 + 200 * 0.005 / 0.29 + 0.02),  # messages, and their sending
        ({"scopes_of_place": 200}, 9 * (0.02 + 7 * 0.11) + 0.02),
    ],
)
def test_a_tick_takes_what_the_processor_needs_or_what_it_waits_for(
    group: dict[str, Any], expected: float
) -> None:
    groups = [Group(**group)]
    assert seconds(groups, groups, QUIET, Q) == pytest.approx(expected)


def test_unfinished_jobs_take_time() -> None:
    groups = [Group(places=10)]
    taken = seconds(groups, groups, replace(QUIET, unfinished=1_000), Q)
    assert taken == pytest.approx(0.02 + 10 * (0.005 + 100 * 0.0001) / 0.29)


# What is watched


def test_accounts_times_regions_times_parents_are_scopes(tmp_path: Path) -> None:
    accounts = [{"id": f"{n:012}", "role": "reader"} for n in (1, 2, 3)]
    watch = {"source": "pinpoint.import-jobs", "accounts": accounts}
    (group,) = groups_of(tmp_path, watch | {"regions": ["us-east-1", "eu-west-1"]})
    assert (group.places, group.foreign, group.scopes_of_place) == (6, 6, 11)
    assert (group.scopes, group.exact) == (66, 60)


def test_a_watch_that_names_the_parents_or_the_jobs_looks_into_one_scope(tmp_path: Path) -> None:
    watch = {"source": "pinpoint.import-jobs", "for": {"ApplicationId": "a"}}
    assert groups_of(tmp_path, watch)[0].scopes == 1
    (named,) = groups_of(tmp_path, watch | {"jobs": ["a", "b", "c"]})
    assert (named.scopes, named.named, named.calls) == (1, 3, 3)


def test_a_list_that_is_newest_first_is_one_page_however_long(tmp_path: Path) -> None:
    (newest_first,) = groups_of(tmp_path, {"source": "dataexchange.jobs"})
    (any_order,) = groups_of(tmp_path, {"source": "sesv2.import-jobs"})
    assert (newest_first.calls, any_order.calls) == (1, 7)


def test_progress_is_written_where_the_file_says_stalled_after_and_the_source_tells_it(
    tmp_path: Path,
) -> None:
    for source, tells in (("sesv2.import-jobs", True), ("dataexchange.jobs", False)):
        for more, what_if, asked in (
            ({}, Change(), False),
            ({"stalled_after": "2 hours"}, Change(), True),
            ({}, Change(stalls=True), True),
        ):
            (group,) = groups_of(tmp_path, {"source": source, **more}, what_if=what_if)
            assert group.writes_progress == (tells and asked)


def test_options_stand_above_the_file(tmp_path: Path) -> None:
    what_if = Change(accounts=1_000, regions=2, every=300, idle_every=600)
    (group,) = groups_of(tmp_path, {"source": "dataexchange.jobs"}, what_if=what_if)
    assert (group.places, group.foreign) == (2_000, 1_998)
    assert (group.every, group.idle_every) == (300, 600)


def test_made_up_watches_are_in_one_place_each_minute() -> None:
    assert made_up(50, 1, 1, Change()) == [Group(watches=50)]
    assert made_up(1, 1, 1, Change(stalls=True)) == [Group(writes_progress=True)]


# What else there is


def test_a_loop_takes_three_transitions_a_poll_of_each_running_job() -> None:
    compared = compare([Group()], replace(QUIET, jobs=2, unfinished=2), read_prices(), Q)
    loop, with_function, function = (rival.bill for rival in compared.rivals)
    assert loop.listed == pytest.approx(2 * MINUTES * 3 * 0.025 / 1_000)
    assert loop.after_free == pytest.approx(loop.listed - 4_000 * 0.025 / 1_000)
    asking = 2 * MINUTES * (0.2e-6 + 0.15 * 0.125 * 0.0000133334 + 0.5 * 380 / 1024**3)
    assert with_function.listed == pytest.approx(loop.listed + asking)
    assert function.listed == pytest.approx(2 * MINUTES * 1e-6 + asking)


def test_a_loop_polls_as_often_as_the_watch() -> None:
    compared = compare([Group(every=600)], replace(QUIET, unfinished=1), read_prices(), Q)
    assert compared.rivals[0].bill.listed == pytest.approx(MINUTES / 10 * 3 * 0.025 / 1_000)


def test_a_running_job_is_polled_once_a_tick_however_many_scopes_there_are() -> None:
    running = replace(QUIET, unfinished=6)
    for group in (Group(), Group(places=3), Group(scopes_of_place=3, broad=1)):
        assert polls([group], running, Q) == pytest.approx(6 * MINUTES)


@pytest.mark.parametrize("places", [1, 2_000])
def test_the_break_even_is_the_first_number_of_jobs_at_which_jobwatch_is_cheaper(
    places: int,
) -> None:
    def both(jobs: int) -> tuple[float, float]:
        activity = replace(QUIET, jobs=jobs, unfinished=jobs)
        compared = compare([Group(places=places)], activity, read_prices(), Q)
        return compared.jobwatch.listed, compared.rivals[0].bill.listed

    compared = compare([Group(places=places)], QUIET, read_prices(), Q)
    first = compared.rivals[0].from_listed
    assert first is not None
    (ours, theirs), (ours_before, theirs_before) = both(first), both(first - 1)
    assert ours < theirs
    assert ours_before >= theirs_before


def test_what_is_never_dearer_has_no_break_even() -> None:
    free = {**read_prices(), "step-functions": made_price("step-functions", usd=0)}
    assert compare([Group()], QUIET, free, Q).rivals[0].from_listed is None
