"""On a narrow terminal nothing is cut, and what is to be copied is whole."""

import re

import pytest

from operate.screen import NARROWEST, WIDEST, console
from tests.command import call

WIDTHS = (60, 80, 100, 200)
"""Columns of terminals: the last has more than a table ever takes."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """A terminal of so many columns."""
    monkeypatch.setenv("COLUMNS", str(request.param))
    monkeypatch.setenv("FORCE_COLOR", "1")
    return int(request.param)


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("sources pinpoint", "pinpoint.segment-import-jobs"),
        ("sources comprehend", "comprehend.document-classification-jobs"),
        ("sources sesv2.import-jobs", "ListImportJobs"),
        ("cost", "DynamoDB, reads"),
    ],
)
def test_a_table_fits(
    words: str, whole: str, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    call(*words.split())
    shown = _COLOURS.sub("", capsys.readouterr().out)
    assert max(map(len, shown.splitlines())) <= min(width, WIDEST)
    assert "…" not in shown
    assert whole in shown


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        ("60", 60),
        ("200", WIDEST),
        ("1", NARROWEST),
        ("0", WIDEST),
        ("many", WIDEST),
        (None, WIDEST),
    ],
)
@pytest.mark.usefixtures("capsys")
def test_a_file_is_as_wide_as_it_is_told_to_be(
    columns: str | None, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    assert console().width == width


@pytest.mark.parametrize("columns", ["0", "1"])
def test_a_terminal_that_says_it_has_no_room_is_written_to_all_the_same(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert NARROWEST <= console().width <= WIDEST
