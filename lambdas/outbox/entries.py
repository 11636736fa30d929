"""Entries of the calls that send many things at once, and how they are cut into calls."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.outbox.records import OutboxRecord, UnreadableRecordError

MOST_ENTRIES = 10
LARGEST_CALL = 240_000
"""Bytes in one call: PublishBatch takes 262,144, PutEvents by now four times as many."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a service did not take an entry, and whether it never will."""

    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a call: what the service gets, its bytes, and the records in it.

    One with a `refusal` need not be sent: nothing could take it.
    """

    records: Sequence[OutboxRecord | UnreadableRecordError]
    content: Mapping[str, Any]
    size: int
    refusal: Refusal | None = None

    @property
    def in_order_with(self) -> set[str]:
        """What its records share with those that they must not overtake: their items' keys."""
        records = (record for record in self.records if isinstance(record, OutboxRecord))
        return {key for record in records for key in record.in_order_with}


def calls(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Cut into calls that fit, in order; two entries of one item never share a call.

    A call can succeed in part, and then the later of the two would overtake the earlier. The very
    first entry goes alone: if it is where the try before stopped, nothing else is repeated with it.
    """
    call: list[Entry] = []
    size, most, before = 0, 1, set[str]()
    for entry in entries:
        full = len(call) == most or size + entry.size > LARGEST_CALL
        if call and (full or before & entry.in_order_with):
            yield call
            call, size, most, before = [], 0, MOST_ENTRIES, set()
        call.append(entry)
        size += entry.size
        before |= entry.in_order_with
    if call:
        yield call
