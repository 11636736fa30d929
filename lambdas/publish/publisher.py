"""From the table's stream to the event bus, in order for each item."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.outbox.buses import FINAL, SOURCE, put_events
from lambdas.outbox.dead_letters import Letter
from lambdas.outbox.delivery import Delivery, Group
from lambdas.outbox.entries import Entry, Refusal
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError, read_records
from lambdas.times import read_time

_OVERHEAD = 1_000
"""Bytes of an entry beside its detail, at most but for a long ARN."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """The bus, through a botocore client.

    Only records of `table`, an ARN, are published. `put_aside` takes what the bus never will;
    `on_sent` gets every record that it took.
    """

    events: Any
    bus: str
    table: str
    put_aside: Callable[[Letter], object]
    logger: Logger
    timer: Callable[[], float] = monotonic
    on_sent: Callable[[OutboxRecord], None] = lambda _: None

    def publish(self, records: Iterable[Mapping[str, Any]], ends: float) -> str | None:
        """Publish records of the stream in order, until `ends`, which is a value of the timer.

        It gives the sequence number of the first that was not published, or None.
        """
        groups: list[Group] = [
            record if isinstance(record, UnreadableRecordError) else [record]
            for record in read_records(records, self.table)
        ]
        delivery = Delivery(
            pack=self._entry,
            send=self._send,
            final=FINAL,
            put_aside=self.put_aside,
            on_sent=self.on_sent,
            logger=self.logger,
            timer=self.timer,
        )
        return delivery.deliver(groups, ends)

    def _entry(self, records: Sequence[OutboxRecord]) -> Entry:
        (record,) = records
        arn = record.detail.get("job_arn")
        content = {
            "EventBusName": self.bus,
            "Source": SOURCE,
            "DetailType": record.detail_type,
            "Detail": record.text,
            "Time": read_time(record.detail["observed_at"]),
            "Resources": [arn] if arn else [],
        }
        size = len(record.text.encode()) + len((arn or "").encode()) + _OVERHEAD
        return Entry(records, content, size)

    def _send(self, entries: Sequence[Entry]) -> list[Refusal | None]:
        return put_events(self.events, [entry.content for entry in entries])
