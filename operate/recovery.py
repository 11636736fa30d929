"""The changes of dead letters: what the stream still has of them, and the rest from the table.

The stream has its records for 24 hours. After that the table is what is left: each item holds what
was last announced of its job or scope, with the time at which it was observed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.times import read_time
from operate.letters import Batch, PutAside
from operate.outlets import Outlet

Record = Mapping[str, Any]

WRITING = timedelta(minutes=10)
"""How long before it came into the stream, at most, a change was observed."""
SKEW = timedelta(minutes=1)
EMPTY_PAGES = 100
"""How many pages without a record are read in a row; a stream gives some in between."""
TRIMMED = "TrimmedDataAccessException"
GONE = (TRIMMED, "ResourceNotFoundException", "ExpiredIteratorException")


@dataclass(frozen=True, slots=True)
class Found:
    """What the stream has of a batch: the records that the outlet wants, in order.

    `missing` counts those that it does not have any more, `unwanted` those that were handed over
    and that the outlet does not want now.
    """

    records: Sequence[Record]
    missing: int
    unwanted: int = 0


def read_batch(streams: Any, batch: Batch, outlet: Outlet) -> Found:
    """Read from the stream what it has of a batch; heartbeats count, and are no changes."""
    found, whole = _read(streams, batch)
    images = [record["dynamodb"].get("NewImage") or {} for record in found]
    handed = [pair for pair in zip(found, images, strict=True) if outlet.wants(pair[1])]
    changes = [
        _as_in_lambda(record, batch.stream)
        for record, image in handed
        if "announce" in image or "resolves" in image
    ]
    others = max(0, batch.size - len(handed))
    if not whole:
        return Found(changes, others)
    # With the filter that it has now, the mapping would not hand over all that it did then.
    left_out = sum("announce" in image and not outlet.wants(image) for image in images)
    return Found(changes, 0, min(others, left_out))


def read_table(dynamodb: Any, outlet: Outlet, lost: Iterable[Batch]) -> list[Record]:
    """Make records of what the outlet wants out of the table and was observed with lost ones."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=outlet.table_name,
        ConsistentRead=True,
        FilterExpression="attribute_exists(announce) OR attribute_exists(announced)",
    )
    spans = [span(batch) for batch in lost]
    records = (_announced(item, outlet) for page in pages for item in page["Items"])
    dated = [(observed(record), record) for record in records if record is not None]
    within = [(at, r) for at, r in dated if at and any(a <= at <= b for a, b in spans)]
    within.sort(key=lambda pair: pair[0])
    return [
        _with(record, SequenceNumber=str(number)) for number, (_, record) in enumerate(within, 1)
    ]


def read_item(dynamodb: Any, outlet: Outlet, letter: PutAside) -> Record | None:
    """Give a record that was put aside; one that has its keys only is made from the table."""
    change = letter.record["dynamodb"]
    if "NewImage" in change:
        return letter.record
    answer = dynamodb.get_item(TableName=outlet.table_name, Key=change["Keys"], ConsistentRead=True)
    record = _announced(answer.get("Item") or {}, outlet)
    return record and _with(record, SequenceNumber="1")


def count_missing(lost: Mapping[Batch, int], records: Iterable[Record]) -> dict[Batch, int]:
    """Count how many of each batch's missing changes can't be among the records of the table.

    A record counts for one batch only: of those to whose time it fits, for the one that ends first.
    """
    left = dict(lost)
    for record in records:
        at = observed(record)
        fitting = [b for b, n in left.items() if n and at and span(b)[0] <= at <= span(b)[1]]
        if fitting:
            left[min(fitting, key=lambda batch: span(batch)[1])] -= 1
    return left


def span(batch: Batch) -> tuple[datetime, datetime]:
    """Give the time within which the changes of a batch were observed."""
    return batch.since - WRITING, batch.until + SKEW


def observed(record: Record) -> datetime | None:
    """Tell when a change was observed; None where that can't be read."""
    try:
        return read_time(json.loads(event_of(record))["observed_at"])
    except (KeyError, TypeError, ValueError):
        return None


def event_of(record: Record) -> str:
    """Give the event of a record, as JSON; an empty text where there is none."""
    return str(record["dynamodb"]["NewImage"].get("detail", {}).get("S", ""))


def _announced(item: Mapping[str, Any], outlet: Outlet) -> Record | None:
    """Make a record of what was last announced of an item, if the outlet wants it."""
    announce = item.get("announce") or item.get("announced")
    if not announce or "detail" not in item:
        return None
    image = {**item, "announce": announce}
    keys = {name: item[name] for name in ("pk", "sk")}
    record = {"eventSourceARN": f"{outlet.table}/stream/", "dynamodb": {"Keys": keys}}
    return _with(record, NewImage=image) if outlet.wants(image) else None


def _with(record: Record, **more: Any) -> Record:
    return {**record, "dynamodb": {**record["dynamodb"], **more}}


def _read(streams: Any, batch: Batch) -> tuple[list[Record], bool]:
    """Read the records of a batch, and whether these are all: the first may be trimmed."""
    for start in (
        {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": batch.first},
        {"ShardIteratorType": "TRIM_HORIZON"},
    ):
        records: list[Record] = []
        try:
            reached = _read_from(streams, batch, start, records)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == TRIMMED:
                continue
            if code not in GONE:
                raise
            reached = False
        return records, reached and "SequenceNumber" in start
    return [], False


def _read_from(streams: Any, batch: Batch, start: Mapping[str, str], records: list[Record]) -> bool:
    """Add the records of a batch to a list; tell whether its last was reached."""
    iterator = streams.get_shard_iterator(StreamArn=batch.stream, ShardId=batch.shard, **start)
    place, empty = iterator["ShardIterator"], 0
    while place is not None and empty < EMPTY_PAGES:
        answer = streams.get_records(ShardIterator=place)
        for record in answer["Records"]:
            number = int(record["dynamodb"]["SequenceNumber"])
            if int(batch.first) <= number <= int(batch.last):
                records.append(record)
            if number >= int(batch.last):
                return True
        empty = 0 if answer["Records"] else empty + 1
        place = answer.get("NextShardIterator")
    return False


def _as_in_lambda(record: Record, stream: str) -> Record:
    return {**record, "eventSourceARN": stream}
