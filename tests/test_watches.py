"""`watches.yaml`: what may stand in it, and what a person is told of what may not."""

import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.config.checks import check_watches
from infra.config.files.documents import Document
from infra.config.files.durations import DAY, HOUR, MINUTE, seconds
from infra.config.files.mistakes import Mistakes
from infra.config.plan_values import ALERTS_ON, policy_of
from infra.config.watches import WatchesFile
from lambdas.plan import Policy
from tests.catalogue import compile_plan, ours

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "data" / "mistakes"
RIGHT = ROOT / "tests" / "data" / "watches"


def read(watch=(), **file):
    watches = {"a": {"source": "sesv2.import-jobs", **dict(watch)}}
    return WatchesFile.model_validate({"watches": watches, **file})


@pytest.mark.parametrize("name", sorted(file.stem for file in CASES.glob("*.yaml")))
def test_every_mistake_of_a_file_is_told_in_its_line(name, monkeypatch):
    monkeypatch.chdir(CASES)
    with pytest.raises(Mistakes) as raised:
        compile_plan(Path(f"{name}.yaml"), ROOT / "catalogue")
    told = [str(mistake) for mistake in raised.value.mistakes]
    assert told == (CASES / f"{name}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", ["first", "whole"])
def test_what_the_contract_shows_is_a_right_file(name):
    assert compile_plan(RIGHT / f"{name}.yaml", ROOT / "catalogue").plan.watches


def test_ten_mistakes_are_ten_lines():
    assert len((CASES / "ten.txt").read_text(encoding="utf-8").splitlines()) == 10


def test_no_line_speaks_in_the_terms_of_a_library():
    told = "".join(file.read_text(encoding="utf-8") for file in CASES.glob("*.txt")).lower()
    for jargon in ("input should", "validation", "pydantic", "dict", "string", "type="):
        assert jargon not in told


@pytest.mark.parametrize("text", ["watches:", "watches: {}", "watches: []", "{}", "[]", "x"])
def test_a_file_without_a_watch_is_a_mistake(tmp_path, text):
    (tmp_path / "watches.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Mistakes):
        compile_plan(tmp_path / "watches.yaml", ROOT / "catalogue")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 second", 1),
        ("1 minute", MINUTE),
        ("5 minutes", 5 * MINUTE),
        ("2 hours", 2 * HOUR),
        ("30 days", 30 * DAY),
        ("2 weeks", 14 * DAY),
        ("5minutes", None),
        ("5", None),
        ("minutes", None),
        ("-5 minutes", None),
        ("1.5 hours", None),
        ("5 months", None),
        ("٣ days", None),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["1 minute", "120 seconds", "24 hours", "1 day"])
def test_every_is_from_a_minute_to_a_day_in_whole_minutes(text):
    assert read({"every": text}).watches["a"].every == seconds(text)


@pytest.mark.parametrize("number", [10, 15, 20, 30])
def test_every_is_also_what_divides_a_minute(number):
    assert read({"every": f"{number} seconds"}).watches["a"].every == number


@pytest.mark.parametrize("text", ["5 seconds", "12 seconds", "45 seconds", "59 seconds"])
def test_every_is_nothing_else_below_a_minute(text):
    with pytest.raises(ValidationError):
        read({"every": text})


