"""Times, however a service writes them, and those that cannot be."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.times import iso, plausible_times, read_time

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WHEN = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "value",
    [
        WHEN,
        WHEN.replace(tzinfo=None),
        "2026-11-22T02:00:00Z",
        "2026-11-22T02:00:00.000Z",
        "2026-11-22T03:00:00+01:00",
        WHEN.timestamp(),
        int(WHEN.timestamp() * 1000),
    ],
)
def test_times_are_read_however_a_service_writes_them(value: Any) -> None:
    assert read_time(value) == WHEN


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        True,
        [],
        {"a": 1},
        1e300,
        math.nan,
        math.inf,
        "0001-01-01T00:00+14:00",
    ],
)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert read_time(value) is None


def test_a_time_is_written_in_utc_and_whole_seconds() -> None:
    assert iso(read_time("2026-11-22T03:00:00.999+01:00")) == "2026-11-22T02:00:00Z"
    assert iso(None) is None


@pytest.mark.parametrize(
    "impossible",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2005, 12, 31, tzinfo=UTC),
        NOW + DAY + MINUTE,
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_a_time_before_aws_began_or_far_in_the_future_counts_as_not_told(
    impossible: datetime,
) -> None:
    """E13: as an end, 1970 made a new failure older than the retention."""
    assert plausible_times(impossible, NOW, NOW) == (None, NOW)
    assert plausible_times(NOW, impossible, NOW) == (NOW, None)


def test_an_end_before_the_creation_counts_as_not_told_but_for_what_clocks_differ() -> None:
    assert plausible_times(NOW, NOW - 10 * MINUTE, NOW) == (NOW, NOW - 10 * MINUTE)
    assert plausible_times(NOW, NOW - 11 * MINUTE, NOW) == (NOW, None)


def test_times_that_can_be_are_left_as_they_are() -> None:
    for times in ((WHEN, NOW), (None, NOW), (WHEN, None), (None, None), (NOW + DAY, NOW + DAY)):
        assert plausible_times(*times, NOW) == times
