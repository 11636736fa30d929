"""One job out of a service's answer: which paths to follow, how to read what is there."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from lambdas.apis.paths import path
from lambdas.model import PARTIAL, SUCCEEDED, TERMINAL, UNKNOWN, Glance, Job, Progress
from lambdas.plan import Source
from lambdas.text import clean, writable
from lambdas.times import read_time

LONGEST_STATUS = 200


def glance(source: Source, answer: Mapping[str, Any]) -> Glance | None:
    """Read one job's state; None when the answer does not even name it."""
    job_id = plain(path(source.id)(answer))
    if job_id is None or job_id == "":
        return None
    raw = plain(path(source.status)(answer))
    raw_status = None if raw is None else _status_text(str(raw))
    return Glance(writable(str(job_id)), raw_status, _status(source, raw_status, answer), answer)


def read_job(source: Source, answer: Mapping[str, Any]) -> Job | None:
    """Read one job; None when the answer does not even name it."""
    seen = glance(source, answer)
    return None if seen is None else whole(source, seen)


def whole(source: Source, seen: Glance) -> Job:
    """Read the rest of a job."""
    _, _, status, answer = seen
    return Job(
        id=seen.id,
        raw_status=seen.raw_status,
        status=status,
        progress=Progress(
            total=_count(path(source.progress["total"])(answer)),
            processed=_count(path(source.progress["processed"])(answer)),
            failed=_count(path(source.progress["failed"])(answer)),
        ),
        created_at=read_time(path(source.created)(answer)),
        ended_at=read_time(path(source.ended)(answer)) if status in TERMINAL else None,
        answer=answer,
    )


@lru_cache
def _status_text(raw: str) -> str:
    return str(clean(raw, LONGEST_STATUS))


def plain(value: Any) -> Any:
    """Give a plain value, or None for what a service put where its model has a plain value."""
    return value if isinstance(value, str | int | float | datetime) else None


def _status(source: Source, raw_status: str | None, answer: Mapping[str, Any]) -> str:
    status = source.statuses.get(raw_status or "", UNKNOWN)
    if status == SUCCEEDED and any((_count(path(p)(answer)) or 0) > 0 for p in source.partial):
        return PARTIAL
    return status


def _count(value: Any) -> int | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
