"""From the table's stream to the topic: which changes ask for an alert, and which share one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.alert import message, terms
from lambdas.alert.bus import AlertBus
from lambdas.alert.message import Detail
from lambdas.alert.receivers import Told
from lambdas.alert.wording import alert_attributes, body, is_alert, subject
from lambdas.outbox.dead_letters import Letter
from lambdas.outbox.delivery import LONGEST_CALL, Delivery, Group
from lambdas.outbox.entries import Entry, Refusal
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError, read_records
from lambdas.plan import Policy
from lambdas.text import clean

FINAL = frozenset(
    {
        *("InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid"),
        *("BatchRequestTooLong", "ValidationError", "ValidationException"),
    }
)
"""What SNS never takes, however often it is asked."""
TOPIC, BUS = "topic", "bus"
"""Where alerts go: whom the topic does not reach, the bus does."""
_MOST_IN_LINE = 100
"""Jobs in a line of the log, which Lambda cuts at 256 KB."""
_MENDED = ("AuthorizationError", "InvalidSecurity", "KMS", "NotFound", "Throttl")
"""What SNS calls the sender's fault, too, but which is the topic's, its key's or a policy's."""


@dataclass(frozen=True, slots=True)
class Alerter:
    """The topic, through a botocore client, and the bus of alerts where there is one.

    Only records of `table`, an ARN, are told. `policy_of` says of a watch when it alerts, whom and
    how; `labels` name the jobs of each source, `units` what their progress counts, `account_names`
    are by id. `put_aside` takes what SNS never will; `on_sent` gets every record of which an alert
    was sent. `ahead` has the outlets and events of calls of which not all was taken: who has it is
    not told again with the rest.
    """

    sns: Any
    topic: str
    table: str
    policy_of: Callable[[str], Policy]
    labels: Mapping[str, str]
    account_names: Mapping[str, str]
    put_aside: Callable[[Letter], object]
    logger: Logger
    timer: Callable[[], float] = monotonic
    on_sent: Callable[[OutboxRecord], None] = lambda _: None
    units: Mapping[str, str | None] = field(default_factory=dict)
    bus: AlertBus | None = None
    ahead: set[tuple[str, str]] = field(default_factory=set)

    def send(self, records: Iterable[Mapping[str, Any]], ends: float) -> str | None:
        """Send the alerts that records of the stream ask for, until `ends`, a value of the timer.

        It gives the sequence number of the first record whose alert was not sent, or None.
        """
        delivery = Delivery(
            pack=self._entry,
            send=self._send,
            final=FINAL,
            longest=LONGEST_CALL * (2 if self.bus else 1),
            put_aside=self.put_aside,
            on_sent=self.on_sent,
            logger=self.logger,
            timer=self.timer,
        )
        read = read_records(records, self.table)
        failed = delivery.deliver(groups(read, self.policy_of, self._taken_by), ends)
        if failed is None:
            self.ahead.clear()
        return failed

    def _entry(self, records: Sequence[OutboxRecord]) -> Entry:
        attributes = alert_attributes(records[0].detail_type, records[0].detail)
        policy = self.policy_of(attributes["watch"])
        title, text = self._texts(attributes, policy, records)
        filtered: dict[str, str | Sequence[str]] = {
            **attributes,
            "severity": terms.severity(attributes["status"], policy),
            "state": terms.OPEN,
            **({"to": policy.to} if policy.to else {}),
        }
        alerts = (self._alert(record, attributes, policy) for record in records)
        content = message.entry(filtered, title, text, alerts, len(records))
        event = None
        if self.bus:
            told = Told(
                title=title,
                text=text,
                status=attributes["status"],
                to=policy.to,
                first=self._alert(records[0], attributes, policy),
                count=len(records),
                keys=frozenset(terms.dedup_key(r.detail_type, r.detail) for r in records),
                ids=[str(r.detail.get("job_id", r.detail["id"])) for r in records],
            )
            event = self.bus.event(told, message.machine_of(content))
        return Entry(records, {TOPIC: content, BUS: event}, message.size(content))

    def _alert(self, record: OutboxRecord, attributes: Mapping[str, str], policy: Policy) -> Detail:
        """Write one alert for machines: the event's detail, and what people read."""
        title, text = self._texts(attributes, policy, [record])
        return {
            **record.detail,
            "title": title,
            "text": text,
            "severity": terms.severity(attributes["status"], policy),
            "owner": policy.owner,
            "runbook": policy.runbook,
            "dedup_key": terms.dedup_key(record.detail_type, record.detail),
            "state": terms.OPEN,
        }

    def _texts(
        self, attributes: Mapping[str, str], policy: Policy, records: Sequence[OutboxRecord]
    ) -> tuple[str, str]:
        """Write subject and text of a message of so many records."""
        status, source = attributes["status"], attributes["source"]
        label, details = self.labels.get(source, source), [self._named(each) for each in records]
        text = body(status, label, details, self.units.get(source))
        last = terms.footer(policy)
        between = "\n" if last and len(records) > 1 else ""
        return subject(status, label, details), f"{text}{between}{last}"

    def _named(self, record: OutboxRecord) -> Detail:
        """Give a detail for people: with the account's name beside its id, where it has one."""
        account = str(record.detail["account"])
        name = self.account_names.get(account)
        return {**record.detail, "account": f"{account} ({name})"} if name else record.detail

    def _send(self, entries: Sequence[Entry]) -> list[Refusal | None]:
        """Send to the topic, and then put on the bus what the topic took."""
        said: list[Refusal | None] = [None] * len(entries)
        for outlet, send in ((TOPIC, self._publish), (BUS, self._put)):
            places = [
                place
                for place, entry in enumerate(entries)
                if entry.content[outlet] and said[place] is None
                if outlet not in self._taken_by(entry.records[0])
            ]
            some = [entries[place] for place in places]
            for place, refusal in zip(places, send(some) if some else (), strict=True):
                said[place] = refusal
                if refusal is None:
                    self.ahead.update((outlet, _event(each)) for each in entries[place].records)
        return said

    def _taken_by(self, record: OutboxRecord | UnreadableRecordError) -> tuple[str, ...]:
        """Name the outlets that took an alert of a record before."""
        return tuple(each for each in (TOPIC, BUS) if (each, _event(record)) in self.ahead)

    def _put(self, entries: Sequence[Entry]) -> list[Refusal | None]:
        assert self.bus  # noqa: S101  else there would be no event
        return self.bus.put([entry.content[BUS] for entry in entries])

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
        records = [each for each in entry.records if isinstance(each, OutboxRecord)]
        where = alert_attributes(records[0].detail_type, records[0].detail)
        for start in range(0, len(records), _MOST_IN_LINE):
            details = [each.detail for each in records[start : start + _MOST_IN_LINE]]
            jobs = [clean(each.get("job_id", each["parameters"])) for each in details]
            self.logger.info("Alerted of many", extra={"alert": where, "jobs": jobs})


