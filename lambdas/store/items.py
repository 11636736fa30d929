"""The items of jobs and children, and the keys of all: how they are written and read.

The attributes are explained in `table`. What earlier layouts wrote differently is read here.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambdas.history import reached_at
from lambdas.model import UNKNOWN, Progress, Scope, StoredJob
from lambdas.store.layout import KEYS
from lambdas.times import AWS_BEGAN, iso, read_time

SCHEMA = "3"
SCOPE = "scope"
JOB = "job#"
CHILD = "child#"
SHORT = (
    *KEYS,
    *("version", "status", "raw_status", "progress", "moved_at", "stalled", "missing", "id"),
    *("overrun", "expires_at", "announce", "announced", "open"),
)
"""The attributes of a job without its event."""
_LONGEST_KEY = 900
_HASHED = "sha256:"
DAMAGED = (
    *(AttributeError, KeyError, TypeError, ValueError),
    *(OverflowError, OSError, RecursionError, zlib.error),
)
"""What reading an item raises that is none of ours, or was written by a version nobody knows."""


def partition(scope: Scope) -> str:
    """Give the partition key of a scope: readable by watch, unique by all that makes the scope."""
    place = [scope.source, scope.account, scope.region, sorted(scope.parameters.items())]
    digest = hashlib.sha256(json.dumps(place).encode()).hexdigest()[:24]
    return f"{scope.watch}#{digest}"


def shift(scope: Scope) -> int:
    """Give a number that shifts a scope's times from those of others: not all are due at once."""
    return zlib.crc32(partition(scope).encode())


def open_key(scope: Scope) -> str:
    """Give the index's key of a scope's unfinished jobs."""
    return hashlib.sha256(partition(scope).encode()).hexdigest()[:20]


def listed_key(watch: str, status: str) -> str:
    """Give the key, in the index for people, of a watch's jobs of a status."""
    return f"{watch}#{status}"


def listed_at(job: StoredJob, key: Mapping[str, Any]) -> str:
    """Give where a job stands in the index for people: a time, and a hash, so that no two are one.

    It is when the job ended, as far as that is told, or else when it was seen to come to its
    status. What changes nothing of that, as progress, leaves it as it is.
    """
    ended_at = job.ended_at if job.terminal else None
    at = ended_at or reached_at(job.history, job.status) or job.created_at or job.moved_at
    names = " ".join(key[name]["S"] for name in KEYS)
    return f"{iso(at)} {hashlib.sha256(names.encode()).hexdigest()[:12]}"


def key(scope: Scope, sort_key: str) -> dict[str, Any]:
    """Give the key of one of a scope's items."""
    return {"pk": {"S": partition(scope)}, "sk": {"S": sort_key}}


def job_key(job_id: str) -> str:
    """Give the sort key of a job."""
    return JOB + _fitting(job_id)


def child_key(name: str) -> str:
    """Give the sort key of what a parent scope holds."""
    return CHILD + _fitting(name)


def _fitting(name: str) -> str:
    """Give what is unique to a name and fits into a key: of long ones, a hash.

    A name that looks like one is hashed as well, or it could claim the item of another.
    """
    if len(name.encode()) <= _LONGEST_KEY and not name.startswith(_HASHED):
        return name
    return _HASHED + hashlib.sha256(name.encode()).hexdigest()


def write_child(scope: Scope, name: str, *, gone: bool) -> dict[str, Any]:
    """Write what a parent scope holds, or what is gone of it and not done with."""
    item = {**key(scope, child_key(name)), "id": {"S": name}, "schema": {"N": SCHEMA}}
    return {**item, "gone": {"BOOL": True}} if gone else item


