"""On a narrow terminal nothing is cut, and what is to be copied is whole."""

import re

import pytest

from operate.screen import WIDEST
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