_UNSAID = Refusal("SNS does not say that it took it", final=False)


def _refusal(said: Mapping[str, Any]) -> Refusal:
    code = str(said.get("Code"))
    final = code in FINAL or (bool(said.get("SenderFault")) and not code.startswith(_MENDED))
    return Refusal(clean(f"SNS refused it: {code}: {said.get('Message') or ''}"), final)


def _event(record: OutboxRecord | UnreadableRecordError) -> str:
    return str(record.detail["id"]) if isinstance(record, OutboxRecord) else ""


def groups(
    records: Iterable[OutboxRecord | UnreadableRecordError],
    policy_of: Callable[[str], Policy],
    taken_by: Callable[[OutboxRecord], tuple[str, ...]] = lambda _: (),
) -> list[Group]:
    """Group the records of one message, in the order of the first records.

    Those that an outlet took before are by themselves, so that it is not told of them again.

    A record never joins a message before one that has a record of the same item already: it would
    overtake it.
    """
    found: list[UnreadableRecordError | list[OutboxRecord]] = []
    places: dict[tuple[str, ...], tuple[int, list[OutboxRecord]]] = {}
    latest: dict[str, int] = {}
    for record in records:
        if isinstance(record, UnreadableRecordError):
            found.append(record)
        elif is_alert(record.detail_type, record.detail, policy_of(record.detail["watch"]).on):
            attributes = alert_attributes(record.detail_type, record.detail)
            key = (*attributes.values(), *taken_by(record))
            if key not in places or latest.get(record.item_key, 0) > places[key][0]:
                places[key] = (len(found), [])
                found.append(places[key][1])
            place, group = places[key]
            group.append(record)
            latest[record.item_key] = place
    return list(found)
