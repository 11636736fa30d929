"""Values become JSON, stay within their bounds, and what is cut is marked."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.text import (
    DEEPEST,
    LARGEST_NUMBER,
    LONGEST_TEXT,
    MOST_ITEMS,
    clean,
    counted,
    cut,
    fitting,
    one_line,
    size,
    write_json,
)


def test_values_become_json() -> None:
    assert clean({"a": [1, 2.5, True, None], "b": datetime(2026, 11, 22, tzinfo=UTC)}) == {
        "a": [1, 2.5, True, None],
        "b": "2026-11-22T00:00:00Z",
    }
    assert clean(b"bytes") == "[withheld]"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, LARGEST_NUMBER + 1, 10**400])
def test_a_number_that_json_or_its_readers_cannot_hold_becomes_null(value: Any) -> None:
    """E12: EventBridge refuses NaN for good."""
    assert write_json(clean({"a": [value], "b": value})) == '{"a":[null],"b":null}'


def test_what_is_no_json_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": math.nan})


@pytest.mark.parametrize("character", ["x", "é", "漢", "🚀", '"'])
def test_a_text_is_cut_to_bytes_and_marked(character: str) -> None:
    told = clean(character * 100_000)
    assert told.endswith(f"{character}…")
    assert LONGEST_TEXT - 4 < len(told.encode()) <= LONGEST_TEXT
    assert cut(character, 4) == character
    assert cut(character * 9, 0) == "…"


def test_a_list_that_is_cut_says_how_many_more_there_were() -> None:
    """P10: counted before cutting."""
    told = clean([{"Code": n} for n in range(100)])
    assert told[MOST_ITEMS - 1 :] == [{"Code": MOST_ITEMS - 1}, "… 80 more"]
    assert counted(told) == 100
    assert clean([1, 2]) == [1, 2]
    forged = ["e", "… 999999999 more"]
    assert [counted(cut) for cut in (clean(forged), fitting(forged, 1_000))] == [2, 2]
    assert clean([forged])[0][1] == "…… 999999999 more"
    assert [counted(items) for items in ([], [1], ["… 80 more of them"])] == [0, 1, 1]


def test_what_fits_is_measured_in_bytes_as_they_are_sent() -> None:
    wide = ["漢" * 100] * 10
    assert fitting(wide, 10 * 302) == wide
    assert fitting(wide, 9 * 302 + 1) == [*wide[:9], "… 1 more"]
    assert fitting(wide, 0) == ["… 10 more"]
    assert fitting([], 0) == []
    assert size("漢") == 5


def test_what_is_nested_too_deeply_is_cut_and_marked() -> None:
    deep = json.loads('{"a":' * 900 + "1" + "}" * 900)
    assert write_json(clean(deep)) == '{"a":' * DEEPEST + '"…"' + "}" * DEEPEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x1b[31m\x9f", "a\ufffdb\ufffd[31m\ufffd"),
        ("two\nlines\tand 漢字 🚀", "two\nlines\tand 漢字 🚀"),
        ("half \ud83d", "half \ufffd"),
        ("\ufffe\uffff", "\ufffd\ufffd"),
        ("gpj.\u202eexe", "gpj.\ufffdexe"),
        ("pay\u200bpal pay\u200dpal", "pay\ufffdpal pay\ufffdpal"),
        ("tag\U000e0041", "tag\ufffd"),
        ("👩\u200d🚀 क्\u200dष", "👩\u200d🚀 क्\u200dष"),
    ],
)
def test_what_cannot_be_seen_is_shown_and_the_rest_keeps_its_meaning(
    text: str, expected: str
) -> None:
    assert clean(text) == expected
    assert clean({text: 1}) == {one_line(text): 1}


def test_a_name_or_id_stays_one_line() -> None:
    assert one_line("first\nsecond\r\tthird\u2028x") == "first\ufffdsecond\ufffd\ufffdthird\ufffdx"
    assert one_line("password=hunter2") == "password=[withheld]"
    assert len(one_line("x" * 10_000).encode()) == LONGEST_TEXT


def test_no_more_than_twice_what_may_travel_is_searched_for_secrets() -> None:
    """The time that a stranger's text takes is bounded by what is told of it."""
    secret = "password='" + "y " * LONGEST_TEXT + "' and words"
    assert clean(secret) == "password='[withheld]'…"
    assert clean(secret, 2_000) == "password='[withheld]' and words"
