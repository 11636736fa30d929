"""AWS in memory, where thousands of runs must be quick: a table with its stream, a bus, a topic.

They answer as far as Jobwatch asks; a test holds the table against moto's. Every call, of these and
of the fake job APIs, goes through `Faults`, which can stop the function before or after its effect.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


class Crash(BaseException):
    """The function was stopped: its process is gone at this very call."""


@dataclass
class Faults:
    """Counts calls and lets faults happen to them.

    `stop_at` is the number of the call at which the function is stopped, `after` its effect or
    before it. `meddle` is asked before each call, by its name, and may raise what the client would.
    """

    stop_at: int | None = None
    after: bool = False
    calls: list[str] = field(default_factory=list)
    stopped: bool = False
    meddle: Callable[[str], None] = lambda _name: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, name: str, effect: Callable[[], Any]) -> Any:
        """Make a call, unless the function is stopped at it; a stopped function calls no more."""
        with self._lock:
            if self.stopped:
                raise Crash
            here = len(self.calls) == self.stop_at
            self.calls.append(name)
            self.stopped = here
        if here and not self.after:
            raise Crash
        self.meddle(name)
        answer = effect()
        if here:
            raise Crash
        return answer

    def restart(self) -> None:
        """Let a new process begin, to which nothing happens any more."""
        self.stopped, self.stop_at = False, None


class MemoryTable:
    """A DynamoDB client with one table, and its stream of new images as `records`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.records: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def put_item(self, **call: Any) -> None:
        def put() -> None:
            with self._lock:
                self._put(call)

        self._faults.call("PutItem", put)

    def get_item(self, **call: Any) -> dict[str, Any]:
        key = (call["Key"]["pk"]["S"], call["Key"]["sk"]["S"])
        answer = self._faults.call("GetItem", lambda: self.items.get(key))
        return {"Item": answer} if answer else {}

    def get_paginator(self, operation: str) -> "MemoryTable":
        assert operation == "query"
        return self

    def paginate(self, **call: Any) -> Iterator[dict[str, Any]]:
        pk = call["ExpressionAttributeValues"][":pk"]["S"]
        items = self._faults.call(
            "Query", lambda: [self.items[key] for key in sorted(self.items) if key[0] == pk]
        )
        for start in range(0, max(len(items), 1), 3):
            yield {"Items": items[start : start + 3]}

    def _put(self, call: Mapping[str, Any]) -> None:
        item = call["Item"]
        key = (item["pk"]["S"], item["sk"]["S"])
        there = self.items.get(key)
        if call["ConditionExpression"] == "attribute_not_exists(pk)":
            holds = there is None
        else:
            assert call["ConditionExpression"] == "#version = :read"
            expected = call["ExpressionAttributeValues"][":read"]
            holds = there is not None and there["version"] == expected
        if not holds:
            failed = {"Code": "ConditionalCheckFailedException", "Message": "no"}
            raise ClientError({"Error": failed}, "PutItem")
        self.items[key] = item
        number = len(self.records)
        self.records.append({"dynamodb": {"SequenceNumber": f"{number:09}", "NewImage": item}})


class MemoryBus:
    """An EventBridge client that remembers each event that it took."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.events: list[dict[str, Any]] = []
        self.refuse: Callable[[str], bool] = lambda _id: False

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert len(Entries) <= 10
        return self._faults.call("PutEvents", lambda: self._put(Entries))

    def _put(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        answers = []
        for entry in entries:
            detail = json.loads(entry["Detail"])
            if self.refuse(detail["id"]):
                answers.append({"ErrorCode": "InternalFailure", "ErrorMessage": "try again"})
                continue
            self.events.append({"detail-type": entry["DetailType"], "detail": detail})
            answers.append({"EventId": detail["id"]})
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}


class MemoryTopic:
    """An SNS client that remembers the alerts that it took, each with its message's attributes."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.alerts: list[dict[str, Any]] = []
        self.refuse: Callable[[str], bool] = lambda _id: False

    def publish_batch(self, **call: Any) -> dict[str, Any]:
        entries = call["PublishBatchRequestEntries"]
        assert len(entries) <= 10
        return self._faults.call("PublishBatch", lambda: self._put(entries))

    def _put(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        taken, failed = [], []
        for entry in entries:
            detail = json.loads(json.loads(entry["Message"])["sqs"])["detail"]
            if self.refuse(detail["alerts"][0]["id"]):
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            status = entry["MessageAttributes"]["status"]["StringValue"]
            self.alerts += [{"status": status, "detail": alert} for alert in detail["alerts"]]
            taken.append({"Id": entry["Id"], "MessageId": entry["Id"]})
        return {"Successful": taken, "Failed": failed}
