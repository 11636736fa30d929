"""The `detail` of each event, as users' rules and queues see it.

Built when a change is stored, so that the table holds exactly what will be announced.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any
from urllib.parse import quote

from lambdas.apis.jobs import plain, read_time
from lambdas.apis.paths import path
from lambdas.diff import status_of
from lambdas.model import NOT_FOUND, TERMINAL, Change, Health, Job, Known, Scope
from lambdas.plan import Source
from lambdas.text import LONGEST_TEXT, clean, iso

VERSION = "1"
LONGEST_MESSAGE = 2_000
LARGEST_DETAILS = 16_000
"""Characters of JSON that a failure's details, and a job's, may take: items hold 400 KB."""
_CONSOLES = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def job_detail(scope: Scope, source: Source, change: Change, now: datetime) -> dict[str, Any]:
    """Describe one change of a job: the detail of `Job Status Change` and `Job Stalled`."""
    known, (status, raw_status) = change.known, status_of(change)
    told = _last_told(known) if change.job is None else _told(source, change.job)
    return {
        "version": VERSION,
        "id": _event_id(scope, change.job_id, known.version if known else 0, now),
        "watch": scope.watch,
        "source": scope.source,
        "account": scope.account,
        "region": scope.region,
        "parameters": dict(scope.parameters),
        "job_id": change.job_id,
        "job_arn": told["job_arn"],
        "job_type": told["job_type"],
        "status": status,
        "previous_status": known.status if known else None,
        "raw_status": raw_status,
        "previous_raw_status": known.raw_status if known else None,
        "terminal": status in TERMINAL or raw_status == NOT_FOUND,
        "created_at": told["created_at"],
        "ended_at": told["ended_at"],
        "observed_at": iso(now),
        "duration_seconds": _duration(told["created_at"], told["ended_at"]),
        "progress": told["progress"],
        "failure": told["failure"],
        "details": told["details"],
        "console_url": _console_url(scope, source, change.job_id),
    }


def scope_detail(
    scope: Scope, health: Health, error: Mapping[str, str] | None, now: datetime
) -> dict[str, Any]:
    """Describe a scope that can't be read, or can again: `Watch Unreachable`, `Watch Recovered`.

    `since` is when the first read failed, in both.
    """
    return {
        "version": VERSION,
        "id": _event_id(scope, "", health.version, now),
        "watch": scope.watch,
        "source": scope.source,
        "account": scope.account,
        "region": scope.region,
        "parameters": dict(scope.parameters),
        "status": "OK" if error is None else "UNREACHABLE",
        "error": clean(error),
        "since": iso(health.since),
        "observed_at": iso(now),
    }


def _event_id(scope: Scope, job_id: str, version: int, now: datetime) -> str:
    """Name one change: the version that it replaces makes it unique, however often it is told."""
    place = [scope.watch, scope.source, scope.account, scope.region, dict(scope.parameters)]
    text = json.dumps([place, job_id, version, now.isoformat()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _told(source: Source, job: Job) -> dict[str, Any]:
    answer = job.answer
    return {
        "job_arn": _text(source.arn, answer),
        "job_type": _text(source.type, answer),
        "created_at": iso(job.created_at),
        "ended_at": iso(job.ended_at),
        "progress": {
            "total": job.progress.total,
            "processed": job.progress.processed,
            "failed": job.progress.failed,
        },
        "failure": {
            "code": _text(source.failure["code"], answer),
            "message": _text(source.failure["message"], answer, LONGEST_MESSAGE),
            "details": _fitting(clean(_listed(path(source.failure["details"])(answer)))),
        },
        "details": _details(source, answer),
    }


def _last_told(known: Known | None) -> dict[str, Any]:
    """Tell what was last known of a job that is gone: the service doesn't say more."""
    told: dict[str, Any] = json.loads(known.detail) if known and known.detail else {}
    return {
        "job_arn": told.get("job_arn"),
        "job_type": told.get("job_type"),
        "created_at": told.get("created_at"),
        "ended_at": None,
        "progress": told.get("progress") or {"total": None, "processed": None, "failed": None},
        "failure": {"code": None, "message": None, "details": []},
        "details": told.get("details") or {},
    }


def _details(source: Source, answer: Mapping[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for expression in source.details:
        value = path(expression)(answer)
        if isinstance(value, list):
            value = [item for item in value if plain(item) is not None]
        elif plain(value) is None:
            continue
        if value == []:
            continue
        *branches, leaf = expression.replace("[]", "").split(".")
        place = details
        for branch in branches:
            place = place.setdefault(branch, {})
        place[leaf] = clean(value)
    return details if len(json.dumps(details)) <= LARGEST_DETAILS else {}


def _text(expression: str | None, answer: Mapping[str, Any], longest: int = LONGEST_TEXT) -> Any:
    """Give a plain value as text, as alerts are written from it; None where there is none."""
    value = plain(path(expression)(answer))
    return None if value is None else str(clean(value, longest))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _fitting(items: Sequence[Any]) -> list[Any]:
    """Keep the first items that fit beside each other into an event."""
    sizes = accumulate(len(json.dumps(item)) for item in items)
    return [item for item, size in zip(items, sizes, strict=True) if size <= LARGEST_DETAILS]


def _duration(created_at: str | None, ended_at: str | None) -> int | None:
    created, ended = read_time(created_at), read_time(ended_at)
    if created is None or ended is None:
        return None
    return max(0, round((ended - created).total_seconds()))


def _console_url(scope: Scope, source: Source, job_id: str) -> str | None:
    if source.console is None:
        return None
    domain = next(
        (host for prefix, host in _CONSOLES.items() if scope.region.startswith(prefix)),
        "console.aws.amazon.com",
    )
    names = {**scope.parameters, "job_id": job_id}
    return source.console.format(
        console=f"{scope.region}.{domain}",
        region=scope.region,
        account=scope.account,
        **{name: quote(value, safe="") for name, value in names.items()},
    )