@pytest.mark.parametrize("text", ["0 minutes", "90 seconds", "25 hours", "2 days"])
def test_every_is_nothing_else(text):
    with pytest.raises(ValidationError):
        read({"every": text})


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("11 seconds", "10 seconds"),
        ("16 seconds", "15 seconds"),
        ("40 seconds", "30 seconds"),
        ("50 seconds", "1 minute"),
        ("100 seconds", "2 minutes"),
        ("3601 seconds", "1 hour"),
        ("86399 seconds", "1 day"),
        ("9 seconds", None),
        ("2 days", None),
        ("15s", "15 seconds"),
        ("5", "5 minutes"),
        ("0", None),
    ],
)
def test_the_nearest_cadence_is_told(text, nearest):
    with pytest.raises(ValidationError) as raised:
        read({"every": text})
    (error,) = raised.value.errors()
    assert error["ctx"]["nearest"] == nearest


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("30", "30 days"),
        ("10 years", "3650 days"),
        ("11 years", None),
        ("1 month", "30 days"),
        ("2 fortnights", None),
    ],
)
def test_the_nearest_retention_is_told(text, nearest):
    assert hint("retention", text) == nearest


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("1_000", "1000"), ("1,000", "1000"), ("9,999", None), ("1.5", None), ("10,00", None)],
)
def test_a_number_in_groups_is_told_without_them(text, nearest):
    assert hint("concurrency", text) == nearest


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Ops <ops@example.com>", "ops@example.com"),
        ("mailto:ops@example.com.", "ops@example.com"),
        ("öps@example.com", None),
        ("o\u0308ps@example.com", None),
        ("jürgen@example.com", None),
        ("jü.r@example.com", None),
        ("ops@example.comé", None),
        ("ops@example.com.é", None),
    ],
)
def test_no_strangers_address_is_told_as_the_nearest(text, nearest):
    assert hint("alerts", {"email": [text]}) == nearest


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("Été 2026", "ete-2026"), ("Straße", "strasse"), ("日本", None), ("søk", None), ("--", "--")],
)
def test_the_nearest_name_is_told_without_accents(text, nearest):
    found = hint("watches", {text: {"source": "sesv2.import-jobs"}}) if text != "--" else "--"
    assert found == nearest


def hint(key, value):
    with pytest.raises(ValidationError) as raised:
        WatchesFile.model_validate({"watches": {"a": {"source": "sesv2.import-jobs"}}, key: value})
    (error,) = raised.value.errors()
    return error["ctx"]["nearest"]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("15 minutes", True),
        ("90 seconds", True),
        ("60 seconds", True),
        ("59 seconds", False),
        ("1 day", True),
        ("25 hours", False),
    ],
)
@pytest.mark.parametrize("key", ["idle_every", "discover_every"])
def test_idle_every_and_discover_every_are_from_every_to_a_day(key, text, fits):
    if fits:
        assert getattr(read({key: text}).watches["a"], key) == seconds(text)
    else:
        with pytest.raises(ValidationError):
            read({key: text})


def test_idle_every_may_be_below_a_minute_where_every_is():
    watch = read({"idle_every": "20 seconds", "every": "10 seconds"}).watches["a"]
    assert (watch.every, watch.idle_every) == (10, 20)
    with pytest.raises(ValidationError):
        read({"idle_every": "10 seconds", "every": "20 seconds"})


@pytest.mark.parametrize(
    ("text", "fits"),
    [("1 minute", True), ("59 seconds", False), ("365 days", True), ("366 days", False)],
)
def test_stalled_after_is_from_a_minute_to_a_year(text, fits):
    if fits:
        assert read({"stalled_after": text}).watches["a"].stalled_after == seconds(text)
    else:
        with pytest.raises(ValidationError):
            read({"stalled_after": text})


@pytest.mark.parametrize(
    ("text", "fits"),
    [("1 minute", True), ("59 seconds", False), ("365 days", True), ("366 days", False)],
)
def test_max_duration_is_from_a_minute_to_a_year(text, fits):
    if fits:
        assert read({"max_duration": text}).watches["a"].max_duration == seconds(text)
    else:
        with pytest.raises(ValidationError):
            read({"max_duration": text})


def test_discover_every_is_not_below_every():
    with pytest.raises(ValidationError):
        read({"discover_every": "4 minutes", "every": "5 minutes"})


def test_stalled_after_is_not_below_every_whichever_comes_first():
    assert read({"stalled_after": "5 minutes", "every": "5 minutes"})
    with pytest.raises(ValidationError):
        read({"stalled_after": "4 minutes", "every": "5 minutes"})


@pytest.mark.parametrize(
    ("text", "fits"),
    [("1 day", True), ("23 hours", False), ("3650 days", True), ("3651 days", False)],
)
def test_retention_is_from_a_day_to_ten_years(text, fits):
    if fits:
        assert read(retention=text).retention == seconds(text)
    else:
        with pytest.raises(ValidationError):
            read(retention=text)


