"""The table of what was alerted of and is not over.

An item is what stands under one dedup key of a watch:

============  =====================================================================
`pk`, `sk`    the watch's name; `alert#` and the dedup key
`version`     counts the writes; a write names the version that it replaces
`standing`    what `standing.Standing` has, as JSON
`kept`        the alert that a mute kept back, as JSON; where there is none, neither
              are the next two
`muted`       `yes`, which puts the item into the index
`called`      what a mute by name is held against; not there of what is no job
`expires_at`  when DynamoDB may forget it, in epoch seconds
============  =====================================================================

Nothing is told that is not remembered: what cannot be read or written for now has the stream come
again. The index is sparse: it has what is to be told once no mute forbids it.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.alert.mutes import LONGEST, Mutes
from lambdas.alert.standing import Kept, Key, Moment, Standing, Trouble
from lambdas.alert.terms import LEVELS
from lambdas.deadline import Deadline
from lambdas.model import OutOfTimeError
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.store.batches import read_items

KEYS = {"pk": "HASH", "sk": "RANGE"}
INDEX = "kept"
INDEX_KEYS = {"muted": "HASH", "sk": "RANGE"}
CARRIED = ("called",)
"""What the index holds of an item besides its keys."""
LEAST_KEPT = timedelta(days=30)
"""However short the retention is."""
OPEN_KEPT = timedelta(days=400)
"""What is open, or failed without a word: runs of a name may be a year apart, and a watch be
unreachable for long."""
WRITERS = 8
_ALERT, _YES = "alert#", "yes"
_DAMAGED = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Memory:
    """The table, through a botocore client; `pool` makes the writes."""

    client: Any
    name: str
    pool: Executor
    retention: timedelta
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = field(default=time.sleep)

    @property
    def mutes(self) -> Mutes:
        """What is muted, which is in the same table."""
        return Mutes(self.client, self.name)

    def read(self, keys: Collection[Key], deadline: Deadline) -> dict[Key, Standing]:
        """Read what is remembered under some keys.

        :raises OutOfTimeError: when no time is left for all of it.
        :raises StoreError: where DynamoDB leaves some out for seconds.
        """

        def has_time() -> bool:
            return deadline.allows(LONGEST_CALL)

        if keys and not has_time():
            raise OutOfTimeError("no time was left to read what is remembered")
        wanted = [_key(each) for each in keys]
        found = read_items(
            self.client, self.name, wanted, consistent=True, sleep=self.sleep, has_time=has_time
        )
        return {_key_of(item): _read(item) for item in found}

    def kept(self, deadline: Deadline, place: dict[str, Any]) -> Iterator[tuple[Key, str | None]]:
        """Give the keys under which an alert was kept back, each with what a job is called.

        It goes on at the `place` where the look before had no time left, and keeps that up: of very
        many, each has its turn. The index may be behind by a moment, in which the next heartbeat
        has it.

        :raises OutOfTimeError: where no time is left to begin.
        """
        if not deadline.allows(LONGEST_CALL):
            raise OutOfTimeError("no time was left to read what was kept back")
        more: dict[str, Any] | None = {**place}
        while more is not None and deadline.allows(LONGEST_CALL):
            answer = self.client.query(
                TableName=self.name,
                IndexName=INDEX,
                KeyConditionExpression="muted = :yes",
                ExpressionAttributeValues={":yes": {"S": _YES}},
                **more,
            )
            for item in answer["Items"]:
                yield _key_of(item), item.get("called", {}).get("S")
            last = answer.get("LastEvaluatedKey")
            more = {"ExclusiveStartKey": last} if last else None
            place.clear()
            place.update(more or {})

    def write(self, standings: Mapping[Key, Standing], deadline: Deadline) -> dict[Key, str]:
        """Write what is to be remembered, each one version on; say of which not, and why."""
        pairs = [*standings.items()]
        said = self.pool.map(lambda pair: self._write(pair[0], pair[1], deadline), pairs)
        return {key: why for (key, _), why in zip(pairs, said, strict=True) if why is not None}

    def _write(self, key: Key, standing: Standing, deadline: Deadline) -> str | None:
        if not deadline.allows(LONGEST_CALL):
            return "no time was left"
        is_open = standing.trouble is not None or standing.quiet
        expires_at = self.clock() + max(self.retention, OPEN_KEPT if is_open else LEAST_KEPT)
        if standing.kept:
            expires_at += LONGEST
        item = {
            **_key(key),
            "version": {"N": str(standing.version + 1)},
            "standing": {"S": json.dumps(dict(_document(standing)))},
            **_kept(standing.kept),
            "expires_at": {"N": str(int(expires_at.timestamp()))},
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if standing.version:
            condition = {
                "ConditionExpression": "#version = :read",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":read": {"N": str(standing.version)}},
            }
        condition["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            self.client.put_item(TableName=self.name, Item=item, **condition)
        except ClientError as error:
            # botocore makes a call again whose answer got lost: the write may be ours.
            stored: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            said = ("version", "standing", "kept")
            is_ours = all(stored.get(name) == item.get(name) for name in said)
            return None if is_ours else _said(error)
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            return _said(error)
        return None


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _key_of(item: Mapping[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"].removeprefix(_ALERT)


def _key(key: Key) -> dict[str, Any]:
    watch, dedup_key = key
    return {"pk": {"S": watch}, "sk": {"S": f"{_ALERT}{dedup_key}"}}


def _document(standing: Standing) -> Iterator[tuple[str, Any]]:
    trouble = standing.trouble
    if trouble is not None:
        last = _moment(trouble.last)
        yield "trouble", [trouble.status, trouble.since, trouble.event, last, trouble.told]
        yield "to", [*trouble.to]
        yield "severity", trouble.severity
    if standing.over is not None:
        yield "over", _moment(standing.over)
        yield "detail", standing.detail
    if standing.quiet:
        yield "quiet", [[event, _moment(moment)] for event, moment in standing.quiet]


def _moment(moment: Moment) -> list[str | None]:
    return [moment.at, moment.seen, moment.job_id]


def _read(item: Mapping[str, Any]) -> Standing:
    """Read an item; one that can't be read counts as one that says nothing."""
    version = int(item.get("version", {}).get("N", 0))
    try:
        stored = json.loads(item["standing"]["S"])
        trouble = stored.get("trouble")
        return Standing(
            version=version,
            trouble=trouble and _read_trouble(trouble, stored),
            over=_read_moment(stored["over"]) if "over" in stored else None,
            detail=stored.get("detail"),
            quiet=tuple((str(e), _read_moment(m)) for e, m in stored.get("quiet", [])),
            kept=_read_kept(item) if "kept" in item else None,
        )
    except _DAMAGED:
        return Standing(version=version)


def _read_trouble(trouble: Any, stored: Any) -> Trouble:
    status, since, event, last, *told = trouble  # what a version before wrote says no more
    names, severity = tuple(map(str, stored.get("to", []))), stored.get("severity")
    moment, bad = _read_moment(last), severity if severity in LEVELS else None
    return Trouble(str(status), str(since), str(event), moment, told != [False], names, bad)


def _kept(kept: Kept | None) -> dict[str, Any]:
    """Write the attributes of what was kept back."""
    if kept is None:
        return {}
    written = json.dumps([kept.record, _moment(kept.moment), kept.claimed])
    called = {"called": {"S": kept.called}} if kept.called else {}
    return {"kept": {"S": written}, "muted": {"S": _YES}, **called}


def _read_kept(item: Mapping[str, Any]) -> Kept:
    record, moment, claimed = json.loads(item["kept"]["S"])
    name = item.get("called", {}).get("S")
    kept = Kept(dict(record), _read_moment(moment), name, claimed and str(claimed))
    if not kept.text:
        raise ValueError("it tells of nothing")
    return kept


def _read_moment(stored: Any) -> Moment:
    at, seen, job_id = stored
    return Moment(str(at), str(seen), None if job_id is None else str(job_id))
