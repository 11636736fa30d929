"""The item of a scope's health: how it is written and read.

The attributes are explained in `table`. What earlier layouts wrote differently is read here.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from lambdas.digest import ALL, from_text, pack, short, to_text, unpack
from lambdas.model import Cursor, Health, Round, Scope
from lambdas.store import items
from lambdas.times import AWS_BEGAN, iso, read_time

UNREACHABLE_KEY = "unreachable"
"""The index's key of all scopes that can't be read."""
_PLAIN = {
    **dict.fromkeys(("unfinished_checksum", "failures", "failed_at"), int),
    **dict.fromkeys(("ids_checksum", "narrowed", "retention"), int),
    **dict.fromkeys(("boundary", "position", "failed_id"), str),
    **dict.fromkeys(("unreachable", "by_id", "gap", "reopens"), bool),
}
_TIMES = (
    "began_at",
    "quiet_before",
    "read_at",
    "still_since",
    "oldest_created",
    "asked_since",
    "since",
    "gets_failed_since",
    "idle_until",
    "listed_since",
    "discovered_at",
    "globs_since",
    "succeeded_at",
    "swept_at",
    "overlong_at",
)
_SETS = ("suspect_parts", "never_read", "ended")
_OF_ROUND = ("began", "previous_began", "dropped_since", "amid_until")
_STORED = {
    "unfinished_checksum": "unfinished",
    "ids_checksum": "holds",
    "suspect_parts": "suspects",
    "never_read": "unread",
    "previous_began": "before",
}
"""Fields whose names in the table are others: those stay as versions before wrote them."""


def write_health(scope: Scope, health: Health, announce: str | None) -> dict[str, Any]:
    """Write a scope's health, with the scope itself for whoever looks at the table."""
    document = {
        "source": scope.source,
        "account": scope.account,
        "region": scope.region,
        "parameters": dict(scope.parameters),
        **{_stored(name): getattr(health, name) for name in _PLAIN},
        **{name: iso(getattr(health, name)) for name in _TIMES},
        **{_stored(name): sorted(getattr(health, name)) for name in _SETS},
        "stragglers": list(health.stragglers),
        "held_before": list(health.held_before),
        "waits": dict(health.waits) or None,
        "shorter": health.shorter and [iso(health.shorter[0]), health.shorter[1]],
        "cursor": health.cursor and _write_cursor(health.cursor),
        "round": _write_round(health.round),
    }
    item: dict[str, Any] = {
        **items.key(scope, items.SCOPE),
        "version": {"N": str(health.version)},
        "schema": {"N": items.SCHEMA},
        "health": {"S": json.dumps({k: v for k, v in document.items() if v not in (None, [])})},
        **items.events(announce, health.announced),
    }
    for name in ("digest", "partial"):
        if (whole := getattr(health, name)) is not None:
            item[name] = {"B": pack(whole)}
    if health.detail is not None:
        item["detail"] = {"S": health.detail}
    if health.unreachable:
        item["open"] = {"S": UNREACHABLE_KEY}
    return item


def read_health(item: Mapping[str, Any]) -> Health:
    """Read a scope's health; what layouts of before digested is not taken over."""
    stored = json.loads(item["health"]["S"])
    values: dict[str, Any] = {
        **{
            name: _of(kind, stored[_stored(name)])
            for name, kind in _PLAIN.items()
            if _stored(name) in stored
        },
        **{name: read_time(stored[name]) for name in _TIMES if name in stored},
        **{name: _set(name, stored[_stored(name)]) for name in _SETS if _stored(name) in stored},
        **{name: unpack(bytes(item[name]["B"])) for name in ("digest", "partial") if name in item},
    }
    health = Health(
        version=int(item["version"]["N"]),
        stragglers=_all(str, stored.get("stragglers", [])),
        held_before=_all(str, stored.get("held_before", [])),
        waits={_of(str, k): _of(int, v) for k, v in stored.get("waits", {}).items()},
        shorter=_read_shorter(stored.get("shorter")),
        cursor=_read_cursor(stored.get("cursor")),
        round=_read_round(stored.get("round")),
        announced=items.announced_in(item),
        detail=item["detail"]["S"] if "detail" in item else None,
        **values,
    )
    return health if item.get("schema", {}).get("N") == items.SCHEMA else _of_before(health, stored)