def test_what_is_left_out_is_as_the_contract_says():
    file = read()
    watch = file.watches["a"]
    assert (watch.for_, watch.jobs, watch.regions, watch.accounts) == ({}, (), (), ())
    assert (watch.every, watch.idle_every, watch.stalled_after) == (MINUTE, None, None)
    assert watch.max_duration is None
    assert watch.discover_every is None
    assert (policy_of(watch, file), file.alerts.email) == (Policy(frozenset(ALERTS_ON)), ())
    assert {*ALERTS_ON} == {"FAILED", "PARTIAL"}
    assert file.recipients == {}
    assert file.retention == 30 * DAY
    assert file.concurrency == 5


@pytest.mark.parametrize("name", ["a", "0", "-", "a" * 48])
def test_a_name_is_of_small_letters_digits_and_hyphens(name):
    assert name in WatchesFile.model_validate({"watches": {name: {"source": "x"}}}).watches


@pytest.mark.parametrize("name", ["", "A", "a_b", "a b", "a.b", "é", "a\n", "a" * 49])
def test_a_name_is_nothing_else(name):
    with pytest.raises(ValidationError):
        WatchesFile.model_validate({"watches": {name: {"source": "x"}}})


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1"])
def test_a_region_of_any_partition_may_be_named(region):
    assert read({"regions": [region]}).watches["a"].regions == (region,)


@pytest.mark.parametrize("region", ["", "eu-west-9", "EU-WEST-1", "aws-global", "eu-west-1 "])
def test_a_region_that_aws_does_not_have_is_a_mistake(region):
    with pytest.raises(ValidationError):
        read({"regions": [region]})


@pytest.mark.parametrize("role", ["jobwatch-reader", "team/readers/jobwatch", "a+b=c,d.e@f_g"])
def test_a_role_is_a_name_with_or_without_a_path(role):
    watch = read({"accounts": [{"id": "111122223333", "role": role}]}).watches["a"]
    assert watch.accounts[0].role == role


@pytest.mark.parametrize("role", ["", "*", "a/*", "{x}", "a b", "a/", "/a", "x" * 65])
def test_a_role_is_nothing_else(role):
    with pytest.raises(ValidationError):
        read({"accounts": [{"id": "111122223333", "role": role}]})


@pytest.mark.parametrize("account", ["", "11112222333", "1111222233334", "11112222333x"])
def test_an_account_is_twelve_digits(account):
    with pytest.raises(ValidationError):
        read({"accounts": [{"id": account, "role": "x"}]})


@pytest.mark.parametrize("external_id", ["ab", "A9_+=,.@:/-", "x" * 1224])
def test_an_external_id_is_what_aws_takes(external_id):
    account = {"id": "111122223333", "role": "x", "external_id": external_id}
    watch = read({"accounts": [account]}).watches["a"]
    assert watch.accounts[0].external_id == external_id


@pytest.mark.parametrize("external_id", ["", "a", "a b", "é" * 3, "a*", "${x}", "x" * 1225])
def test_an_external_id_is_nothing_else(external_id):
    with pytest.raises(ValidationError):
        read({"accounts": [{"id": "111122223333", "role": "x", "external_id": external_id}]})


def test_an_id_may_hold_any_characters():
    odd = "arn:aws:x/é *{}\n"
    watch = read({"for": {"ApplicationId": odd}, "jobs": [odd]}).watches["a"]
    assert (watch.for_["ApplicationId"], watch.jobs) == (odd, (odd,))


@pytest.mark.parametrize("text", ["2", "10", "1000", 7])
def test_concurrency_is_what_lambda_lets_a_queue_ask_for(text):
    assert read(concurrency=text).concurrency == int(text)


@pytest.mark.parametrize("text", ["1", "1001", "0", "-2", "2.5", "", "ten", "٣", " 5", None, True])
def test_concurrency_is_nothing_else(text):
    with pytest.raises(ValidationError):
        read(concurrency=text)


def test_a_watch_names_a_thousand_jobs_at_most():
    jobs = [f"job-{number}" for number in range(1_001)]
    assert len(read({"jobs": jobs[1:]}).watches["a"].jobs) == 1_000
    with pytest.raises(ValidationError):
        read({"jobs": jobs})


