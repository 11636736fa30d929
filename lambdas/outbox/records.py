"""The records of the table's stream, as the functions that publish and alert read them.

Nothing is believed because it arrived: a record that is not of the stack's own table, or whose
detail is no JSON object of the shape that its detail type has, can never be sent, and is told apart
from those that need no sending.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    RUN_ARRIVED,
    RUN_MISSING,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from lambdas.times import iso, read_time

Shape = Mapping[str, Any]

_PLACE: Shape = {
    **dict.fromkeys(("id", "watch", "source", "account", "region", "status"), str),
    "parameters": dict,
    "observed_at": str,
}
_WATCH: Shape = {**_PLACE, "error": dict | None, "since": str | None}
_RUN: Shape = {**_WATCH, "since": str, "expected": dict, "last_success_at": str | None}
_JOB: Shape = {
    **_PLACE,
    "job_id": str,
    **dict.fromkeys(("job_arn", "job_type", "raw_status", "previous_status"), str | None),
    **dict.fromkeys(("created_at", "ended_at", "console_url"), str | None),
    "duration_seconds": int | None,
    "progress": dict,
    "failure": dict,
    "details": dict,
}
_PROGRESS: Shape = dict.fromkeys(("total", "processed", "failed"), int | float | None)
_EXPECTED: Shape = {"at": str | None, "zone": str, "within_seconds": int}
_FAILURE: Shape = {"code": str | None, "message": str | None, "details": list}
_SHAPES = {
    JOB_STATUS_CHANGE: _JOB,
    JOB_STALLED: _JOB,
    JOB_OVERRUNNING: _JOB,
    WATCH_UNREACHABLE: _WATCH,
    WATCH_RECOVERED: _WATCH,
    RUN_MISSING: _RUN,
    RUN_ARRIVED: _RUN,
}
MOVED = "moved"
"""What stands for the detail type of a stalled job that moved: no event tells of that."""


@dataclass(frozen=True, slots=True)
class OutboxRecord:
    """One stored change that must be announced, or that ends what an alert told of.

    `sequence` is its place in the stream, `item_key` the key of its item,
    `detail_type` and `text` are the event's, `detail` is the text parsed, and `record` what was
    read. `resolves` are the detail types of the alerts that it ends as poll knows.
    """

    sequence: str
    item_key: str
    detail_type: str
    text: str
    detail: Mapping[str, Any]
    record: Mapping[str, Any]
    resolves: tuple[str, ...] = ()

    @property
    def moved_at(self) -> str | None:
        """When the job was last seen to change status or progress, where its item tells."""
        try:
            return _moved_at(self.record["dynamodb"]["NewImage"])
        except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError):
            return None  # it is a line of a text at most

    @property
    def in_order_with(self) -> frozenset[str]:
        """What it shares with the records that it must not overtake."""
        return frozenset({self.item_key})


class UnreadableRecordError(Exception):
    """A record that must be announced, and can't be read: it never will."""

    def __init__(self, sequence: str, record: Mapping[str, Any], reason: str) -> None:
        super().__init__(reason)
        self.sequence = sequence
        self.record = record


def read_record(
    record: Mapping[str, Any], table: str, *, resolving: bool = False
) -> OutboxRecord | None:
    """Read a record; None when there is nothing to announce in it.

    `table` is the ARN of the table of which it must be; its stream may be made anew. When
    `resolving`, one that only ends what an alert told of is read as well.

    :raises UnreadableRecordError: when there is, and it can't be made out.
    """
    sequence = ""
    try:
        stream = record["dynamodb"]
        sequence = str(stream["SequenceNumber"])
        image = stream.get("NewImage") or {}
        is_wanted = "announce" in image or (resolving and "resolves" in image)
        return _read_image(sequence, image, record, table) if is_wanted else None
    except KeyError as error:
        raise UnreadableRecordError(sequence, record, f"it has no {error}") from None
    except RecursionError:
        raise UnreadableRecordError(sequence, record, "it is nested too deeply") from None
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise UnreadableRecordError(sequence, record, str(error)) from None


def read_records(
    records: Iterable[Mapping[str, Any]], table: str, *, resolving: bool = False
) -> list[OutboxRecord | UnreadableRecordError]:
    """Read the records of a batch, in order; those that say nothing are left out."""
    read: list[OutboxRecord | UnreadableRecordError] = []
    for record in records:
        try:
            found = read_record(record, table, resolving=resolving)
        except UnreadableRecordError as error:
            read.append(error)
        else:
            read += [] if found is None else [found]
    return read


def _read_image(
    sequence: str, image: Mapping[str, Any], record: Mapping[str, Any], table: str
) -> OutboxRecord:
    if not record["eventSourceARN"].startswith(f"{table}/stream/"):
        raise ValueError("it is not of the stack's table")
    if "#" not in image["pk"]["S"]:  # such as the heartbeat's, whose role writes under no other
        raise ValueError("it is of no scope")
    is_silent = "announce" not in image
    detail_type, text = MOVED if is_silent else image["announce"]["S"], image["detail"]["S"]
    detail = json.loads(text, parse_constant=_no_number)
    shape = _JOB if is_silent else _SHAPES.get(detail_type)
    if shape is None:
        raise ValueError("its detail type is none that there is")
    _check(detail, shape, "detail")
    if shape is _JOB:
        _check(detail["progress"], _PROGRESS, "progress")
        _check(detail["failure"], _FAILURE, "failure")
    if shape is _RUN:
        _check(detail["expected"], _EXPECTED, "expected")
    if read_time(detail["observed_at"]) is None:
        raise ValueError("its observed_at is no time")
    item_key = f"{image['pk']['S']} {image['sk']['S']}"
    resolves = tuple(image["resolves"]["S"].split(",")) if "resolves" in image else ()
    if is_silent:
        detail = _moved(detail, image)
    return OutboxRecord(sequence, item_key, detail_type, text, detail, record, resolves)


def _moved(detail: Mapping[str, Any], image: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a job's last event up to date with what is stored of it since, without an event."""
    total, processed, failed = json.loads(image["progress"]["S"])
    moved = {
        "id": hashlib.sha256(f"{detail['id']} {image['version']['N']}".encode()).hexdigest()[:32],
        "status": image["status"]["S"],
        "observed_at": _moved_at(image),
        "progress": {"total": total, "processed": processed, "failed": failed},
    }
    _check(moved["progress"], _PROGRESS, "progress")
    return {**detail, **moved}


def _moved_at(image: Mapping[str, Any]) -> str:
    return iso(datetime.fromtimestamp(float(image["moved_at"]["N"]), UTC))


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"its detail holds {name}, which is no JSON")


def _check(value: Any, shape: Shape, name: str) -> None:
    """Hold a value against its shape; nothing of the value is in the error."""
    if not isinstance(value, dict):
        raise TypeError(f"its {name} is no JSON object")
    for key, kind in shape.items():
        if not isinstance(value[key], kind):
            raise TypeError(f"{key} in its {name} is a {type(value[key]).__name__}")
