"""What of a job's answer an event tells: what its row lets through, cleaned and bounded."""

import json
from collections.abc import Mapping
from typing import Any

from lambdas.apis.jobs import plain
from lambdas.apis.paths import path
from lambdas.details import JobFields
from lambdas.details import Progress as ProgressFields
from lambdas.model import Job, Progress, StoredJob
from lambdas.plan import Source
from lambdas.text import CUT, LARGEST_PART, LONGEST_MESSAGE, clean, fitting, one_line, size
from lambdas.times import iso


def fields_of(source: Source, job: Job) -> JobFields:
    """Give the fields of a job's answer that its row lets through, as the event has them."""
    answer = job.answer
    return {
        "job_arn": _line(source.arn, answer),
        "job_type": _line(source.type, answer),
        "job_name": _line(source.job_name, answer),
        "created_at": iso(job.created_at),
        "ended_at": iso(job.ended_at),
        "progress": _progress(job.progress),
        "failure": {
            "code": _line(source.failure["code"], answer),
            "message": _message(source.failure["message"], answer),
            "details": fitting(_listed(path(source.failure["details"])(answer)), LARGEST_PART),
        },
        "details": _details(source, answer),
    }


def last_fields(before: StoredJob) -> JobFields:
    """Tell what was last known of a job that is gone: the service doesn't say more.

    Its progress is what was last stored, as that moves without an event.
    """
    last: dict[str, Any] = json.loads(before.detail) if before.detail else {}
    return {
        "job_arn": last.get("job_arn"),
        "job_type": last.get("job_type"),
        "job_name": last.get("job_name"),
        "created_at": last.get("created_at"),
        "ended_at": None,
        "progress": _progress(before.progress),
        "failure": {"code": None, "message": None, "details": []},
        "details": last.get("details") or {},
    }


def _progress(progress: Progress) -> ProgressFields:
    return {
        "total": progress.total,
        "processed": progress.processed,
        "failed": progress.failed,
    }


def _details(source: Source, answer: Mapping[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    room = LARGEST_PART
    for expression in source.details:
        value = _let_through(path(expression)(answer))
        if value is None or value == []:
            continue
        *branches, leaf = expression.replace("[]", "").split(".")
        place = details
        for branch in branches:
            place = place.setdefault(branch, {})
        place[leaf] = _fitted(value, room)
        room = max(0, room - size({leaf: place[leaf]}))
    return details


def _fitted(value: Any, room: int) -> Any:
    """Clean a value; where it takes more than `room` bytes, a mark says so."""
    if isinstance(value, list):
        return fitting(value, room)
    cleaned = clean(value)
    return cleaned if size(cleaned) <= room else CUT


def _let_through(value: Any) -> Any:
    """Give a plain value or the plain values of a list: no row lets an object through."""
    if isinstance(value, list):
        return [item for item in value if plain(item) is not None]
    return plain(value)


def _line(expression: str | None, answer: Mapping[str, Any]) -> str | None:
    """Give a plain value as one line, as alerts are written from it; None where there is none."""
    value = clean(plain(path(expression)(answer)))
    return None if value is None else one_line(str(value))


def _message(expression: str | None, answer: Mapping[str, Any]) -> str | None:
    value = clean(plain(path(expression)(answer)), LONGEST_MESSAGE)
    return None if value is None else str(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