@pytest.mark.parametrize("letter", ["x", "é", "🚀"])
def test_an_id_is_of_a_thousand_and_twenty_four_bytes_at_most(letter):
    longest = letter * (1_024 // len(letter.encode()))
    assert read({"jobs": [longest]}).watches["a"].jobs == (longest,)
    for wrong in ({"jobs": [longest + "x"]}, {"for": {"ApplicationId": longest + "x"}}):
        with pytest.raises(ValidationError):
            read(wrong)


def test_what_is_too_many_for_one_watch_is_told_in_one_line(tmp_path):
    file = tmp_path / "watches.yaml"
    jobs = "".join(f"      - job-{number}\n" for number in range(1_001))
    text = f"concurrency: 1\nwatches:\n  a:\n    source: sesv2.import-jobs\n    jobs:\n{jobs}"
    file.write_text(f"{text}  b: {{source: sesv2.import-jobs, jobs: [{'x' * 1_025}]}}\n")
    with pytest.raises(Mistakes) as raised:
        compile_plan(file, ROOT / "catalogue")
    assert [str(mistake).removeprefix(f"{file}:") for mistake in raised.value.mistakes] == [
        '1: concurrency: found "1", expected a whole number from 2 to 1,000',
        "5: watches.a.jobs: found 1,001 of them, expected at most 1,000",
        f'1007: watches.b.jobs[0]: found "{"x" * 59}…", expected an id of at most 1,024 bytes',
    ]


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0"])
def test_a_blank_id_is_a_mistake(blank):
    for watch in ({"jobs": [blank]}, {"for": {"ApplicationId": blank}}):
        with pytest.raises(ValidationError):
            read(watch)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "watches:\n  a: &w {source: sesv2.import-jobs}\n  b: {<<: *w, every: 5 minutes}",
            ["3: watches.b.<<: found the merge key <<, expected each key by itself"],
        ),
        (
            "watches:\n  a: &w\n    source: sesv2.import-jobs\n    for: *w",
            ["4: watches.a.for: found an alias of what it stands in, expected a value"],
        ),
    ],
)
def test_one_mistake_of_yaml_is_one_line(tmp_path, text, told):
    file = tmp_path / "watches.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Mistakes) as raised:
        compile_plan(file, ROOT / "catalogue")
    found = [str(each).removeprefix(f"{file}:") for each in raised.value.mistakes]
    assert found == told


def test_a_text_that_no_file_can_hold_is_a_mistake(tmp_path):
    file = tmp_path / "watches.yaml"
    file.write_text('watches: {a: {source: sesv2.import-jobs, jobs: ["\\ud800"]}}\n')
    with pytest.raises(Mistakes) as raised:
        compile_plan(file, ROOT / "catalogue")
    assert str(raised.value) == (f'{file}:1: watches.a.jobs[0]: found "\\ud800", expected text')


def test_a_watch_whose_row_is_wrong_is_not_blamed_for_it(tmp_path):
    catalogue = tmp_path / "catalogue"
    catalogue.mkdir()
    row = "service: sesv2\nsources: {import-jobs: {label: x}}\n"
    (catalogue / "sesv2.yaml").write_text(row, encoding="utf-8")
    watches = tmp_path / "watches.yaml"
    watches.write_text("watches: {a: {source: sesv2.import-jobs}}", encoding="utf-8")
    with pytest.raises(Mistakes) as raised:
        compile_plan(watches, catalogue)
    assert {Path(m.file).name for m in raised.value.mistakes} == {"sesv2.yaml"}


def told_of(tmp_path, text):
    file = tmp_path / "watches.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        compile_plan(file, ROOT / "catalogue")
    except Mistakes as found:
        return [str(mistake).split(": ", 1)[1] for mistake in found.mistakes]
    return []


@pytest.mark.parametrize(("count", "fits"), [(100, True), (101, False)])
def test_a_hundred_addresses_may_be_subscribed(tmp_path, count, fits):
    emails = ", ".join(f"a{n}@example.com" for n in range(count))
    text = f"watches: {{a: {{source: sesv2.import-jobs}}}}\nalerts: {{email: [{emails}]}}\n"
    told = ["alerts.email: found 101 of them, expected at most 100"]
    assert told_of(tmp_path, text) == ([] if fits else told)


