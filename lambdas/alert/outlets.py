"""Where alerts go: to the topic, and then on the bus of alerts what the topic took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.alert.bus import AlertBus
from lambdas.alert.grouping import attributes_of
from lambdas.alert.standing import Alert
from lambdas.outbox import buses
from lambdas.outbox.delivery import LONGEST_CALL, refusal_of
from lambdas.outbox.entries import Entry, Refusal
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError
from lambdas.text import clean

TOPIC, BUS = "topic", "bus"
"""Whom the topic does not reach, the bus does."""
OF_TOPIC = frozenset(
    {
        *("InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid"),
        *("BatchRequestTooLong", "ValidationError", "ValidationException"),
    }
)
"""What SNS never takes, however often it is asked."""
FINAL = OF_TOPIC | buses.FINAL
"""What one of the two never takes."""
_MOST_IN_LINE = 100
"""Jobs in a line of the log, which Lambda cuts at 256 KB."""
_MENDED = ("AuthorizationError", "InvalidSecurity", "KMS", "NotFound", "Throttl")
"""What SNS calls the sender's fault, too, but which is the topic's, its key's or a policy's."""
_UNSAID = Refusal("SNS does not say that it took it", final=False)


@dataclass(frozen=True, slots=True)
class Outlets:
    """The topic, through a botocore client, and the bus of alerts where there is one.

    `ahead` has the outlets and alerts of calls of which not all was taken: who has it is not told
    again with the rest.
    """

    sns: Any
    topic: str
    bus: AlertBus | None
    ahead: set[tuple[str, str]]
    logger: Logger

    @property
    def longest(self) -> float:
        """Seconds that it takes at worst to send."""
        return LONGEST_CALL * (2 if self.bus else 1)

    def send(self, entries: Sequence[Entry]) -> list[Refusal | None]:
        """Send to the topic, and then put on the bus what the topic took.

        It raises what the topic's call did; of the bus's call, what it never takes of several.
        """
        said: list[Refusal | None] = [None] * len(entries)
        for outlet, send in ((TOPIC, self._publish), (BUS, self._put)):
            places = [
                place
                for place, entry in enumerate(entries)
                if entry.content[outlet] and said[place] is None
                if not any(outlet in self.taken_by(each) for each in entry.records[:1])
            ]
            some = [entries[place] for place in places]
            for place, refusal in zip(places, send(some) if some else (), strict=True):
                said[place] = refusal
                if refusal is None:
                    records = entries[place].records
                    self.ahead.update((outlet, _name(each, outlet)) for each in records)
        return said

    def taken_by(self, record: OutboxRecord | UnreadableRecordError) -> tuple[str, ...]:
        """Name the outlets that took an alert of a record before."""
        return tuple(each for each in (TOPIC, BUS) if (each, _name(record, each)) in self.ahead)

    def _put(self, entries: Sequence[Entry]) -> Sequence[Refusal | None]:
        """Put on the bus; of what it refuses as a whole, the topic has these alerts all the same.

        What it never takes of several is to come one by one.
        """
        assert self.bus  # noqa: S101  else there would be no event
        try:
            return self.bus.put([entry.content[BUS] for entry in entries])
        except Exception as error:
            refusal = refusal_of(error, buses.FINAL)
            if refusal.final and len(entries) > 1:
                raise
            return [refusal] * len(entries)

    def _publish(self, entries: Sequence[Entry]) -> list[Refusal | None]:
        numbered = [{"Id": str(n), **entry.content[TOPIC]} for n, entry in enumerate(entries)]
        answer = self.sns.publish_batch(TopicArn=self.topic, PublishBatchRequestEntries=numbered)
        taken = {said["Id"] for said in answer.get("Successful") or []}
        refused = {said["Id"]: _refusal(said) for said in answer.get("Failed") or []}
        said = [
            refused.get(entry["Id"]) or (None if entry["Id"] in taken else _UNSAID)
            for entry in numbered
        ]
        for entry, refusal in zip(entries, said, strict=True):
            if refusal is None and len(entry.records) > 1:
                self._name_all(entry)
        return said

    def _name_all(self, entry: Entry) -> None:
        """Log the jobs, or scopes, of an alert of several: its text may have no room for all."""
        records = [each for each in entry.records if isinstance(each, Alert)]
        where = attributes_of(records[0])
        for start in range(0, len(records), _MOST_IN_LINE):
            details = [each.detail for each in records[start : start + _MOST_IN_LINE]]
            jobs = [clean(each.get("job_id", each["parameters"])) for each in details]
            self.logger.info("Alerted of many", extra={"alert": where, "jobs": jobs})


def _refusal(said: Mapping[str, Any]) -> Refusal:
    code = str(said.get("Code"))
    final = code in OF_TOPIC or (bool(said.get("SenderFault")) and not code.startswith(_MENDED))
    return Refusal(clean(f"SNS refused it: {code}: {said.get('Message') or ''}"), final)


def _name(record: OutboxRecord | UnreadableRecordError, outlet: str) -> str:
    """Name an alert, and on the bus for whom it was: the topic has it once for all."""
    if not isinstance(record, Alert):
        return ""
    return f"{record.name} {record.pagers}" if outlet == BUS else record.name
