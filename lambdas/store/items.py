"""The table's items: how a scope's health, a job and a child are written and read.

The attributes are explained in `store`. What earlier layouts wrote differently is read here.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lambdas.digest import from_text, pack, short, to_text, unpack
from lambdas.model import Cursor, Health, Progress, Round, Scope, StoredJob
from lambdas.store.layout import KEYS
from lambdas.times import iso, read_time

SCHEMA = "3"
SCOPE = "scope"
JOB = "job#"
CHILD = "child#"
UNREACHABLE = "unreachable"
SHORT = (
    *KEYS,
    *("version", "status", "raw_status", "progress", "moved_at", "stalled", "missing", "id"),
    *("expires_at", "announce", "announced", "open"),
)
"""The attributes of a job without its event."""
_LONGEST_KEY = 900
_PLAIN = (
    *("unfinished", "boundary", "position", "failures", "unreachable", "gets_failed", "by_id"),
    *("holds", "retention", "gap"),
)
_TIMES = (
    "began_at",
    "quiet_before",
    "read_at",
    "still_since",
    "asked_since",
    "since",
    "idle_until",
    "swept_at",
)
_SETS = ("suspects", "unread", "ended")


def partition(scope: Scope) -> str:
    """Give the partition key of a scope: readable by watch, unique by all that makes the scope."""
    place = [scope.source, scope.account, scope.region, sorted(scope.parameters.items())]
    digest = hashlib.sha256(json.dumps(place).encode()).hexdigest()[:24]
    return f"{scope.watch}#{digest}"


def open_key(scope: Scope) -> str:
    """Give the index's key of a scope's unfinished jobs."""
    return hashlib.sha256(partition(scope).encode()).hexdigest()[:20]


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
    if len(name.encode()) <= _LONGEST_KEY:
        return name
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def write_child(scope: Scope, name: str) -> dict[str, Any]:
    """Write what a parent scope holds."""
    return {**key(scope, child_key(name)), "id": {"S": name}, "schema": {"N": SCHEMA}}


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
        **_events(announce, job.announced),
    }
    if not job.terminal:
        item["open"] = {"S": open_key(scope)}
    if item["sk"]["S"] != JOB + job.id:
        item["id"] = {"S": job.id}
    if job.raw_status is not None:
        item["raw_status"] = {"S": job.raw_status}
    for name in ("stalled", "missing"):
        if getattr(job, name):
            item[name] = {"BOOL": True}
    if job.expires_at is not None:
        item["expires_at"] = {"N": str(int(job.expires_at.timestamp()))}
    return item


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
        expires_at=datetime.fromtimestamp(int(expires_at["N"]), UTC) if expires_at else None,
        announced=_announced(item),
        detail=text,
        created_at=read_time(detail.get("created_at")),
        ended_at=read_time(detail.get("ended_at")),
        outdated="open" not in item,
    )


def _events(announce: str | None, announced: str | None) -> dict[str, Any]:
    if announce is not None:
        return {"announce": {"S": announce}}
    return {} if announced is None else {"announced": {"S": announced}}


def _announced(item: Mapping[str, Any]) -> str | None:
    last = item.get("announce") or item.get("announced")
    return last["S"] if last else None


def _numbers(progress: Progress) -> list[int | None]:
    return [progress.total, progress.processed, progress.failed]


def _job_id(item: Mapping[str, Any], detail: Mapping[str, Any]) -> str:
    if "id" in item:
        return str(item["id"]["S"])
    name = str(item["sk"]["S"]).removeprefix(JOB)
    # Items of the first layout have a long id in the detail only.
    return detail["job_id"] if "job_id" in detail and name.startswith("sha256:") else name


def _moved_at(value: Mapping[str, str]) -> datetime:
    if "N" in value:
        return datetime.fromtimestamp(float(value["N"]), UTC)
    return datetime.fromisoformat(value["S"])


def write_health(scope: Scope, health: Health, announce: str | None) -> dict[str, Any]:
    """Write a scope's health, with the scope itself for whoever looks at the table."""
    document = {
        "source": scope.source,
        "account": scope.account,
        "region": scope.region,
        "parameters": dict(scope.parameters),
        **{name: getattr(health, name) for name in _PLAIN},
        **{name: iso(getattr(health, name)) for name in _TIMES},
        **{name: sorted(getattr(health, name)) for name in _SETS},
        "stragglers": list(health.stragglers),
        "held_before": list(health.held_before),
        "shorter": health.shorter and [iso(health.shorter[0]), health.shorter[1]],
        "cursor": health.cursor and _write_cursor(health.cursor),
        "round": _write_round(health.round),
    }
    item: dict[str, Any] = {
        **key(scope, SCOPE),
        "version": {"N": str(health.version)},
        "schema": {"N": SCHEMA},
        "health": {"S": json.dumps({k: v for k, v in document.items() if v not in (None, [])})},
        **_events(announce, health.announced),
    }
    for name in ("digest", "partial"):
        if (whole := getattr(health, name)) is not None:
            item[name] = {"B": pack(whole)}
    if health.detail is not None:
        item["detail"] = {"S": health.detail}
    if health.unreachable:
        item["open"] = {"S": UNREACHABLE}
    return item


