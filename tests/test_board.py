"""The board's page: what it shows of jobs, and that nothing of it is a stranger's but text."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from lambdas.board.asked import DARK, LIGHT, STATUSES, Asked, read_asked
from lambdas.board.handler import calling
from lambdas.board.page import ON_A_PAGE
from lambdas.board.shown import LONGEST, LONGEST_REASON
from lambdas.board.style import COLOURS, GROUND, LINE
from lambdas.legible import legible
from lambdas.store.listing import Count
from lambdas.times import iso
from tests.board import Read, board, found, remembered, varied
from tests.contrast import ENOUGH, contrast
from tests.secret_texts import SECRETS, TEXTS
from tests.values import NOW

CORPUS = yaml.safe_load((Path(__file__).parent / "data" / "hostile.yaml").read_text("utf-8"))
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "</td></table></div><h1>all is well</h1>",
    "<cwdb-action action='call' endpoint='arn:aws:lambda:x'>{}</cwdb-action>",
    "<!-- & -->",
    "' onmouseover='alert(1)",
]
HOSTILE = [
    *MARKUP,
    *TEXTS.values(),
    *(text for kind, texts in CORPUS.items() if kind != "repeated" for text in texts),
    *(text * times for text, times in CORPUS["repeated"]),
]
OURS = {
    *("div", "style", "span", "a", "table", "thead", "tbody", "tr", "th", "td", "br", "p"),
    *("svg", "rect", "text", "title"),
}
LARGEST = 200_000
"""Bytes of a page; Lambda answers with six million at most."""


def hostile(number: int, text: str) -> Any:
    """A job in each of whose fields a stranger wrote."""
    failure = {"code": text, "message": text, "details": [text]}
    names = ("job_id", "job_name", "job_type", "job_arn", "account", "region", "raw_status")
    given = {**dict.fromkeys(names, text), "failure": failure, "console_url": text}
    job = remembered(number, **given)
    return replace(job, detail={**job.detail, **given, "parameters": {text: text}})


def test_a_job_is_a_row_with_its_name_and_place_how_far_it_is_and_why_it_failed() -> None:
    progress = {"total": 400, "processed": 100, "failed": 12}
    job = remembered(30, job_name="contacts of May", job_type="PUT", progress=progress)
    rows = Read(board(found([job]))).text.split("\n")
    for shown in (
        *("FAILED", "contacts of May", "j30", "PUT", "The file has a malformed row"),
        *("contact-imports", "111122223333 eu-west-1", "100 of 400, 12 failed"),
        *("11:20 to 11:30 UTC", "10 min", "ended 30 min ago"),
    ):
        assert shown in rows
    assert "width:25%" in board(found([job]))


def test_an_unfinished_job_lasts_so_far_and_its_line_goes_on_to_now() -> None:
    job = remembered(30, "RUNNING")
    html = board(found([replace(job, stalled=True)]))
    text = Read(html).text
    assert "40 min" in text
    assert "so far" in text
    assert "stalled" in text
    assert "stalled" not in Read(board(found([job]))).text


@pytest.mark.parametrize(
    ("status", "ago", "said"),
    [
        ("RUNNING", timedelta(hours=3), "since {began:%H:%M} UTC"),
        ("RUNNING", timedelta(days=3), "since {began:%Y-%m-%d %H:%M} UTC"),
        ("FAILED", timedelta(days=3), "{began:%Y-%m-%d %H:%M} to {now:%H:%M} UTC"),
    ],
)
def test_when_a_job_began_has_its_date_where_that_is_not_in_the_last_day(
    status: str, ago: timedelta, said: str
) -> None:
    began = NOW - ago
    html = board(found([remembered(0, status, created_at=iso(began))]))
    assert f"<title>{said.format(began=began, now=NOW)}</title>" in html


def test_a_job_without_known_progress_has_no_bar_and_no_division_by_nothing() -> None:
    for progress in (
        {"total": None, "processed": None, "failed": None},
        {"total": 0, "processed": 0, "failed": 0},
        {"total": None, "processed": 7, "failed": None},
    ):
        html = board(found([remembered(progress=progress)]))
        assert 'class="bar"' not in html
    assert "7 done" in html
    over = board(found([remembered(progress={"total": 5, "processed": 9, "failed": None})]))
    assert "width:100%" in over


def test_each_watch_and_status_is_counted_and_trouble_comes_first() -> None:
    jobs = [
        *(remembered(n, "SUCCEEDED", watch="a") for n in range(5)),
        *(remembered(n, "FAILED", watch="b") for n in range(2)),
    ]
    read = Read(board(found(jobs)))
    assert [each for each in read.having("data-asks") if "watch" in each] == [
        *("watch=b page=1", "watch=a page=1")
    ]
    buttons = [each for each in read.having("data-asks") if "status" in each]
    assert buttons == ["status=FAILED page=1", "status=SUCCEEDED page=1"]
    assert "FAILED 2" in read.text
    assert "SUCCEEDED 5" in read.text


def test_where_there_are_more_than_were_counted_it_says_so() -> None:
    counts = {"a": {"FAILED": Count(1_000, more=True)}}
    text = Read(board(found([remembered(watch="a")], counts=counts, whole=False, left_out=3))).text
    assert "FAILED 1,000+" in text
    assert "the newest: there are more" in text
    assert "3 watches are not looked at" in text


def test_the_last_day_is_drawn_by_the_hour_and_a_job_that_ended_before_is_not_in_it() -> None:
    jobs = [remembered(5), remembered(10), remembered(125, "SUCCEEDED"), remembered(60 * 25)]
    text = Read(board(found(jobs))).text
    assert "2 FAILED from 11:00" in text
    assert "1 SUCCEEDED from 09:00" in text
    assert " FAILED from " in text
    assert text.count(" from ") == 2


def test_the_part_of_the_day_of_which_not_all_is_read_is_marked_and_has_no_bar() -> None:
    jobs = [remembered(5), remembered(95), remembered(100), remembered(300)]
    html = board(found(jobs, whole=False, ended_from=jobs[2].since))
    text = Read(html).text
    assert "those since 10:20: of earlier ones not all are read" in text
    assert "not read: before 10:20" in text
    assert "2 FAILED from 10:20" in text, "a bar says since when it counts"
    assert text.count(" FAILED from ") == 2, "of what is before, some may be known and is not drawn"
    assert f'width="{480 * (24 * 60 - 100) / (24 * 60):.1f}"' in html
    assert "not read" not in Read(board(found(jobs))).text


def test_jobs_are_paged_and_each_page_asks_for_those_beside_it() -> None:
    jobs = varied(2 * ON_A_PAGE + 1)
    shown = []
    for number, asks in (
        (1, ["page=2"]),
        (2, ["page=1", "page=3"]),
        (3, ["page=2"]),
        (9, ["page=2"]),
    ):
        read = Read(board(found(jobs), Asked(page=number)))
        asked = [each for each in read.having("data-asks") if each.startswith("page=")]
        assert asked[1:] == asks, "the first is for all"
        shown.append({f"Job {n}" for n in range(len(jobs)) if f"\nJob {n}\n" in read.text})
    assert [len(each) for each in shown] == [ON_A_PAGE, ON_A_PAGE, 1, 1]
    assert len(set().union(*shown)) == len(jobs)


def test_a_button_asks_for_what_is_asked_for_already_with_one_word_changed() -> None:
    asked = Asked(status="FAILED", watch="ses-imports", page=2)
    asks = Read(board(found(varied(90)), asked)).having("data-asks")
    assert "status=RUNNING watch=ses-imports page=1" in asks
    assert "watch=ses-imports page=1" in asks, "all statuses of the watch"
    assert "status=FAILED page=1" in asks, "the watch that is pressed already lets go"
    assert "status=FAILED watch=ses-imports page=1" in asks, "newer"


def test_the_page_is_as_small_however_many_jobs_there_are_and_however_long_their_texts() -> None:
    jobs = [hostile(n, '"' * 100_000) for n in range(300)]
    counts = {f"watch-{n:042}": {s: Count(999_999, more=True) for s in STATUSES} for n in range(50)}
    assert len(board(found(jobs, counts=counts)).encode()) < LARGEST


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_strangers_wrote_is_text(text: str, theme: str) -> None:
    read = Read(board(found([hostile(3, text)]), Asked(theme=theme)))
    assert read.tags <= OURS
    attributes = {name for _, given in read.elements for name in given}
    assert not {name for name in attributes if name.startswith("on") or name == "src"}
    assert not read.having("href"), "it is no console's"
    assert not [each for each in SECRETS if each in read.text]
    lines = [line.strip() for line in read.text.split("\n")]
    assert [legible(line) for line in lines] == lines, "nothing is hidden or turned round"


def test_what_is_long_is_cut_and_shows_it() -> None:
    text = Read(board(found([hostile(3, "word " * 500)]))).text
    assert max(len(line) for line in text.split("\n")) <= LONGEST_REASON
    assert [len(line) for line in text.split("\n") if line.endswith("…")].count(LONGEST) >= 3


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1", True),
        ("https://cn-north-1.console.amazonaws.cn/ses/home", True),
        ("http://eu-west-1.console.aws.amazon.com/", False),
        ("https://console.aws.amazon.com.evil.example/", False),
        ("https://evil.example/console.aws.amazon.com", False),
        ("https://evilconsole.aws.amazon.com/", False),
        ("https://console.aws.amazon.com@evil.example/", False),
        ("https://user:pass@console.aws.amazon.com/", False),
        ("https://evil.example\\.console.aws.amazon.com/", False),
        ("https://eu-west-1.console.aws.amazon.com:8443/", False),
        ("javascript:alert(1)//.console.aws.amazon.com", False),
        ("//eu-west-1.console.aws.amazon.com/", False),
        ("https://[", False),
        (None, False),
        (7, False),
    ],
)
def test_a_link_leads_to_a_console_of_aws_or_there_is_none(url: Any, leads: bool) -> None:
    read = Read(board(found([remembered(console_url=url)])))
    assert read.having("href") == ([url] if leads else [])


def test_a_link_with_marks_of_html_in_it_stays_within_its_attribute() -> None:
    url = 'https://eu-west-1.console.aws.amazon.com/a?b="><script>&c=1'
    read = Read(board(found([remembered(console_url=url)])))
    assert read.having("href") == [url]
    assert "script" not in read.tags


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ({}, Asked()),
        ({"status": "FAILED", "watch": "a", "page": 3}, Asked("FAILED", "a", 3)),
        ({"page": "2", "theme": "dark"}, Asked(page=2, theme=DARK)),
        ({"status": "<b>", "watch": "other", "page": -1, "theme": "<"}, Asked()),
        ({"status": ["FAILED"], "watch": {}, "page": [], "theme": 1}, Asked()),
        ({"page": "9" * 5_000}, Asked()),
        ({"page": "٣"}, Asked()),
        ({"page": 9_999}, Asked(page=9_999)),
    ],
)
def test_words_that_mean_nothing_are_as_if_they_were_not_there(words: Any, asked: Asked) -> None:
    assert read_asked(words, {"a", "b"}) == asked


def test_a_button_of_cloudwatch_invokes_the_function_with_its_words() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:board"
    html = calling(arn)("<b>older</b>", Asked("FAILED", "a", 2, DARK))
    ((_, _), _, (tag, action)) = Read(html).elements
    assert (tag, action) == (
        "cwdb-action",
        {"action": "call", "display": "widget", "endpoint": arn},
    )
    assert json.loads(Read(html).text.removeprefix("older")) == {
        "status": "FAILED",
        "watch": "a",
        "page": 2,
    }


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_colour_can_be_read_on_its_ground(theme: str) -> None:
    colours = COLOURS[theme]
    for name, each in colours.items():
        if name not in (GROUND, LINE):
            assert contrast(each, colours[GROUND]) >= ENOUGH, name


def test_both_themes_have_the_same_colours_and_one_for_each_status() -> None:
    assert COLOURS[LIGHT].keys() == COLOURS[DARK].keys()
    assert {*STATUSES} <= COLOURS[LIGHT].keys()


def test_its_style_is_for_what_is_inside_of_it_only() -> None:
    """It stands amid CloudWatch's own page."""
    html = board(found([]))
    rules = html.partition("<style>")[2].partition("</style>")[0]
    selectors = [part.rpartition("}")[2] for part in rules.split("{")[:-1]]
    names = [name.strip() for selector in selectors for name in selector.split(",")]
    assert names
    assert all(name == ".jw" or name.startswith(".jw ") for name in names)
    assert "No such job" in Read(html).text


def test_times_that_are_not_known_or_cannot_be_do_no_harm() -> None:
    for created in (None, "never", "1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        text = Read(board(found([remembered(created_at=created), remembered(1, "RUNNING")]))).text
        assert "contact-imports" in text
    old = remembered(created_at="2026-11-01T00:00:00Z")
    assert "21 d 12 h" in Read(board(found([old]))).text
