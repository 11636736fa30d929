"""Times: how AWS's services write them, how events do, and which of them cannot be."""

from datetime import UTC, datetime, timedelta
from typing import Any, overload

AWS_BEGAN = datetime(2006, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=10)
"""How far a service's clock may be from ours, or two of its clocks from each other."""
FAR_AHEAD = timedelta(days=1)
_MILLISECONDS_FROM = 100_000_000_000
"""An epoch of seconds this large would be in the year 5138, so it counts milliseconds."""


@overload
def iso(moment: datetime) -> str: ...
@overload
def iso(moment: datetime | None) -> str | None: ...
def iso(moment: datetime | None) -> str | None:
    """Write a time as the events do: ISO 8601 in UTC, whole seconds, with a Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read_time(value: Any) -> datetime | None:
    """Read a time as AWS's services write it: a datetime, ISO 8601, or an epoch; else None."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
            value = datetime.fromtimestamp(seconds, UTC)
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def plausible_times(
    created: datetime | None, ended: datetime | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Give a job's creation and end; one that cannot be counts as unknown, and is None.

    Services write 1970 or the year 1 for what they don't know; taken at its word, a job that has
    just failed would be too old to be announced. An end before the creation is no end either.
    """
    created, ended = _possible(created, now), _possible(ended, now)
    if created is not None and ended is not None and ended < created - CLOCK_SKEW:
        return created, None
    return created, ended


def plausible_time(told: Any, now: datetime) -> datetime | None:
    """Read a time that can be, as seen from `now`."""
    return _possible(read_time(told), now)


def _possible(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and AWS_BEGAN <= moment <= now + FAR_AHEAD else None
