"""AWS in memory, where thousands of runs must be quick: table, stream, queue, bus and topic.

They answer as far as Jobwatch asks; a test holds the table against moto's. Every call, of these and
of the fake job APIs, goes through `Faults`, which can stop the function before or after its effect.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lambdas.alert.memory import CARRIED as CARRIED_OF_ALERTS
from lambdas.alert.memory import INDEX as OF_ALERTS
from lambdas.store.layout import INDEX, KEYS
from operate.poll import table
from tests.records import STREAM
from tests.schemas import faults, faults_within


class Crash(BaseException):
    """The function was stopped: its process is gone at this very call."""


@dataclass
class Faults:
    """Counts calls and lets faults happen to them.

    `stop_at` is the number of the call at which the function is stopped, `after` its effect or
    before it. `meddle` is asked before each call, by its name, and may raise what the client would.
    `takes` gives the seconds of a call by its name; together they are `elapsed`, and at `ends`
    Lambda stops the function.
    """

    stop_at: int | None = None
    after: bool = False
    calls: list[str] = field(default_factory=list)
    stopped: bool = False
    meddle: Callable[[str], None] = lambda _name: None
    takes: Callable[[str], float] = lambda _name: 0
    elapsed: float = 0
    ends: float = float("inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, name: str, effect: Callable[[], Any]) -> Any:
        """Make a call, unless the function is stopped at it; a stopped function calls no more."""
        with self._lock:
            if self.stopped:
                raise Crash
            here = len(self.calls) == self.stop_at
            self.calls.append(name)
            self.elapsed += self.takes(name)
            late = self.elapsed > self.ends
            self.stopped = here or late
        if late or (here and not self.after):
            raise Crash
        self.meddle(name)
        answer = effect()
        if here:
            raise Crash
        return answer

    def restart(self) -> None:
        """Let a new process begin, to which nothing happens any more."""
        self.stopped, self.stop_at, self.ends = False, None, float("inf")


class MemoryTable(table.MemoryTable):
    """The table in memory that the command has, with faults, and its stream as `records`.

    `behind` is what its index answers from: None where it is up to date. The faults know its calls
    by their names behind `prefix`.
    """

    def __init__(self, faults: Faults, prefix: str = "") -> None:
        super().__init__(written=self._stream)
        self._faults = faults
        self._prefix = prefix
        self.records: list[dict[str, Any]] = []
        self.behind: dict[tuple[str, str], Any] | None = None

    def put_item(self, **call: Any) -> dict[str, Any]:
        put = super().put_item
        return self._faults.call(f"{self._prefix}PutItem", lambda: put(**call))

    def get_item(self, **call: Any) -> dict[str, Any]:
        get = super().get_item
        return self._faults.call("GetItem", lambda: get(**call))

    def batch_get_item(self, **call: Any) -> dict[str, Any]:
        """Answer with half of what is asked for, rounded up, as it may in a big batch."""
        ((name, request),) = call["RequestItems"].items()
        keys = request["Keys"]
        assert 0 < len(keys) <= 100
        assert request["ConsistentRead"]
        now, later = keys[: (len(keys) + 1) // 2], keys[(len(keys) + 1) // 2 :]
        get = super().batch_get_item
        some = {name: {"Keys": now}}
        answer = self._faults.call(f"{self._prefix}BatchGetItem", lambda: get(RequestItems=some))
        return {**answer, "UnprocessedKeys": {name: {"Keys": later}} if later else {}}

    def paginate(self, **call: Any) -> Iterator[dict[str, Any]]:
        indexed = call.get("IndexName") == INDEX
        assert indexed or call["ConsistentRead"]
        there = self.behind if indexed and self.behind is not None else self.items
        items = self._faults.call("Query", lambda: list(table.matching(call, there)))
        for start in range(0, max(len(items), 1), 3):
            if start:
                self._faults.call("NextQuery", lambda: None)
            more = {"LastEvaluatedKey": {"pk": {"S": "more"}}} if start + 3 < len(items) else {}
            yield {"Items": items[start : start + 3], **more}

    def delete_item(self, **call: Any) -> dict[str, Any]:
        delete = super().delete_item
        return self._faults.call("DeleteItem", lambda: delete(**call))

    def query(self, **call: Any) -> dict[str, Any]:
        """Answer with a page of the alert function's table: of mutes, or of what they kept back."""
        found = self._faults.call(f"{self._prefix}Query", lambda: self._of_alerts(call))
        last = call.get("ExclusiveStartKey")
        after = table.key_of(last) if last else ("", "")
        left = [item for item in found if table.key_of(item) > after]
        more = {"LastEvaluatedKey": {n: left[1][n] for n in KEYS}} if len(left) > 2 else {}
        return {"Items": left[:2], **more}

    def _of_alerts(self, call: Mapping[str, Any]) -> list[table.Item]:
        values = call["ExpressionAttributeValues"]
        items = [self.items[key] for key in sorted(self.items)]
        if "IndexName" not in call:
            assert call["ConsistentRead"]
            return [item for item in items if item["pk"] == values[":pk"]]
        assert call["IndexName"] == OF_ALERTS
        carried = {*KEYS, "muted", *CARRIED_OF_ALERTS}
        kept = [item for item in items if item.get("muted") == values[":yes"]]
        return [{name: item[name] for name in item if name in carried} for item in kept]

    def _stream(self, item: table.Item) -> None:
        number = len(self.records)
        change = {"SequenceNumber": f"{number:09}", "NewImage": item}
        self.records.append({"eventSourceARN": STREAM, "dynamodb": change})


class MemoryQueue:
    """An SQS client with one FIFO queue; what is taken and not deleted shows up again later."""

    HIDDEN = timedelta(seconds=330)

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.entries: list[dict[str, Any]] = []
        self._hidden: dict[str, datetime] = {}
        self.receives: Counter[str] = Counter()

    def send_message_batch(self, **call: Any) -> dict[str, Any]:
        assert 0 < len(call["Entries"]) <= 10
        assert sum(len(entry["MessageBody"]) for entry in call["Entries"]) <= 1_048_576
        self._faults.call("SendMessageBatch", lambda: self._send(call["Entries"]))
        return {}

    def _send(self, entries: list[dict[str, Any]]) -> None:
        self.entries += [{**entry, "Id": entry["MessageDeduplicationId"]} for entry in entries]

    def take(self, now: datetime) -> dict[str, Any] | None:
        """Give the first entry whose group is not held up by one that was taken."""
        held_up = set()
        for entry in self.entries:
            if self._hidden.get(entry["Id"], now) > now:
                held_up.add(entry["MessageGroupId"])
            elif entry["MessageGroupId"] not in held_up:
                self._hidden[entry["Id"]] = now + self.HIDDEN
                self.receives[entry["Id"]] += 1
                return entry
        return None

    def delete(self, entry: dict[str, Any]) -> None:
        self.entries.remove(entry)


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
            assert faults_within(entry["DetailType"], detail) == []
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
            sent = json.loads(json.loads(entry["Message"])["sqs"])
            assert faults(sent) == []
            detail = sent["detail"]
            if self.refuse(detail["alerts"][0]["id"]):
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            status = entry["MessageAttributes"]["status"]["StringValue"]
            self.alerts += [{"status": status, "detail": alert} for alert in detail["alerts"]]
            taken.append({"Id": entry["Id"], "MessageId": entry["Id"]})
        return {"Successful": taken, "Failed": failed}
