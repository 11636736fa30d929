"""The cost model: its arithmetic by literals, its options, and the documents that quote it."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.config.plan import compile_plan
from lambdas import budgets, handle_poll, handle_publish, handover, tick
from lambdas.digest import NOTHING, PARTS, digest, fingerprint, packed
from lambdas.scopes import first_scopes, rests
from operate.cost import page as cost_page
from operate.cost.__main__ import main
from operate.cost.fleet import Activity, Change, Group, from_plan, looks, made_up
from operate.cost.options import ask
from operate.cost.prices import Price, bill, read_prices
from operate.cost.quantities import Quantities
from operate.cost.rivals import compare
from operate.cost.tables import money, price, said, short_rows
from operate.cost.ticks import seconds
from operate.cost.usage import usage
from tests.stage import CATALOGUE, Stage, functions_on_stage, make_plan
from tests.table import CARRIED, INDEX_KEYS, KEYS
from tests.template import COMPILED, ROOT, of_type
from tests.test_handlers import CONTEXT
from tests.test_metrics import POLLED, PUBLISHED
from tests.values import DAY, NOW, job

Q = Quantities()
QUIET = Activity(jobs=0, unfinished=0, changes=0, alerts=0)
MINUTES = 43_200
"""In a month of the model."""
EMPTY_RECEIVES = 648_000


def used(activity: Activity = QUIET, **group: Any) -> Mapping[str, float]:
    """What a month takes of watches that are alike."""
    return usage([Group(**group)], activity, Q)


def groups_of(folder: Path, watch: Mapping[str, Any], **more: Any) -> list[Group]:
    """The groups of a file with one watch."""
    file = folder / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": {"one": watch}}), encoding="utf-8")
    usual = {"parents": 10, "pages": 7, "what_if": Change()}
    return from_plan(compile_plan(file, CATALOGUE).document, **usual | more)


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
    """101 scopes are five messages, and some more, as not every group's last one is full."""
    whole, split = used(places=100), used(places=101)
    assert whole["lambda-requests"] == MINUTES
    assert whole["sqs-fifo"] == EMPTY_RECEIVES
    assert split["lambda-requests"] == MINUTES * (1 + 8)
    assert split["sqs-fifo"] == EMPTY_RECEIVES + MINUTES * (1 + 8 + 8)


def test_messages_are_sent_ten_at_a_time() -> None:
    month = used(places=25 * 60)
    assert month["sqs-fifo"] == EMPTY_RECEIVES + MINUTES * (8 + 80 + 80)


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
    assert (together["metrics"], apart["metrics"]) == (6, 7)
    assert (together["alarms"], apart["alarms"]) == (10, 12)


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
        ({"scopes_of_place": 5}, 0.02 + 2 * 0.11),  # four at a time to one service in one place
        ({"scopes_of_place": 100}, 0.02 + 25 * 0.11),
        ({"places": 200}, 12 * 0.02 + 200 * 0.005 / 0.29 + 0.02),  # messages, and their sending
        ({"scopes_of_place": 200}, 12 * (0.02 + 7 * 0.11) + 0.02),
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


# The command


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--every", "5m"], '--every: found "5m", expected a duration from 10 seconds to 1 day'),
        (["--every", "0 seconds"], '--every: found "0 seconds", expected a duration'),
        (["--every", "25 seconds"], '--every: found "25 seconds", expected whole minutes, or one'),
        (["--every", "2 days"], '--every: found "2 days", expected a duration'),
        (["--jobs", "many"], '--jobs: found "many", expected a whole number from 0'),
        (["--accounts", "0"], '--accounts: found "0", expected a whole number from 1'),
        (["--moving", "101"], '--moving: found "101", expected a percentage from 0 to 100'),
        (["--unfinished", "11", "--jobs", "9"], "--unfinished: found 11, expected at most the 9"),
        (["--alerts", "101"], "--alerts: found 101, expected at most the 100 of --changes"),
        (
            ["--every", "2 minutes", "--idle-every", "1 minute"],
            "--idle-every: found 1 minute, expected at least the 2 minutes of --every",
        ),
        (["--evry", "5"], 'found "--evry", expected an option; did you mean --every?'),
        (["--jobs"], "--jobs: expected one argument"),
    ],
)
def test_a_wrong_option_is_told_in_a_line(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(options)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"make cost: {said}")
    assert second == 'make cost ARGS="--help" lists the options.'
    assert stopped.value.code == 2


def test_a_wrong_file_is_told_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text("watches:\n  one:\n    sauce: x\n", encoding="utf-8")
    assert main(["--file", str(file)]) == 1
    assert "watches.one.sauce" in capsys.readouterr().err


