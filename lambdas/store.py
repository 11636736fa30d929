"""The table: what was last seen, and the outbox of what is to be announced.

A scope is one partition. Its items:

=============  ====================================================================
attribute      meaning
=============  ====================================================================
`pk`           the watch's name and a digest of the scope
`sk`           `scope` for the scope's health, `job#` and the id for a job
`open`         a short form of `pk`, on the scope's health and its unfinished jobs:
               the key of the index `unfinished`, which is all that most polls read
`version`      counts the writes; a write names the version that it replaces
`schema`       the version of this layout; items without it are older than all others
`announce`     the event's detail type, on items that must be announced
`detail`       the event's detail as JSON; for silent items what it would have been
`status`,      a job's status and what was last seen of it; `progress` is
`raw_status`,  `[total, processed, failed]` as JSON; `moved_at` is in epoch seconds;
`progress`,    `id` is there where the job's id is too long for the key
`moved_at`,
`stalled`, `id`
`health`       a scope's health as JSON
`settled`      the digest of its finished jobs, compressed
`expires_at`   when DynamoDB may forget a finished job, in epoch seconds
=============  ====================================================================

The stream hands each written item to the publisher, so that nothing can be stored and not
announced, or announced and not stored. A write that loses a race is normal and says nothing.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.apis.jobs import read_time
from lambdas.digest import packed, unpacked
from lambdas.model import Health, Known, Progress, Scope
from lambdas.text import iso

INDEX = "unfinished"
SCHEMA = "2"
_SCOPE = "scope"
_JOB = "job#"
_LONGEST_KEY = 900
_MOST_FOUND = 100
"""Items that one BatchGetItem reads."""
_PLAIN = ("failures", "unreachable", "gets_failed", "by_id")
_TIMES = ("began_at", "quiet_before", "read_at", "since", "underway")
_SETS = ("unread", "ended", "children")


@dataclass(frozen=True, slots=True)
class Table:
    """The DynamoDB table, through a botocore client."""

    client: Any
    name: str

    def read(self, scope: Scope, *, certain: bool) -> tuple[Health, dict[str, Known]]:
        """Read a scope's health and its unfinished jobs: one query of the index.

        It may be a little behind, which is harmless: a write that is based on it loses against the
        version. Only that a scope was never read must be certain: a job that is new would be passed
        over. `certain` reads the health itself in any case.
        """
        health, jobs = Health(), {}
        for item in self._query("#key = :key", {":key": _open(scope)}, index=True):
            if item["sk"]["S"] == _SCOPE:
                health = _health(item)
            else:
                known = _known(item)
                jobs[known.id] = known
        if certain or not health.read_at:
            health = self.read_health(scope)
        return health, jobs

    def read_jobs(self, scope: Scope) -> dict[str, Known]:
        """Read all that is remembered of a scope's jobs."""
        condition = "pk = :pk AND begins_with(sk, :job)"
        items = self._query(condition, {":pk": partition(scope), ":job": _JOB})
        return {known.id: known for known in map(_known, items)}

    def find(self, scope: Scope, jobs: Collection[str]) -> dict[str, Known]:
        """Look up some of a scope's jobs by their ids."""
        keys = [{"pk": {"S": partition(scope)}, "sk": {"S": _job_key(job)}} for job in sorted(jobs)]
        found: dict[str, Known] = {}
        while keys:
            some, keys = keys[:_MOST_FOUND], keys[_MOST_FOUND:]
            answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": some}})
            known = [_known(item) for item in answer["Responses"].get(self.name, ())]
            found.update((job.id, job) for job in known)
            keys += answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
        return found

    def read_health(self, scope: Scope) -> Health:
        """Read what is remembered of a scope without its jobs."""
        key = {"pk": {"S": partition(scope)}, "sk": {"S": _SCOPE}}
        answer = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True)
        return _health(answer["Item"]) if "Item" in answer else Health()

    def put_job(self, scope: Scope, known: Known, announce: str | None) -> bool:
        """Store a job whose `version` is one above what was read; False if a race was lost."""
        item: dict[str, Any] = {
            "pk": {"S": partition(scope)},
            "sk": {"S": _job_key(known.id)},
            "version": {"N": str(known.version)},
            "status": {"S": known.status},
            "progress": {"S": json.dumps(_numbers(known.progress))},
            "moved_at": {"N": str(known.moved_at.timestamp())},
            "detail": {"S": known.detail or "{}"},
        }
        if not known.terminal:
            item["open"] = {"S": _open(scope)}
        if item["sk"]["S"] != _JOB + known.id:
            item["id"] = {"S": known.id}
        if known.raw_status is not None:
            item["raw_status"] = {"S": known.raw_status}
        if known.stalled:
            item["stalled"] = {"BOOL": True}
        if known.expires_at is not None:
            item["expires_at"] = {"N": str(int(known.expires_at.timestamp()))}
        return self._put(item, known.version, announce)

    def put_health(
        self, scope: Scope, health: Health, announce: str | None, detail: Mapping[str, Any] | None
    ) -> bool:
        """Store a scope's health whose `version` is one above what was read."""
        item = {
            "pk": {"S": partition(scope)},
            "sk": {"S": _SCOPE},
            "version": {"N": str(health.version)},
            "open": {"S": _open(scope)},
            "health": {"S": json.dumps(_health_document(scope, health))},
        }
        if health.settled is not None:
            item["settled"] = {"S": packed(health.settled)}
        if detail is not None:
            item["detail"] = {"S": json.dumps(detail)}
        return self._put(item, health.version, announce)

    def _put(self, item: dict[str, Any], version: int, announce: str | None) -> bool:
        item["schema"] = {"N": SCHEMA}
        if announce is not None:
            item["announce"] = {"S": announce}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if version > 1:
            condition = {
                "ConditionExpression": "#version = :read",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":read": {"N": str(version - 1)}},
            }
        try:
            self.client.put_item(TableName=self.name, Item=item, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _query(
        self, condition: str, values: Mapping[str, str], *, index: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Query the table consistently, or an index of it, which is always a little behind."""
        where: dict[str, Any] = {"ConsistentRead": True}
        if index:  # `open` is one of DynamoDB's reserved words
            where = {"IndexName": INDEX, "ExpressionAttributeNames": {"#key": "open"}}
        pages = self.client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
            **where,
        )
        for page in pages:
            yield from page["Items"]


def partition(scope: Scope) -> str:
    """Give the partition key of a scope: readable by watch, unique by all that makes the scope."""
    place = [scope.source, scope.account, scope.region, sorted(scope.parameters.items())]
    digest = hashlib.sha256(json.dumps(place).encode()).hexdigest()[:24]
    return f"{scope.watch}#{digest}"


def _open(scope: Scope) -> str:
    """Give the index's key of a scope: short, as the index is read in every poll."""
    return hashlib.sha256(partition(scope).encode()).hexdigest()[:20]


def expiry(ended_at: datetime | None, now: datetime, retention: timedelta) -> datetime:
    """Give the time at which a finished job may be forgotten, at least a day after the news."""
    return max(min(ended_at or now, now) + retention, now + timedelta(days=1))


def _job_key(job_id: str) -> str:
    if len(job_id.encode()) <= _LONGEST_KEY:
        return _JOB + job_id
    return _JOB + "sha256:" + hashlib.sha256(job_id.encode()).hexdigest()


def _numbers(progress: Progress) -> list[int | None]:
    return [progress.total, progress.processed, progress.failed]


def _known(item: Mapping[str, Any]) -> Known:
    detail = item["detail"]["S"] if "detail" in item else None
    expires_at = item.get("expires_at")
    return Known(
        id=_job_id(item, detail),
        raw_status=item["raw_status"]["S"] if "raw_status" in item else None,
        status=item["status"]["S"],
        progress=Progress(*json.loads(item["progress"]["S"])),
        version=int(item["version"]["N"]),
        moved_at=_moved_at(item["moved_at"]),
        stalled="stalled" in item,
        expires_at=datetime.fromtimestamp(int(expires_at["N"]), UTC) if expires_at else None,
        detail=detail,
        outdated="open" not in item,
    )


def _job_id(item: Mapping[str, Any], detail: str | None) -> str:
    if "id" in item:
        return str(item["id"]["S"])
    key = str(item["sk"]["S"]).removeprefix(_JOB)
    # Items of an older layout have a long id in the detail only.
    return json.loads(detail)["job_id"] if detail and key.startswith("sha256:") else key


def _moved_at(value: Mapping[str, str]) -> datetime:
    if "N" in value:
        return datetime.fromtimestamp(float(value["N"]), UTC)
    return datetime.fromisoformat(value["S"])


def _health(item: Mapping[str, Any]) -> Health:
    stored = json.loads(item["health"]["S"])
    # Until schema 1, a broad scope remembered only those that had unfinished jobs.
    stored.setdefault("children", stored.get("busy", []))
    values: dict[str, Any] = {
        **{name: stored[name] for name in _PLAIN if name in stored},
        **{name: read_time(stored[name]) for name in _TIMES if name in stored},
        **{name: frozenset(stored[name]) for name in _SETS if name in stored},
    }
    settled = unpacked(item["settled"]["S"]) if "settled" in item else None
    return Health(version=int(item["version"]["N"]), settled=settled, **values)


def _health_document(scope: Scope, health: Health) -> dict[str, Any]:
    """Write a scope's health, with the scope itself for whoever looks at the table."""
    return {
        "source": scope.source,
        "account": scope.account,
        "region": scope.region,
        "parameters": dict(scope.parameters),
        **{name: getattr(health, name) for name in _PLAIN},
        **{name: iso(getattr(health, name)) for name in _TIMES},
        **{name: sorted(getattr(health, name)) for name in _SETS},
    }
