"""A point in time as people write it: `24h`, `2 days`, `2026-11-22`."""

import re
from datetime import UTC, datetime, timedelta

from infra.config.files.mistakes import InvalidValueError, shown
from lambdas.times import AWS_BEGAN, read_time
from operate.typed import seconds

_DATE = re.compile(r"\d{4}-\d\d-\d\d.*")


def since(text: str) -> datetime:
    """Read a time: so long ago, or in UTC.

    :raises InvalidValueError: where it is neither.
    """
    found = read_since(text, datetime.now(UTC))
    if found is None:
        words = "how long ago, such as 24h, or a time in UTC, such as 2026-11-22T02:00"
        raise InvalidValueError(shown(text), words)
    return found


def read_since(text: str, now: datetime) -> datetime | None:
    """Read a time, not before all that there can be; None where it is none."""
    found = _read(text, now)
    return None if found is None else max(found, AWS_BEGAN)


def _read(text: str, now: datetime) -> datetime | None:
    ago = seconds(text)
    if ago is not None:
        return now - timedelta(seconds=ago)
    return read_time(text) if _DATE.fullmatch(text) else None