def test_addresses_that_the_cdk_takes_for_the_same_are_told(tmp_path):
    emails = "a/b@x.yy, c@x.yy, a--b@x.yy"
    text = f"watches: {{a: {{source: sesv2.import-jobs}}}}\nalerts: {{email: [{emails}]}}\n"
    words = 'none beside "a/b@x.yy", as the CDK takes / for --'
    told = f'alerts.email[2]: found "a--b@x.yy", expected {words}'
    assert told_of(tmp_path, text) == [told]


@pytest.mark.parametrize(("count", "fits"), [(40, True), (41, False)])
def test_watches_may_have_forty_cadences(tmp_path, count, fits):
    lines = [
        f"  w{n}: {{source: sesv2.import-jobs, every: {n} minutes}}" for n in range(1, count + 1)
    ]
    text = "\n".join(["watches:", *lines, *(line.replace(": ", "b: ", 1) for line in lines)])
    words = "one of the 40 cadences above, as a stack has room for no more"
    told = [f'watches.w41.every: found "41 minutes", expected {words}']
    assert told_of(tmp_path, text) == ([] if fits else told)


@pytest.mark.parametrize(("count", "fits"), [(5_000, True), (5_001, False)])
def test_five_thousand_watches_are_the_most(count, fits):
    watches = {f"w{n}": {"source": "sesv2.import-jobs"} for n in range(count)}
    document = Document("watches.yaml", {"watches": watches}, {("watches",): 1})
    told = [str(mistake) for mistake in check_watches(document, ours())]
    line = "watches.yaml:1: watches: found 5,001 of them, expected at most 5,000"
    assert told == ([] if fits else [line])


W = "watches:\n  a:\n    source: sesv2.import-jobs\n"
HOSTILE = {
    "many jobs": (W + f"    jobs: [{', '.join(f'j{n}' for n in range(30_000))}]", 1),
    "one job again and again": (W + f"    jobs: [{', '.join(['j'] * 3_000)}]", 1_001),
    "jobs behind an alias": (
        'x: &x "' + "é" * 9_000 + f'"\nwatches: {{a: {{source: s, jobs: [{"*x, " * 9_000}]}}}}',
        1_001,
    ),
    "python": ('watches: !!python/object/apply:os.system ["touch pwned"]', 1),
    "python's name": ("!!python/name:os.system {}", 1),
    "a set": ("watches: !!set {a, b}", 2),
    "halves": (W + '    jobs: ["\\ud800"]', 1),
    "a name of halves": ('watches: {"\\ud800": {source: sesv2.import-jobs}}', 1),
    "signs": ('watches: {"\\e[31m\\u202e": {source: "\\x07\\u200b\\U000e0041"}}', 2),
    "a number": (W + "concurrency: " + "9" * 9_000, 1),
    "a grouped number": (W + "concurrency: '1" + ",111" * 2_000 + "'", 1),
    "a duration": (W + "    every: '" + "1" * 9 + " " * 9_000 + "minutes'", 1),
    "an address": (W + "alerts: {email: ['" + "a@" * 4_900 + "']}", 1),
    "another address": (W + "alerts: {email: ['a@" + "a-" * 4_900 + "']}", 1),
    "names of nobody": (
        W
        + f"    alerts: {{to: [{', '.join(f'rx{n}' for n in range(6_000))}]}}\n"
        + f"recipients: {{{', '.join(f're{n}: x' for n in range(6_000))}}}\n",
        1_001,
    ),
    "tags": (W + f"stack: {{tags: {{{', '.join(f'k{n}: v' for n in range(51))}}}}}\n", 1),
    "a role": (W + "    accounts: [{id: '111122223333', role: '" + "a/" * 4_900 + "!'}]", 1),
}


@pytest.mark.parametrize(("text", "most"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_ends_soon_in_lines_that_a_terminal_may_show(tmp_path, text, most):
    """S16."""
    (tmp_path / "watches.yaml").write_text(text, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(Mistakes) as raised:
        compile_plan(tmp_path / "watches.yaml", ROOT / "catalogue")
    assert time.process_time() - began < 20
    told = [str(mistake) for mistake in raised.value.mistakes]
    assert 1 <= len(told) <= most
    assert all(line.isprintable() and len(line) < 600 for line in told)
    assert not Path("pwned").exists()