def test_the_addresses_of_the_file_are_those_that_are_mailed(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    watches = {"one": {"source": "dataexchange.jobs"}}
    alerts = {"email": ["a@example.com", "b@example.com"]}
    file.write_text(yaml.safe_dump({"watches": watches, "alerts": alerts}), encoding="utf-8")
    assert ask(["--file", str(file)]).activity.emails == 2
    assert ask(["--file", str(file), "--emails", "7"]).activity.emails == 7


@pytest.mark.parametrize(
    "options",
    ["--watches 3", "--watches 900 --accounts 1000 --regions 20 --every '10 seconds' --emails 99"],
)
def test_what_it_prints_fits_100_columns(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(options)) == 0
    printed = capsys.readouterr().out
    first, second = printed.splitlines()[:2]
    assert re.fullmatch(r"\$[\d,.]+ a month at list prices, \$[\d,.]+ after free tier", first)
    assert second.startswith(options.split()[1])
    assert max(map(len, printed.splitlines())) <= 100
    assert len(printed.splitlines()) <= 25
    assert "\nJobwatch is cheaper than loops from " in printed


def test_what_it_prints_adds_up() -> None:
    question = ask(["--watches", "3"])
    compared = compare(question.groups, question.activity, read_prices(), Q)
    shown = [row for row in short_rows(compared) if row[1]]
    lines = [line for line in compared.jobwatch.lines if line.listed >= 0.01]
    assert [row[0] for row in shown] == [line.price.label for line in lines]
    *_, (said, _, listed, after_free) = short_rows(compared)
    others = [line for line in compared.jobwatch.lines if line.listed < 0.01]
    assert said == f"{len(others)} more, below a cent each"
    assert listed == money(sum(line.listed for line in others))
    assert after_free == money(sum(line.after_free for line in others))


def test_what_is_taken_for_granted_is_said() -> None:
    options = "--watches 1 --every '30 seconds' --idle-every '1 hour' --jobs 20 --emails 1"
    assert said(ask(shlex.split(options))) == (
        "1 watch in 1 scope, every 30 seconds (1 hour while idle); 20 jobs (10 unfinished); "
        "100 changes and 5 alerts a day, mailed to 1 address"
    )


# The constants, held against the stack and the functions


def test_memory_metrics_and_alarms_are_the_stacks() -> None:
    sizes = {f["MemorySize"] for f in of_type("AWS::Lambda::Function").values()}
    assert sizes == {Q.poll_gb * 1024, Q.publish_gb * 1024}
    assert pytest.approx(Q.poll_gb * 1024 / 1769, abs=0.005) == Q.poll_vcpu
    assert len(POLLED | PUBLISHED) == Q.metrics + Q.metrics_of_cadence
    cadences = 2
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == Q.alarms + cadences * Q.alarms_of_cadence


def test_every_queue_that_lambda_polls_is_counted() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping").values()
    queues = [each for each in mappings if "StartingPosition" not in each]
    month = used(every=min(COMPILED.cadences))
    polled = [month[queue] >= EMPTY_RECEIVES for queue in ("sqs-fifo", "sqs-standard")]
    assert len(queues) == sum(polled)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Jobwatch")
    watches = {"ses-imports": {"source": "sesv2.import-jobs"}}
    with functions_on_stage(tmp_path, monkeypatch, watches) as stage:
        yield stage


LAMBDAS_LINES = 378
"""Bytes of START, END and REPORT, with what CloudWatch adds to each line."""


def logged(text: str) -> int:
    """The bytes that CloudWatch counts: each line and 26 more."""
    return sum(len(line.encode()) + 26 for line in text.splitlines()) + LAMBDAS_LINES


IN_INDEX = {*KEYS, *INDEX_KEYS, *CARRIED}


def stored(item: Mapping[str, Mapping[str, str]]) -> int:
    """The bytes of an item as DynamoDB counts them, numbers as if they were texts."""
    return sum(len(name) + len(str(*of.values()).encode()) for name, of in item.items())


def in_index(item: Mapping[str, Mapping[str, str]]) -> int:
    """The bytes of an item's entry in the index."""
    return stored({name: of for name, of in item.items() if name in IN_INDEX})


def test_logs_and_items_are_as_large_as_they_are_counted(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    handle_poll.handler({}, CONTEXT)
    stage.api.put("0" * 32, "PROCESSING", CreatedTimestamp=stage.now)
    handle_poll.handler({}, CONTEXT)
    capsys.readouterr()
    handle_poll.handler({}, CONTEXT)
    polled = logged(capsys.readouterr().out)
    handle_publish.handler({"Records": stage.records()}, None)
    published = logged(capsys.readouterr().out)
    (item,) = [item for item in stage.items() if "announce" in item]
    (scope,) = [item for item in stage.items() if "health" in item]
    assert 0.75 * Q.poll_log < polled <= Q.poll_log + Q.watch_log
    assert 0.75 * Q.publish_log < published <= Q.publish_log
    assert 0.6 * Q.item_bytes < stored(item) <= Q.item_bytes
    assert 0.75 * Q.entry_bytes < in_index(item) <= Q.entry_bytes
    assert 0.75 * Q.health_bytes < in_index(scope) < stored(scope) <= Q.health_bytes


@pytest.mark.parametrize("jobs", [1, 10, 50, 150, 1_000, 10_000])
def test_a_digest_is_as_large_as_it_is_counted(jobs: int) -> None:
    size = len(packed(digest(fingerprint(job(job_id=str(number))) for number in range(jobs))))
    counted = min(jobs * Q.digest_bytes, Q.digest_most)
    assert 0.5 * counted < size <= counted + len(packed(NOTHING))


def test_a_quiet_tick_asks_the_table_once_and_a_whole_one_follows_a_day_later(
    stage: Stage,
) -> None:
    asked: list[str] = []
    events = stage.dynamodb.meta.events
    stage.poll()
    events.register("before-call.dynamodb", lambda model, **_: asked.append(model.name))
    stage.poll()
    assert asked == ["Query"]
    asked.clear()
    stage.poll(later=DAY / Q.whole_reads)
    assert asked == ["Query", "Query", "PutItem"]


def test_a_health_is_written_when_a_job_ends_and_when_the_list_drops_it(stage: Stage) -> None:
    def healths() -> int:
        return sum("health" in each["dynamodb"]["NewImage"] for each in stage.records())

    stage.poll()
    healths()
    found = []
    for status in ("CREATED", "PROCESSING", "COMPLETED"):
        stage.api.put("j", status, CreatedTimestamp=stage.now)
        stage.poll()
        found.append(healths())
    assert found == [0, 0, 1]
    stage.api.jobs.clear()
    stage.poll()
    assert sum(found) + healths() == Q.health_writes


def test_what_the_functions_spread_and_hold_back_is_what_is_counted() -> None:
    assert (Q.scopes_of_tick, Q.threads, Q.burst) == (tick.MOST, tick._THREADS, budgets.BURST)
    spread = (handover.PER_MESSAGE, handover.MOST_GROUPS, handover._PER_CALL)
    assert spread == (Q.scopes_of_message, Q.groups, Q.messages_of_send)
    assert Q.digest_parts == PARTS


def test_an_idle_scope_is_asked_at_as_many_ticks_as_are_counted(tmp_path: Path) -> None:
    watch = {"source": "dataexchange.jobs", "every": "2 minutes", "idle_every": "15 minutes"}
    (group,) = groups_of(tmp_path, watch)
    (of_plan,) = make_plan(tmp_path, {"one": watch}).watches.values()
    (scope,) = first_scopes(of_plan, "111122223333", "eu-west-1")
    ticks = [NOW + timedelta(minutes=2 * number) for number in range(70)]
    asked = sum(not rests(scope, of_plan, due) for due in ticks)
    assert asked / len(ticks) == looks(group, replace(QUIET, busy=0))


def test_the_page_of_a_sorted_list_is_the_catalogues(tmp_path: Path) -> None:
    (source,) = make_plan(tmp_path, {"one": {"source": "dataexchange.jobs"}}).sources.values()
    assert source.newest_first
    assert source.listing.parameters["MaxResults"] == Q.sorted_page


def test_every_constant_has_a_unit_a_basis_and_a_reason() -> None:
    for each in fields(Q):
        assert each.metadata["basis"] in {"rule", "design", "measured", "assumed"}
        assert each.metadata["unit"]
        assert each.metadata["why"]


# The documents


def test_the_page_of_costs_and_the_readme_are_fresh() -> None:
    page = cost_page.PAGE.read_text(encoding="utf-8")
    readme = cost_page.README.read_text(encoding="utf-8")
    assert cost_page.cost_page(page) == page, "run `make docs`"
    assert cost_page.readme(readme) == readme, "run `make docs`"


def test_the_examples_of_the_documents_are_options_that_there_are() -> None:
    for file in (cost_page.PAGE, cost_page.README):
        shown = re.findall(r'make cost ARGS="(.*?)"', file.read_text(encoding="utf-8"))
        assert shown
        for options in shown:
            assert ask(shlex.split(options)).groups


def test_the_readme_says_no_other_figure_than_the_model() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8")
    section = section.split("## What it costs")[1].split("\n## ")[0]
    before, rest = section.split(cost_page.START)
    assert "$" not in before + rest.split(cost_page.END)[1]
