"""The dead letters of an outlet: what is in its queue, and whoever holds it.

There are two kinds. Lambda writes what it could not hand over for too long: not the records, only
where they are, the shard and the first and last sequence number. The functions themselves write the
records that a service never takes (`lambdas.outbox.dead_letters`). Anything else is left alone.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.outbox.dead_letters import read_letter
from lambdas.times import AWS_BEGAN, read_time

WAIT = 1
"""Seconds for which the queue is asked for more: all of its servers are, then."""
HOLD = 15 * 60
"""Seconds for which nobody else gets a dead letter that was received."""
_OLDEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """A letter of Lambda's: so many records of a shard, from `first` to `last`.

    `since` and `until` are when its first and last record came into the stream.
    """

    receipt: str
    stream: str
    shard: str
    first: str
    last: str
    since: datetime
    until: datetime
    size: int

    @property
    def order(self) -> tuple[datetime, int]:
        """What sorts letters by the age of their records."""
        return self.since, int(self.first)


@dataclass(frozen=True, slots=True)
class PutAside:
    """A letter of a function's: one record, and why it was refused."""

    receipt: str
    record: Mapping[str, Any]
    reason: str

    @property
    def order(self) -> tuple[datetime, int]:
        """What sorts letters by the age of their records."""
        change = self.record.get("dynamodb") or {}
        since = read_time(change.get("ApproximateCreationDateTime")) or _OLDEST
        return since, int(change.get("SequenceNumber") or 0)


class StrangeLetterError(Exception):
    """A message in the queue is no dead letter of this table's stream."""


@dataclass(slots=True)
class Queue:
    """A queue of dead letters, and the receipts of the messages that were received from it."""

    sqs: Any
    url: str
    held: dict[str, None] = field(default_factory=dict)

    def receive(self) -> Iterator[Mapping[str, Any]]:
        """Receive all messages, and hold them."""
        while messages := self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=HOLD, WaitTimeSeconds=WAIT
        ).get("Messages"):
            self.held |= dict.fromkeys(message["ReceiptHandle"] for message in messages)
            yield from messages

    def delete(self, receipt: str) -> None:
        """Delete a message."""
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)
        del self.held[receipt]

    def count(self) -> int:
        """Count all messages, those that somebody holds as well; it may be a little behind."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def release(self) -> None:
        """Give back what is held at once; what can't be given back comes back by itself."""
        while self.held:
            receipt, _ = self.held.popitem()
            with suppress(BotoCoreError, ClientError):
                self.sqs.change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=0
                )


@contextmanager
def opened(sqs: Any, url: str) -> Iterator[Queue]:
    """Open a queue: what is still held in the end is given back, however it ends."""
    queue = Queue(sqs, url)
    try:
        yield queue
    finally:
        queue.release()


_NO_LETTER = (*(AttributeError, LookupError, TypeError, ValueError), OverflowError, RecursionError)
"""What comes of reading JSON of any shape as a letter."""


def read_message(message: Mapping[str, Any], table: str) -> Batch | PutAside:
    """Read a dead letter of the table, of which this is the ARN.

    :raises StrangeLetterError: when it is none.
    """
    try:
        document = json.loads(message["Body"])
        found = _batch(document, message["ReceiptHandle"]) or _put_aside(
            document, message["ReceiptHandle"]
        )
        stream = found.stream if isinstance(found, Batch) else found.record["eventSourceARN"]
        ours = str(stream).startswith(f"{table}/stream/") and found.order
    except _NO_LETTER as error:
        raise StrangeLetterError("it names no records of a table") from error
    if not ours:
        raise StrangeLetterError("it names the stream of another table")
    return found


def _batch(document: Mapping[str, Any], receipt: str) -> Batch | None:
    if "DDBStreamBatchInfo" not in document:
        return None
    batch = document["DDBStreamBatchInfo"]
    return Batch(
        receipt=receipt,
        stream=_text(batch["streamArn"]),
        shard=_text(batch["shardId"]),
        first=_number(batch["startSequenceNumber"]),
        last=_number(batch["endSequenceNumber"]),
        since=_time(batch["approximateArrivalOfFirstRecord"]),
        until=_time(batch["approximateArrivalOfLastRecord"]),
        size=int(batch["batchSize"]),
    )


def _put_aside(document: Mapping[str, Any], receipt: str) -> PutAside:
    letter = read_letter(document)
    if letter is None:
        raise ValueError("no letter")
    change = letter.record["dynamodb"]
    if not isinstance(change.get("NewImage"), dict):
        for name in ("pk", "sk"):  # the table is asked for it
            _text(change["Keys"][name]["S"])
    return PutAside(receipt, letter.record, letter.reason)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: Any) -> str:
    """Give a number as it was written: a sequence number is asked for with all of its zeros."""
    int(_text(value))
    return str(value)


def _time(value: Any) -> datetime:
    found = read_time(value)
    if found is None or not AWS_BEGAN <= found <= _LATEST:
        raise ValueError("no time")
    return found
