"""One job out of a service's answer: which paths to follow, how to read what is there."""

import math
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from lambdas.apis.paths import path
from lambdas.model import PARTIAL, SUCCEEDED, TERMINAL, UNKNOWN, Job, ListedJob, Progress
from lambdas.plan import Source
from lambdas.text import LARGEST_NUMBER, LONGEST_STATUS, one_line, writable
from lambdas.times import plausible_times, read_time


def listed_job(
    source: Source, answer: Mapping[str, Any], asked: str | None = None
) -> ListedJob | None:
    """Read one job's state; None when the answer does not even name it, unless it was `asked` for.

    Its id stays as the service wrote it, control characters and all: calls and the table's keys
    need it so. Events and alerts show it cleaned.
    """
    job_id = asked or plain(path(source.id)(answer))
    if job_id is None or job_id == "":
        return None
    raw = plain(path(source.status)(answer))
    raw_status = None if raw is None else _status_text(str(raw))
    return ListedJob(writable(str(job_id)), raw_status, _status(source, raw_status, answer), answer)


def read_job(
    source: Source, answer: Mapping[str, Any], now: datetime, asked: str | None = None
) -> Job | None:
    """Read one job; None when the answer does not even name it, unless it was `asked` for."""
    listed = listed_job(source, answer, asked)
    return None if listed is None else whole(source, listed, now)


def whole(source: Source, listed: ListedJob, now: datetime) -> Job:
    """Read the rest of a job; a time that cannot be, as seen from `now`, counts as unknown."""
    answer = listed.answer
    ended = path(source.ended)(answer) if listed.status in TERMINAL else None
    created_at, ended_at = plausible_times(
        read_time(path(source.created)(answer)), read_time(ended), now
    )
    return Job(
        id=listed.id,
        raw_status=listed.raw_status,
        status=listed.status,
        progress=Progress(
            total=_count(path(source.progress["total"])(answer)),
            processed=_count(path(source.progress["processed"])(answer)),
            failed=_count(path(source.progress["failed"])(answer)),
        ),
        created_at=created_at,
        ended_at=ended_at,
        answer=answer,
    )


def plain(value: Any) -> Any:
    """Give a plain value, or None for what a service put where its model has a plain value.

    NaN and the infinities are none: JSON has no word for them.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | datetime) else None


@lru_cache
def _status_text(raw: str) -> str:
    return one_line(raw, LONGEST_STATUS)


def _status(source: Source, raw_status: str | None, answer: Mapping[str, Any]) -> str:
    status = source.statuses.get(raw_status or "", UNKNOWN)
    if status == SUCCEEDED and any((_count(path(p)(answer)) or 0) > 0 for p in source.partial):
        return PARTIAL
    return status


def _count(value: Any) -> int | None:
    """Read a count; None for what can't be one, such as NaN, -1 or what no 64 bits hold."""
    if value is None or isinstance(value, bool):
        return None
    try:
        count = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return count if 0 <= count <= LARGEST_NUMBER else None
