"""The table of waits, which is encrypted under a key of KMS: it holds task tokens.

A job is one partition. Its items, one a wait, have the attributes

===============  ==================================================================
`pk`             a hash of the source, the account, the region and the job's id
`sk`             a hash of the token
`token`          the task token, or the id of the callback
`wait`           the rest of `wait.Wait`, as JSON
`expires_at`     when DynamoDB may forget it, in epoch seconds: a day after its end
===============  ==================================================================

One more item, with `sweep` in both keys, is there where a look at all waits took more than one
invocation: `look` is its number, and `behind` the wait behind which it goes on, null where the next
one begins.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas.times import iso
from lambdas.waits.calls import call
from lambdas.waits.wait import Wait

KEYS = {"pk": "HASH", "sk": "RANGE"}
SWEEP = "sweep"
PAGE = 100
"""Waits that are read, and decided on, at a time."""
KEPT = timedelta(days=1)
_TIMES = ("since", "until", "unseen_until")
_PLAIN = (
    *("source", "account", "region", "job_id", "parameters", "partial_fails", "kind"),
    "untold",
)
Key = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a look at all waits stopped that takes several invocations.

    `look` is its number, `behind` the wait behind which it goes on, None: it begins.
    """

    look: int
    behind: Key | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """The table, through a botocore client. Every call raises CallError where it fails."""

    client: Any
    name: str

    def put(self, wait: Wait) -> None:
        """Remember a wait; the same token again is the same wait."""
        rest = {name: getattr(wait, name) for name in _PLAIN}
        times = {name: iso(getattr(wait, name)) for name in _TIMES}
        item = {
            **key(wait),
            "token": {"S": wait.token},
            "wait": {"S": json.dumps({**rest, **times})},
            "expires_at": {"N": str(int((wait.until + KEPT).timestamp()))},
        }
        call(self.client.put_item, TableName=self.name, Item=item)

    def forget(self, wait: Wait) -> None:
        """Forget a wait that is over."""
        call(self.client.delete_item, TableName=self.name, Key=key(wait))

    def of_job(self, source: str, account: str, region: str, job_id: str) -> Iterator[list[Wait]]:
        """Give the waits for a job, page by page."""
        query = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": _job(source, account, region, job_id)}},
            "ConsistentRead": True,
        }
        return self._pages(self.client.query, query, None)

    def all(self, behind: Key | None) -> Iterator[list[Wait]]:
        """Give all waits, page by page; only those behind a key where one is given."""
        return self._pages(self.client.scan, {"ConsistentRead": True}, behind)

    def stopped_at(self) -> Stop | None:
        """Tell where the last look at all of them stopped, None: one invocation reached all."""
        item = call(self.client.get_item, TableName=self.name, Key=_SWEEP_KEY).get("Item")
        if item is None:
            return None
        return Stop(int(item.get("look", {"N": "0"})["N"]), json.loads(item["behind"]["S"]))

    def stop_at(self, stop: Stop | None) -> None:
        """Remember where a look at all of them stopped, None: one invocation reached all."""
        if stop is None:
            call(self.client.delete_item, TableName=self.name, Key=_SWEEP_KEY)
            return
        said = {"behind": {"S": json.dumps(stop.behind)}, "look": {"N": str(stop.look)}}
        call(self.client.put_item, TableName=self.name, Item={**_SWEEP_KEY, **said})

    def _pages(
        self, operation: Any, asked: Mapping[str, Any], behind: Key | None
    ) -> Iterator[list[Wait]]:
        start = {"ExclusiveStartKey": behind} if behind else {}
        while True:
            answer = call(operation, TableName=self.name, Limit=PAGE, **asked, **start)
            yield [_read(item) for item in answer["Items"] if "token" in item]
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


_SWEEP_KEY = {name: {"S": SWEEP} for name in KEYS}


def key(wait: Wait) -> dict[str, Any]:
    """Give the key of a wait's item."""
    job = _job(wait.source, wait.account, wait.region, wait.job_id)
    return {"pk": {"S": job}, "sk": {"S": wait.key}}


def _job(*names: str) -> str:
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def _read(item: Mapping[str, Any]) -> Wait:
    stored = json.loads(item["wait"]["S"])
    rest: dict[str, Any] = {name: stored[name] for name in _PLAIN if name in stored}
    times: dict[str, Any] = {name: datetime.fromisoformat(stored[name]) for name in _TIMES}
    return Wait(token=item["token"]["S"], **rest, **times)
