"""What is put aside: records of the table's stream that a service will never take.

A letter is a message in the dead-letter queue of the function that could not send the record::

    {"version": "1", "sequence": "495903…", "reason": "MalformedDetail: …", "record": {…}}

`record` is as the stream gave it. One that would not fit into a message has its keys only: the
table holds the rest.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.text import clean

VERSION = "1"
LARGEST = 1_000_000
"""Bytes of a letter: a message of SQS has 1,048,576."""
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that is put aside, its sequence number and why."""

    sequence: str
    record: Mapping[str, Any]
    reason: str


def put_in(sqs: Any, queue: str) -> Callable[[Letter], None]:
    """Give the function that puts letters into a queue; it raises what SQS answers."""
    return lambda letter: sqs.send_message(QueueUrl=queue, MessageBody=write_letter(letter))


def write_letter(letter: Letter) -> str:
    """Write the message; in ASCII, as SQS refuses some characters."""
    document = {
        "version": VERSION,
        "sequence": letter.sequence,
        "reason": clean(letter.reason, LONGEST_REASON),
        "record": letter.record,
    }
    text = json.dumps(document)
    if len(text) <= LARGEST:
        return text
    return json.dumps({**document, "record": _keys(letter.record)})


def read_letter(document: Any) -> Letter | None:
    """Read a parsed message; None when it is none of these letters."""
    match document:
        case {"version": "1", "sequence": str(sequence), "reason": str(reason), "record": dict(r)}:
            return Letter(sequence, r, reason)
    return None


def _keys(record: Mapping[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"]
    image = change.get("NewImage") or {}
    keys = {name: image[name] for name in ("pk", "sk") if name in image}
    kept = {name: change[name] for name in _KEPT if name in change}
    origin = {name: record[name] for name in ("eventID", "eventSourceARN") if name in record}
    return {**origin, "dynamodb": {"Keys": keys, **kept}}


_KEPT = ("Keys", "SequenceNumber", "ApproximateCreationDateTime")