def damaged_health(item: Mapping[str, Any]) -> Health:
    """Give what is left of a health that can't be read: all of its scope is read anew.

    What the table does not know there counts as new, so that nothing is lost; what it knows is told
    if it differs. That the scope is unreachable is known by the index's key.
    """
    return Health(
        version=items.damaged_version(item),
        quiet_before=AWS_BEGAN,
        unreachable=item.get("open") == {"S": UNREACHABLE_KEY},
    )


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"a {type(value).__name__} where a {kind.__name__} was expected")
    return value


def _all(kind: type, values: Any) -> tuple[Any, ...]:
    return tuple(_of(kind, value) for value in _of(list, values))


def _parts(values: Any) -> frozenset[int]:
    parts = frozenset(_all(int, values))
    if not parts <= ALL:
        raise ValueError("no parts of a digest")
    return parts


def _set(name: str, values: Any) -> frozenset[Any]:
    return _parts(values) if name == "suspect_parts" else frozenset(_all(str, values))


def _of_before(health: Health, stored: Mapping[str, Any]) -> Health:
    """Take over a layout of before: ids stood there whole, and what was read is read anew."""
    held = stored.get("children", stored.get("busy", []))
    return replace(
        health,
        never_read=_shortened(stored.get("unread")),
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
        parameters={_of(str, k): _of(str, v) for k, v in stored.get("parameters", {}).items()},
    )


def _stored(field: str) -> str:
    return _STORED.get(field, field)


def _shortened(ids: Any) -> frozenset[str]:
    return frozenset(map(short, ids or ()))


def _read_shorter(stored: Any) -> tuple[datetime, int] | None:
    return None if stored is None else (datetime.fromisoformat(stored[0]), int(stored[1]))


def _write_round(current: Round) -> dict[str, Any] | None:
    times = {_stored(name): iso(getattr(current, name)) for name in _OF_ROUND}
    known: dict[str, Any] = {name: time for name, time in times.items() if time}
    if current.amid is not None:
        known["amid"] = list(current.amid)
    return {"hand": list(current.resume_at), **known} if known or current.resume_at else None


def _read_round(stored: Any) -> Round:
    if not stored:
        return Round()
    times = {name: read_time(stored.get(_stored(name))) for name in _OF_ROUND}
    amid = _all(str, stored["amid"]) if "amid" in stored else None
    return Round(resume_at=_all(str, stored["hand"]), amid=amid, **times)


def _write_cursor(cursor: Cursor) -> dict[str, Any]:
    oldest = None if cursor.oldest is None else [iso(each) for each in cursor.oldest]
    of_times = {"since": iso(cursor.since), "oldest": oldest}
    return {
        **{name: value for name, value in of_times.items() if value is not None},
        "began": cursor.began.isoformat(),
        "token": cursor.token,
        "digest": to_text(cursor.digest),
        "examined": None if cursor.examined is None else sorted(cursor.examined),
        "unseen": sorted(cursor.unseen),
        "unchecked": sorted(cursor.unchecked_parts),
        "failed": cursor.gets_failed,
        "unwritten": cursor.unwritten,
        "pages": cursor.pages,
    }


def _read_cursor(stored: Any) -> Cursor | None:
    if stored is None:
        return None
    examined = stored["examined"]
    return Cursor(
        began=datetime.fromisoformat(stored["began"]),
        token=stored["token"],
        digest=from_text(stored["digest"]),
        examined=None if examined is None else _parts(examined),
        unseen=frozenset(_all(str, stored["unseen"])),
        unchecked_parts=_parts(stored["unchecked"]),
        gets_failed=_of(bool, stored["failed"]),
        unwritten=_of(bool, stored["unwritten"]),
        pages=_of(int, stored.get("pages", 0)),
        since=read_time(stored.get("since")),
        oldest=_read_oldest(stored.get("oldest")),
    )


def _read_oldest(stored: Any) -> tuple[datetime, ...] | None:
    return None if stored is None else tuple(map(datetime.fromisoformat, _all(str, stored)))
