"""Times as AWS's services write them, and as the events do."""

from datetime import UTC, datetime
from typing import Any

_MILLISECONDS_FROM = 100_000_000_000
"""An epoch of seconds this large would be in the year 5138, so it counts milliseconds."""


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
