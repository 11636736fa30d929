"""Durations, as the board, alerts and commands say them."""

import pytest

from lambdas.durations import took


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (847, "14 min 7 s"),
        (7_500, "2 h 5 min"),
        (7_205, "2 h"),
        (86_400 + 300, "1 d"),
        (90_000, "1 d 1 h"),
        (-5, "0 s"),
        (None, None),
    ],
)
def test_a_duration_is_said_by_its_largest_units(seconds: float | None, said: str | None) -> None:
    assert took(seconds) == said


def test_as_many_units_as_are_asked_for() -> None:
    assert took(90_061, parts=1) == "1 d"
    assert took(90_061, parts=4) == "1 d 1 h 1 min 1 s"
