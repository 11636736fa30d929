"""What could not be published: the dead letters, the stream's records and the table's items.

A dead letter of a stream holds no record, only where the records are: the shard and the first and
the last sequence number. The stream has them for 24 hours. After that the table is what is left:
each item holds the last event of its job, with the time at which it was observed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

WAIT = 1
"""Seconds for which the queue is asked for more: all of its servers are, then."""
HOLD = 15 * 60
"""Seconds for which nobody else gets a dead letter that was received."""
WRITING = timedelta(minutes=10)
"""How long before it came into the stream, at most, a change was observed."""
SKEW = timedelta(minutes=1)
EMPTY_PAGES = 100
"""How many pages without a record are read in a row; a stream gives some in between."""
GONE = ("TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException")


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: `receipt` deletes it, `first` and `last` are sequence numbers.

    `since` and `until` are when its first and last record came into the stream.
    """

    receipt: str
    stream: str
    shard: str
    first: str
    last: str
    since: datetime
    until: datetime


class StrangeLetterError(Exception):
    """A message in the queue is no dead letter of the stream."""


def letters(sqs: Any, queue: str) -> list[Letter]:
    """Receive all dead letters of the queue, the oldest records first.

    :raises StrangeLetterError: when there is something else in the queue.
    """
    found: list[Letter] = []
    while messages := sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=HOLD, WaitTimeSeconds=WAIT
    ).get("Messages"):
        found += map(_letter, messages)
    return sorted(found, key=lambda letter: (letter.since, int(letter.first)))


def delete(sqs: Any, queue: str, letter: Letter) -> None:
    """Delete a dead letter."""
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter.receipt)


def release(sqs: Any, queue: str, kept: Iterable[Letter]) -> None:
    """Give dead letters back to the queue at once."""
    for letter in kept:
        sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )


def records_of(streams: Any, letter: Letter) -> list[dict[str, Any]] | None:
    """Read the records of a dead letter, as Lambda hands them over; None: the stream lost them."""
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=letter.stream,
            ShardId=letter.shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=letter.first,
        )["ShardIterator"]
        records = _until(streams, iterator, int(letter.last))
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise
    return records and [_as_in_lambda(r, letter.stream) for r in records if _is_news(r)]


def remembered(dynamodb: Any, table: str, lost: Iterable[Letter]) -> list[dict[str, Any]]:
    """Make records of the announced items that were observed at the time of the lost ones."""
    spans = [(letter.since - WRITING, letter.until + SKEW) for letter in lost]
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, FilterExpression="attribute_exists(announce)"
    )
    dated = [(_observed(item), item) for page in pages for item in page["Items"]]
    dated = [(at, item) for at, item in dated if any(a <= at <= b for a, b in spans)]
    dated.sort(key=lambda pair: pair[0])
    return [
        {"dynamodb": {"SequenceNumber": str(number), "NewImage": item}}
        for number, (_, item) in enumerate(dated, 1)
    ]


def _letter(message: Mapping[str, Any]) -> Letter:
    try:
        batch = json.loads(message["Body"])["DDBStreamBatchInfo"]
        return Letter(
            receipt=message["ReceiptHandle"],
            stream=batch["streamArn"],
            shard=batch["shardId"],
            first=batch["startSequenceNumber"],
            last=batch["endSequenceNumber"],
            since=datetime.fromisoformat(batch["approximateArrivalOfFirstRecord"]),
            until=datetime.fromisoformat(batch["approximateArrivalOfLastRecord"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        said = f"message {message['MessageId']} in the queue tells of no records of a table"
        raise StrangeLetterError(said) from error


def _is_news(record: Mapping[str, Any]) -> bool:
    """Tell whether the event source mapping would let a record through."""
    return "announce" in record["dynamodb"].get("NewImage", {})


def _until(streams: Any, iterator: str | None, last: int) -> list[dict[str, Any]] | None:
    """Read from an iterator up to a sequence number; None when it does not come."""
    records: list[dict[str, Any]] = []
    empty = 0
    while iterator is not None and empty < EMPTY_PAGES:
        answer = streams.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            number = int(record["dynamodb"]["SequenceNumber"])
            if number <= last:
                records.append(record)
            if number >= last:
                return records
        empty = 0 if answer["Records"] else empty + 1
        iterator = answer.get("NextShardIterator")
    return None


def _as_in_lambda(record: Mapping[str, Any], stream: str) -> dict[str, Any]:
    change = dict(record["dynamodb"])
    created = change.get("ApproximateCreationDateTime")
    if created is not None:
        change["ApproximateCreationDateTime"] = created.timestamp()
    return {**record, "dynamodb": change, "eventSourceARN": stream}


def _observed(item: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(json.loads(item["detail"]["S"])["observed_at"])
