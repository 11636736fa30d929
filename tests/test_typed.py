"""Numbers and lengths of time are read as people type them, by every subcommand alike."""

import pytest

from infra.config.files.mistakes import InvalidValueError
from operate.command import muted
from operate.cost.options import cadence
from operate.typed import seconds, whole
from tests.values import DAY, HOUR, MINUTE


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("90m", 90 * MINUTE),
        ("90 min", 90 * MINUTE),
        (" 24H ", DAY),
        ("2 days", 2 * DAY),
        ("1 week", 7 * DAY),
        ("1 hour", HOUR),
    ],
)
def test_a_length_of_time_has_a_number_and_a_unit(text: str, long: object) -> None:
    assert muted.span(text) == long


def test_how_often_is_typed_as_how_long() -> None:
    assert cadence("5m") == cadence("5 minutes") == 300
    assert cadence("15s") == 15


@pytest.mark.parametrize("text", ["", "m", "90", "90x", "1.5h", "-1h", "999999h", "s", "٣h"])
def test_what_lacks_either_is_none(text: str) -> None:
    assert seconds(text) is None
    with pytest.raises(InvalidValueError, match="expected a time such as 90m"):
        muted.span(text)


def test_for_no_time_nothing_is_muted() -> None:
    with pytest.raises(InvalidValueError):
        muted.span("0h")


@pytest.mark.parametrize("text", ["1000", "1,000", "1_000"])
def test_a_number_may_have_separators(text: str) -> None:
    assert whole(text, 1, 1_000) == 1_000


@pytest.mark.parametrize("text", ["", "0", "1001", "1e3", "-1", "1.0", "0" * 5000 + "1"])
def test_a_number_out_of_range_is_told_with_the_range(text: str) -> None:
    with pytest.raises(InvalidValueError, match="expected a whole number from 1 to 1,000"):
        whole(text, 1, 1_000)
