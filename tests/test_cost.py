"""The cost model: its arithmetic by literals."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.cost.dynamodb import polled
from infra.cost.fleet import SHIPPED, Activity, Group, so_many
from infra.cost.month import lanes, usage, waiting
from infra.cost.prices import Price, bill, read_prices
from infra.words import money
from operate.cost.figures import price, since
from operate.cost.rivals import compare
from tests.costs import BEATS, EMPTY_RECEIVES, MINUTES, QUIET, groups_of, used

# Prices


def made_price(name: str, **more: Any) -> Price:
    usual = {"usd": 0.5, "per": 1_000_000, "free": 1_000_000, "unit": "requests"}
    rest = {"label": name, "page": "", "read": date(2026, 11, 22), "seen": "page"}
    return Price(**usual | rest | more)


def test_a_quantity_is_priced_with_and_without_what_is_free_and_nothing_is_no_line() -> None:
    prices = {name: made_price(name) for name in ("a", "b", "c")}
    (dear, cheap) = bill({"a": 3_000_000, "b": 999_999, "c": 0}, prices).lines
    assert (dear.listed, dear.after_free) == (1.5, 1.0)
    assert (cheap.listed, cheap.after_free) == (pytest.approx(0.4999995), 0)


def test_prices_of_one_pool_share_what_is_free() -> None:
    prices = {name: made_price(name, pool="both") for name in ("a", "b")}
    bought = bill({"a": 600_000, "b": 600_000}, prices)
    assert [line.after_free for line in bought.lines] == [0, pytest.approx(0.1)]


def test_every_price_names_a_page_of_aws_its_date_and_how_it_was_read() -> None:
    for each in read_prices().values():
        assert re.match(r"https://(aws|docs\.aws)\.amazon\.com/", each.page)
        assert isinstance(each.read, date)
        assert each.seen in {"page", "reported"}


def test_everything_that_is_counted_has_a_price() -> None:
    assert set(used(Activity(emails=1), every=15)) == set(read_prices()) - {"step-functions"}


@pytest.mark.parametrize(
    ("usd", "per", "words"),
    [
        (0.125, 1_000_000, "$0.125 a million requests"),
        (2.0, 100_000, "$2.00 for 100,000 requests"),
        (0.0000133334, 1, "$0.0000133334 a request"),
    ],
)
def test_a_price_loses_no_digit(usd: float, per: int, words: str) -> None:
    assert price(made_price("a", usd=usd, per=per)) == words


def test_an_amount_below_half_a_cent_is_not_called_nothing() -> None:
    assert [money(0), money(0.004), money(0.005), money(1234.5)] == [
        *("$0", "< $0.01", "$0.01", "$1,234.50")
    ]


# What is used


def test_waiting_takes_a_look_a_minute_and_an_invocation_for_each_job_that_ended() -> None:
    quiet, busy = waiting(QUIET), waiting(replace(QUIET, changes=90))
    assert quiet["scheduler"] == quiet["lambda-requests"] == MINUTES
    assert quiet["dynamodb-reads"] == 2 * MINUTES
    assert quiet["kms"] == MINUTES / 5
    assert busy["lambda-requests"] - quiet["lambda-requests"] == 30 * 90 / 3
    assert busy["dynamodb-reads"] - quiet["dynamodb-reads"] == 30 * 90 / 3
    month = usage([Group(service="one")], QUIET)
    assert month["scheduler"] == 2 * MINUTES + BEATS


def test_a_quiet_scope_takes_a_tick_a_message_a_poll_and_one_read_unit_each_minute() -> None:
    month = used()
    assert month["scheduler"] == MINUTES + BEATS
    assert month["lambda-requests"] == MINUTES * 2 + BEATS * 2
    assert month["sqs-fifo"] == EMPTY_RECEIVES + MINUTES * (1 + 2)
    assert month["dynamodb-reads"] == MINUTES + BEATS * 2
    assert month["dynamodb-writes"] == 30 + BEATS
    assert not month["sqs-standard"]


@pytest.mark.parametrize(("places", "sends"), [(10, 1), (11, 2), (2_000, 200)])
def test_each_place_has_a_lane_of_its_own_and_ten_messages_are_sent_at_once(
    places: int, sends: int
) -> None:
    month = used(accounts=so_many(places))
    assert month["lambda-requests"] == MINUTES * (1 + places) + BEATS * 2
    assert month["sqs-fifo"] == EMPTY_RECEIVES + MINUTES * (sends + 2 * places)
    assert month["dynamodb-reads"] == MINUTES * places + BEATS * 2


def test_watches_of_one_service_that_are_due_together_share_a_lane() -> None:
    one = Group(service="one")
    for other, lanes_a_minute, cadences in (
        (one, 1, 1),
        (Group(service="other"), 2, 1),
        (replace(one, every=120), 1.5, 2),
    ):
        month = usage([one, other], QUIET)
        ticks = 1 if cadences == 1 else 1.5
        assert month["lambda-requests"] == MINUTES * (ticks + lanes_a_minute + 1) + BEATS * 2
        assert (month["metrics"], month["alarms"]) == (7 + cadences, 8 + 2 * cadences)


def test_lanes_are_the_places_of_all_their_watches_and_each_has_what_is_looked_at_there() -> None:
    """One in three accounts and two regions, one in two others and one of these; one elsewhere."""
    wide = Group(service="one", accounts=("", "a", "b"), regions=("", "x"))
    other = Group(service="one", accounts=("b", "c"), parents=4)
    abroad = Group(service="one", regions=("y",))
    found = [(lane.calls, lane.places) for lane in lanes([wide, other, abroad], QUIET)]
    assert sorted(found) == [(1, 1), (1, 5), (5, 1), (1 + 5, 1)]


def test_below_a_minute_the_schedule_stays_and_further_ticks_wait_in_a_queue() -> None:
    """Those of a minute are sent together; each is received and deleted."""
    month = used(every=15)
    assert month["scheduler"] == MINUTES + BEATS
    assert month["lambda-requests"] == MINUTES * 4 * 2 + BEATS * 2
    assert month["sqs-standard"] == EMPTY_RECEIVES + MINUTES * (1 + 3 * 2)


def test_a_change_is_written_with_its_digest_and_published() -> None:
    """300 changes of 100 jobs: 400 looks differ, as each job leaves the list in the end.

    In the index for people, a job's first change is an entry that is put, each later one is two
    units: the entry of before is taken.
    A job that is new has the digest written twice, and so has one that changes while it runs. For
    each alert, and each of the jobs that ended, what is open is read and written, and mutes read.
    """
    month, quiet = used(replace(QUIET, changes=10, alerts=2, emails=3)), used()
    more = {name: month[name] - quiet[name] for name in month}
    assert more["dynamodb-writes"] == 300 * (2 + 1) + (100 + 200 * 2) + 600 + 60 + 100
    assert more["dynamodb-reads"] == pytest.approx(400 * (1 + 0.5) + (60 + 100) * 2)
    assert (more["eventbridge"], more["lambda-requests"]) == (300, 300 + 60 + 100)
    assert more["lambda-duration"] == pytest.approx((300 + 60 + 100) * 0.2 * 0.25)
    assert (more["sns"], more["sns-email"], more["kms"]) == (60, 180, 120)


def test_each_recipient_behind_the_bus_of_alerts_takes_an_alarm_and_its_calls() -> None:
    alerts = replace(QUIET, changes=10, alerts=2)
    few, more = used(alerts), used(replace(alerts, pagers=2, topics=3))
    taken = {name: more[name] - few[name] for name in more if more[name] != few[name]}
    assert taken == {"eventbridge": 60, "api-destinations": 120, "sns": 180, "alarms": 5}


@pytest.mark.parametrize(
    ("jobs", "unfinished", "units"),
    [(0, 0, 1.5), (2_560, 0, 11.5), (2_560, 18, 11.5), (2_560, 19, 12), (10_000, 9_000, 282)],
)
def test_a_look_that_differs_reads_one_job_in_256_and_the_unfinished_ones(
    jobs: int, unfinished: int, units: float
) -> None:
    quiet = replace(QUIET, jobs=jobs, unfinished=unfinished)
    more = used(replace(quiet, changes=10))["dynamodb-reads"] - used(quiet)["dynamodb-reads"]
    assert more == pytest.approx(400 * units + 100 * 2, rel=0.01)


def test_a_digest_grows_with_its_jobs_up_to_three_write_units() -> None:
    for jobs, units in ((70, 1), (80, 2), (218, 2), (100_000, 3)):
        month = used(replace(QUIET, jobs=jobs, changes=10))
        assert month["dynamodb-writes"] == 300 * 3 + 500 + (600 + 30) * units + 100 + BEATS


def test_a_scope_that_is_left_alone_is_noted_each_time() -> None:
    month = used(replace(QUIET, busy=25), idle_every=600)
    assert month["dynamodb-writes"] == 30 + MINUTES / 10 * 0.75 + BEATS


@pytest.mark.parametrize(("parents", "units"), [(10, 1), (200, 8)])
def test_parents_that_are_listed_seldom_are_read_from_the_table_in_between(
    parents: int, units: int
) -> None:
    seldom, always = (used(parents=parents, discover_every=each) for each in (900, None))
    more = seldom["dynamodb-reads"] - always["dynamodb-reads"]
    assert more == pytest.approx(MINUTES * 14 / 15 * units)
    assert seldom["dynamodb-writes"] - always["dynamodb-writes"] == pytest.approx(MINUTES / 15)


def test_runs_that_are_expected_take_one_read_in_each_place() -> None:
    two = used(expects=True, accounts=("", "1"))["dynamodb-reads"]
    assert two - used(accounts=("", "1"))["dynamodb-reads"] == 2 * MINUTES


def test_every_listed_job_is_looked_up_once_a_day() -> None:
    more = used(replace(QUIET, jobs=10_000))["dynamodb-reads"] - used()["dynamodb-reads"]
    assert more == 30 * 10_000


def test_a_key_is_asked_for_every_five_minutes_at_most() -> None:
    assert used(replace(QUIET, changes=9_000, alerts=9_000))["kms"] == 2 * 8_640


def test_progress_is_written_only_where_the_source_tells_it_and_a_watch_wants_it() -> None:
    running = replace(QUIET, unfinished=10, moving=50)
    for tells, stalls, moves in ((True, True, 5), (True, False, 0), (False, True, 0)):
        month = used(running, has_progress=tells, stalls=stalls)
        healths = 1 if moves else 0
        assert month["dynamodb-writes"] == 30 + MINUTES * (moves * 3 + healths) + BEATS


@pytest.mark.parametrize(
    ("jobs", "moving", "looked_up"),
    [(2_560, 1, 1 + 2_559 / 256), (2_560, 100, 2_560), (100, 100, 100)],
)
def test_a_look_in_which_many_jobs_move_reads_the_index_once_and_no_job_twice(
    jobs: int, moving: int, looked_up: float
) -> None:
    """100 % of them move, so that each look differs."""
    running = replace(QUIET, jobs=jobs, unfinished=jobs * moving // 100 or 1, moving=100)
    if moving == 1:
        running = replace(running, unfinished=1)
    more = used(running, has_progress=True, stalls=True)["dynamodb-reads"]
    more -= used(running)["dynamodb-reads"]
    entries = -(-running.unfinished * 220 // 4_096) / 2
    assert more == pytest.approx(MINUTES * (looked_up + entries), rel=0.001)


def test_what_is_remembered_is_stored_and_backed_up() -> None:
    """1,400 bytes a job, 280 in the index for people, 320 of an unfinished one, and a health."""
    month = used(replace(QUIET, jobs=1024**3, unfinished=1024))
    assert month["dynamodb-backup"] == pytest.approx(1_400 + 2_200 / 1024**3)
    assert month["dynamodb-storage"] == pytest.approx(1_680 + (1024 * 320 + 2_200) / 1024**3)


SCOPE, PAGE = 0.01 + 0.003 * 1_769 / 512, 0.1 + 0.006 * 1_769 / 512
"""Seconds: waiting for the table and for a page, and a processor of 512 MB."""
OF_BEATS = BEATS * 2 * 0.02 * 0.25
"""GB-seconds of the two functions that the heartbeat wakes."""


@pytest.mark.parametrize(
    ("group", "jobs", "calls", "seconds"),
    [
        ({}, 0, 1, SCOPE + PAGE),
        ({}, 250, 3, SCOPE + 3 * PAGE),
        ({"page": 200}, 250, 2, SCOPE + 2 * PAGE),
        ({"one_page": True}, 250, 1, SCOPE + PAGE),
        ({"named": 7}, 250, 7, SCOPE + 7 * PAGE),
        ({"accounts": so_many(5)}, 500, 1, SCOPE + PAGE),
        ({"parents": 10}, 1_000, 11, 11 * (SCOPE + PAGE)),
        ({"parents": 10, "discover_every": 600}, 1_000, 10.1, 11 * SCOPE + 10.1 * PAGE),
        ({"rate": 1.0}, 3_000, 30, 29),
        ({"idle_every": 600}, 0, 0.55, SCOPE + 0.55 * PAGE),
    ],
)
def test_a_lane_works_off_its_scopes_one_after_the_other_a_call_a_page(
    group: dict[str, Any], jobs: int, calls: float, seconds: float
) -> None:
    """Pages come with jobs. Where a service takes a call a second, the first does not wait."""
    (lane,) = lanes([Group(service="one", **group)], replace(QUIET, jobs=jobs))
    assert (lane.calls, lane.seconds) == (pytest.approx(calls), pytest.approx(seconds))
    month = used(replace(QUIET, jobs=jobs), **group)["lambda-duration"]
    ticks = MINUTES * (0.02 + 0.02) * 0.25
    polls = MINUTES * lane.places * (0.02 + seconds) * 0.5
    assert month == pytest.approx(ticks + polls + OF_BEATS)


@pytest.mark.parametrize(
    ("group", "unfinished", "calls"),
    [
        ({}, 500, 1 + 500),
        ({"batch": 100}, 250, 1 + 3),
        ({"parents": 10, "batch": 100}, 5, 1 + 10 * (1 + 0.5)),
        ({"idle_every": 600}, 10, 0.55 + 10),
        ({"tells_status": True}, 500, 1),
        ({"named": 7, "batch": 5}, 500, 2),
    ],
)
def test_unfinished_jobs_are_asked_for_in_each_tick_where_the_list_tells_no_status(
    group: dict[str, Any], unfinished: int, calls: float
) -> None:
    running = replace(QUIET, unfinished=unfinished)
    (lane,) = lanes([Group(service="one", **{"tells_status": False, **group})], running)
    assert lane.calls == pytest.approx(calls)


def test_a_lane_that_takes_longer_than_its_cadence_is_busy_all_month_and_no_longer() -> None:
    month = used(replace(QUIET, jobs=100_000), rate=1.0)
    of_lanes = MINUTES * (60 * 0.5 + 0.04 * 0.25)
    assert month["lambda-duration"] == pytest.approx(of_lanes + OF_BEATS)


# What is watched


def test_a_file_is_read_as_the_watches_that_are_due_in_their_places(tmp_path: Path) -> None:
    accounts = [{"id": f"{n:012}", "role": "reader"} for n in (1, 2, 3)]
    everywhere = {"accounts": accounts, "regions": ["us-east-1", "eu-west-1"]}
    imports = {"source": "pinpoint.import-jobs"}
    discovers, named, by_id = groups_of(
        tmp_path,
        imports | everywhere,
        imports | {"for": {"ApplicationId": "a"}, "stalled_after": "2 hours"},
        imports | {"for": {"ApplicationId": "a"}, "jobs": ["a", "b", "c"], "every": "5 minutes"},
    )
    (expects,) = groups_of(tmp_path, imports | {"expect": {"within": "1 day"}})
    assert (expects.expects, discovers.expects) == (True, False)
    assert (discovers.places, discovers.leaves, discovers.scopes) == (6, 60, 66)
    assert (named.scopes, named.stalls, named.every) == (1, True, 60)
    assert (by_id.scopes, by_id.named, by_id.every) == (1, 3, 300)
    (many,) = groups_of(tmp_path, {"source": "codepipeline.pipeline-executions"})
    (statusless,) = groups_of(tmp_path, {"source": "iot.thing-registration-tasks"})
    (batched,) = groups_of(tmp_path, {"source": "codedeploy.deployments"})
    assert (statusless.tells_status, statusless.batch, batched.batch) == (False, 1, 25)
    assert (many.scopes, many.discover_every, many.listings()) == (11, 900, 1 / 15)


def test_the_watches_of_the_documents_are_those_that_ship(tmp_path: Path) -> None:
    shipped = ("sesv2.import-jobs", "sesv2.export-jobs", "dataexchange.jobs")
    found = groups_of(tmp_path, *({"source": name} for name in shipped))
    named = zip(found, SHIPPED, strict=True)
    assert [replace(group, watch=each.watch) for group, each in named] == [*SHIPPED]


# What else there is


def test_loops_and_functions_poll_each_running_job_as_often_as_the_watch() -> None:
    for every in (60, 600):
        polls = 2 * MINUTES * 60 / every
        group = Group(service="one", every=every, accounts=so_many(3))
        assert polled([group], 2 / 3) == pytest.approx(polls)
        compared = compare([group], replace(QUIET, jobs=2, unfinished=2), read_prices())
        assert compared.loop.bill.listed == pytest.approx(polls * 3 * 0.025 / 1_000)
        asking = 0.2e-6 + 0.15 * 0.125 * 0.0000133334 + 0.5 * 380 / 1024**3
        assert compared.function.bill.listed == pytest.approx(polls * (1e-6 + asking))


@pytest.mark.parametrize("places", [1, 2_000])
def test_the_break_even_is_the_first_number_of_jobs_at_which_jobwatch_is_cheaper(
    places: int,
) -> None:
    groups = [Group(service="one", accounts=so_many(places))]

    def both(jobs: int) -> tuple[float, float]:
        compared = compare(groups, replace(QUIET, jobs=jobs, unfinished=jobs), read_prices())
        return compared.jobwatch.listed, compared.loop.bill.listed

    ((first, last),) = compare(groups, QUIET, read_prices()).loop.dearer
    assert last is None
    (ours, theirs), (ours_before, theirs_before) = both(first), both(first - 1)
    assert ours < theirs
    assert ours_before >= theirs_before


def test_what_is_never_dearer_has_no_break_even() -> None:
    free = {**read_prices(), "step-functions": made_price("step-functions", usd=0)}
    assert compare([Group(service="one")], QUIET, free).loop.dearer == ()


def test_a_rival_that_is_dearer_for_some_numbers_of_jobs_only_is_said_to_be_so() -> None:
    """The more jobs move, the more of the others are looked up; a loop that cheap is pretended."""
    prices = read_prices()
    loop = replace(prices["step-functions"], usd=0.0255, per=1_000_000)
    group = Group(service="one", has_progress=True, stalls=True)
    few = replace(QUIET, moving=1)
    ((first, last),) = compare([group], few, {**prices, "step-functions": loop}).loop.dearer
    assert last is not None
    for jobs, cheaper in ((first - 1, False), (first, True), (last, True), (last + 1, False)):
        running = replace(few, jobs=jobs, unfinished=jobs)
        found = compare([group], running, {**prices, "step-functions": loop})
        assert (found.jobwatch.listed < found.loop.bill.listed) == cheaper


@pytest.mark.parametrize("every", [15, 60, 300, 900])
@pytest.mark.parametrize("moving", [0, 50, 82, 85, 100])
@pytest.mark.parametrize("unfinished", [1, 10, 149, 10_000])
def test_what_is_said_to_be_cheaper_is_so_by_the_two_sums(
    every: int, moving: int, unfinished: int
) -> None:
    groups = [replace(each, every=every, stalls=True) for each in SHIPPED]
    asked = Activity(jobs=max(unfinished, 1_000), unfinished=unfinished, moving=moving)
    found = compare(groups, asked, read_prices())
    for rival in (found.loop, found.function):
        said = any(a <= unfinished <= (b or unfinished) for a, b in rival.dearer)
        assert said == (found.jobwatch.listed < rival.bill.listed)


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ((), "at no number of jobs"),
        (((1, None),), "from 1 job on"),
        (((2, 5_000),), "from 2 to 5,000 jobs"),
        (((7, 7), (9, None)), "with 7 jobs and from 9 jobs on"),
    ],
)
def test_numbers_of_jobs_are_written_as_people_say_them(
    spans: tuple[tuple[int, int | None], ...], words: str
) -> None:
    assert since(spans) == words


def test_a_dashboard_is_one_and_each_look_at_it_an_invocation_and_the_reads_of_its_watches() -> (
    None
):
    with_one, without = used(replace(QUIET, dashboards=1)), used()
    assert (with_one["dashboards"], without["dashboards"]) == (1, 0)
    looks = 100 * 30
    assert with_one["lambda-requests"] - without["lambda-requests"] == looks
    assert with_one["dynamodb-reads"] - without["dynamodb-reads"] == looks * 14 / 2
    many = [Group(service="one", watch=str(number)) for number in range(200)]
    busy = replace(QUIET, dashboards=1, unfinished=5_000, jobs=5_000)
    reads = (
        usage(many, busy)["dynamodb-reads"]
        - usage(many, replace(busy, dashboards=0))["dynamodb-reads"]
    )
    entries = (5_000 + 2 * 600) * 180 / 4_096
    assert reads == pytest.approx(looks * (50 * 14 + 600 + entries) / 2), "of all that is shown"


def test_however_much_there_is_a_look_at_the_dashboard_goes_through_so_many_entries() -> None:
    def reads(jobs: int) -> float:
        busy = replace(QUIET, unfinished=jobs, jobs=jobs)
        one, other = (used(replace(busy, dashboards=number)) for number in (1, 0))
        return one["dynamodb-reads"] - other["dynamodb-reads"]

    assert reads(10) < reads(5_000) < reads(7_000)
    assert reads(8_000) == pytest.approx(reads(7_000))