def read_health(item: Mapping[str, Any]) -> Health:
    """Read a scope's health; what layouts of before digested is not taken over."""
    stored = json.loads(item["health"]["S"])
    values: dict[str, Any] = {
        **{name: stored[name] for name in _PLAIN if name in stored},
        **{name: read_time(stored[name]) for name in _TIMES if name in stored},
        **{name: frozenset(stored[name]) for name in _SETS if name in stored},
        **{name: unpack(bytes(item[name]["B"])) for name in ("digest", "partial") if name in item},
    }
    health = Health(
        version=int(item["version"]["N"]),
        stragglers=tuple(stored.get("stragglers", ())),
        held_before=tuple(stored.get("held_before", ())),
        shorter=_read_shorter(stored.get("shorter")),
        cursor=_read_cursor(stored.get("cursor")),
        round=_read_round(stored.get("round")),
        announced=_announced(item),
        detail=item["detail"]["S"] if "detail" in item else None,
        **values,
    )
    return health if item.get("schema", {}).get("N") == SCHEMA else _of_before(health, stored)


def _of_before(health: Health, stored: Mapping[str, Any]) -> Health:
    """Take over a layout of before: ids stood there whole, and what was read is read anew."""
    held = stored.get("children", stored.get("busy", []))
    return replace(
        health,
        unread=_shortened(stored.get("unread")),
        ended=frozenset(),
        held_before=tuple(held),
    )


def read_scope(item: Mapping[str, Any]) -> Scope:
    """Read which scope a health is of; without the role, which is the plan's to say."""
    stored = json.loads(item["health"]["S"])
    return Scope(
        watch=item["pk"]["S"].rpartition("#")[0],
        source=stored["source"],
        account=stored["account"],
        region=stored["region"],
        parameters=stored.get("parameters", {}),
    )


def _shortened(ids: Any) -> frozenset[str]:
    return frozenset(map(short, ids or ()))


def _read_shorter(stored: Any) -> tuple[datetime, int] | None:
    return None if stored is None else (datetime.fromisoformat(stored[0]), int(stored[1]))


def _write_round(current: Round) -> dict[str, Any] | None:
    times = {n: iso(getattr(current, n)) for n in ("began", "before", "dropped_since")}
    told = {name: time for name, time in times.items() if time}
    return {"hand": list(current.hand), **told} if told or current.hand else None


def _read_round(stored: Any) -> Round:
    if not stored:
        return Round()
    times = {n: read_time(stored.get(n)) for n in ("began", "before", "dropped_since")}
    return Round(hand=tuple(stored["hand"]), **times)


def _write_cursor(cursor: Cursor) -> dict[str, Any]:
    return {
        "began": cursor.began.isoformat(),
        "token": cursor.token,
        "digest": to_text(cursor.digest),
        "examined": None if cursor.examined is None else sorted(cursor.examined),
        "unseen": sorted(cursor.unseen),
        "unchecked": sorted(cursor.unchecked),
        "failed": cursor.failed,
        "unwritten": cursor.unwritten,
    }


def _read_cursor(stored: Any) -> Cursor | None:
    if stored is None:
        return None
    examined = stored["examined"]
    return Cursor(
        began=datetime.fromisoformat(stored["began"]),
        token=stored["token"],
        digest=from_text(stored["digest"]),
        examined=None if examined is None else frozenset(examined),
        unseen=frozenset(stored["unseen"]),
        unchecked=frozenset(stored["unchecked"]),
        failed=stored["failed"],
        unwritten=stored["unwritten"],
    )