def write_job(scope: Scope, job: StoredJob, announce: str | None) -> dict[str, Any]:
    """Write a job; `announce` is the detail type if its detail is to be an event now."""
    item: dict[str, Any] = {
        **key(scope, job_key(job.id)),
        "version": {"N": str(job.version)},
        "schema": {"N": SCHEMA},
        "status": {"S": job.status},
        "progress": {"S": json.dumps(_numbers(job.progress))},
        "moved_at": {"N": str(job.moved_at.timestamp())},
        "detail": {"S": job.detail or "{}"},
        "listed": {"S": listed_key(scope.watch, job.status)},
        **events(announce, job.announced),
    }
    item["at"] = {"S": listed_at(job, item)}
    if job.is_open:
        item["open"] = {"S": open_key(scope)}
    if item["sk"]["S"] != JOB + job.id:
        item["id"] = {"S": job.id}
    return {**item, **_where_known(job)}


def _where_known(job: StoredJob) -> dict[str, Any]:
    """Write what not every job has."""
    texts = {
        "raw_status": job.raw_status,
        "history": job.history,
        "resolves": ",".join(job.resolves) or None,
    }
    written: dict[str, Any] = {n: {"S": text} for n, text in texts.items() if text is not None}
    for name in ("stalled", "missing", "overrun"):
        if getattr(job, name):
            written[name] = {"BOOL": True}
    if job.expires_at is not None:
        written["expires_at"] = {"N": str(int(job.expires_at.timestamp()))}
    return written


def read_job(item: Mapping[str, Any]) -> StoredJob:
    """Read a job, as far as the item has it."""
    text = item["detail"]["S"] if "detail" in item else None
    detail = json.loads(text) if text else {}
    expires_at = item.get("expires_at")
    return StoredJob(
        id=_job_id(item, detail),
        raw_status=item["raw_status"]["S"] if "raw_status" in item else None,
        status=item["status"]["S"],
        progress=Progress(*json.loads(item["progress"]["S"])),
        version=int(item["version"]["N"]),
        moved_at=_moved_at(item["moved_at"]),
        stalled="stalled" in item,
        missing="missing" in item,
        overrun="overrun" in item,
        expires_at=datetime.fromtimestamp(int(expires_at["N"]), UTC) if expires_at else None,
        announced=announced_in(item),
        detail=text,
        created_at=read_time(detail.get("created_at")),
        ended_at=read_time(detail.get("ended_at")),
        history=item.get("history", {}).get("S"),
        outdated="open" not in item,
    )


def damaged_job(item: Mapping[str, Any]) -> StoredJob | None:
    """Give what is left of a job that can't be read: that it was there, in a status nobody knows.

    So whatever it turns out to be is told, rather than lost. None where it can't be written anew.
    """
    version = damaged_version(item)
    if not version:
        return None
    return StoredJob(_job_id(item, {}), None, UNKNOWN, Progress(), version, moved_at=AWS_BEGAN)


def damaged_version(item: Mapping[str, Any]) -> int:
    """Give the version of an item that can't be read otherwise; 0 where there is none, either."""
    try:
        return int(item["version"]["N"])
    except DAMAGED:
        return 0


def events(announce: str | None, announced: str | None) -> dict[str, Any]:
    """Write an event's detail type: of the event to be sent now, or of the last one that was."""
    if announce is not None:
        return {"announce": {"S": announce}}
    return {} if announced is None else {"announced": {"S": announced}}


def announced_in(item: Mapping[str, Any]) -> str | None:
    """Read the detail type of an item's last event."""
    last = item.get("announce") or item.get("announced")
    return last["S"] if last else None


def _numbers(progress: Progress) -> list[int | None]:
    return [progress.total, progress.processed, progress.failed]


def _job_id(item: Mapping[str, Any], detail: Mapping[str, Any]) -> str:
    if "id" in item:
        return str(item["id"]["S"])
    name = str(item["sk"]["S"]).removeprefix(JOB)
    # Items of the first layout have a long id in the detail only.
    return detail["job_id"] if "job_id" in detail and name.startswith(_HASHED) else name


def _moved_at(value: Mapping[str, str]) -> datetime:
    if "N" in value:
        return datetime.fromtimestamp(float(value["N"]), UTC)
    return datetime.fromisoformat(value["S"])
