"""From the table's stream to the topic: which changes ask for an alert, and which share one.

What is open is remembered before anybody is told of it, and that it is over once everybody was: who
is stopped in between tells it once more.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from time import monotonic
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.alert import message, terms
from lambdas.alert.bus import AlertBus
from lambdas.alert.memory import Memory
from lambdas.alert.message import Detail
from lambdas.alert.receivers import Told
from lambdas.alert.standing import Alert, Decision, Key, Standing, decide, keys_of, opened
from lambdas.alert.wording import (
    ATTRIBUTES,
    alert_attributes,
    body,
    is_alert,
    resolved_body,
    resolved_subject,
    subject,
)
from lambdas.deadline import Deadline
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
UNREAD = "What is open could not be read"
UNWRITTEN = "What is open could not be written"
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
    was sent. `ahead` has the outlets and alerts of calls of which not all was taken: who has it is
    not told again with the rest. Without a `memory`, nothing is ever told to be over.
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
    memory: Memory | None = None
    ahead: set[tuple[str, str]] = field(default_factory=set)

    def send(self, records: Iterable[Mapping[str, Any]], ends: float) -> str | None:
        """Send the alerts that records of the stream ask for, until `ends`, a value of the timer.

        It gives the sequence number of the first record whose alert was not sent, or None.
        """
        read = read_records(records, self.table, resolving=self.memory is not None)
        deadline = Deadline(ends, self.timer)
        told = self._remember(read, deadline) if self.memory else self._forget(read)
        if told is None:
            return read[0].sequence
        decision, unwritten = told
        over = Counter[Key]()
        until = self._first_of(unwritten, read)
        failed = self._deliver(_until(decision.told, read, until), ends, over) or until
        left = self._remember_over(
            decision, over, unwritten=unwritten, deadline=deadline, read=read, failed=failed
        )
        if left is None:
            self.ahead.clear()
        return left

    def _deliver(
        self, told: Iterable[Alert | UnreadableRecordError], ends: float, over: Counter[Key]
    ) -> str | None:
        """Send alerts; note of each key in `over` how many were sent that it is over."""

        def sent(record: OutboxRecord) -> None:
            if isinstance(record, Alert) and record.state == terms.RESOLVED:
                over[_key(record)] += 1
            self.on_sent(record)

        delivery = Delivery(
            pack=self._entry,
            send=self._send,
            final=FINAL,
            longest=LONGEST_CALL * (2 if self.bus else 1),
            put_aside=self.put_aside,
            on_sent=sent,
            logger=self.logger,
            timer=self.timer,
        )
        return delivery.deliver(groups(told, self._taken_by, self._has_incident), ends)

    def _forget(
        self, read: Sequence[OutboxRecord | UnreadableRecordError]
    ) -> tuple[Decision, Collection[Key]]:
        """Decide as if nothing had ever been told, nor will be."""
        alerts = (
            opened(each) if isinstance(each, OutboxRecord) else each
            for each in read
            if isinstance(each, UnreadableRecordError) or self._is_alert(each)
        )
        return Decision(told=[*alerts]), ()

    def _remember(
        self, read: Sequence[OutboxRecord | UnreadableRecordError], deadline: Deadline
    ) -> tuple[Decision, Collection[Key]] | None:
        """Decide by what is remembered, and remember what is open now.

        It gives the keys of which that could not be written as well; None where nothing could be
        read.
        """
        assert self.memory  # noqa: S101  for the type checker
        changes = [each for each in read if isinstance(each, OutboxRecord)]
        policies = {
            name: self.policy_of(name) for name in {each.detail["watch"] for each in changes}
        }
        keys = (key for each in changes for key in keys_of(each, policies[each.detail["watch"]]))
        try:
            remembered = self.memory.read([*dict.fromkeys(keys)], deadline)
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            self._log(UNREAD, f"{type(error).__name__}: {error}")
            return None
        decision = decide(read, policies, remembered)
        return decision, self._write(decision.before, deadline)

    def _remember_over(
        self,
        decision: Decision,
        over: Mapping[Key, int],
        *,
        unwritten: Collection[Key],
        deadline: Deadline,
        read: Sequence[OutboxRecord | UnreadableRecordError],
        failed: str | None,
    ) -> str | None:
        """Remember what was told to be over; give the first record that is to come again, or None.

        Of a key of which something was not told, nothing is.
        """
        alerts = [each for each in decision.told if isinstance(each, Alert)]
        owed = Counter(_key(each) for each in alerts if each.state == terms.RESOLVED)
        written = {
            key: replace(each, version=each.version + (key in decision.before))
            for key, each in decision.after.items()
            if over.get(key, 0) >= owed[key] and key not in unwritten
        }
        first = self._first_of(self._write(written, deadline), read)
        found = (each.sequence for each in read if each.sequence in (first, failed))
        return next(found, None)

    def _write(self, standings: Mapping[Key, Standing], deadline: Deadline) -> Collection[Key]:
        """Write what is to be remembered; give the keys of which that failed."""
        if not standings or not self.memory:
            return ()
        failed = self.memory.write(standings, deadline)
        for reason in sorted({*failed.values()}):
            self._log(UNWRITTEN, reason)
        return failed.keys()

    def _log(self, said: str, reason: str) -> None:
        self.logger.error(said, extra={"reason": clean(reason)})

    def _first_of(
        self, keys: Collection[Key], read: Sequence[OutboxRecord | UnreadableRecordError]
    ) -> str | None:
        """Give the first record about which is decided by what stands under some keys, if any."""
        for each in read if keys else ():
            if isinstance(each, OutboxRecord):
                of_it = keys_of(each, self.policy_of(each.detail["watch"]))
                if any(key in keys for key in of_it):
                    return each.sequence
        return None

    def _is_alert(self, record: OutboxRecord) -> bool:
        detail = record.detail
        return is_alert(record.detail_type, detail, self.policy_of(detail["watch"]).on)

    def _has_incident(self, alert: Alert) -> bool:
        """Whether a pager has an incident of it, which is resolved for itself."""
        to = self.policy_of(alert.detail["watch"]).to
        return self.bus is not None and not self.bus.pagers.isdisjoint(to)

    def _entry(self, records: Sequence[OutboxRecord]) -> Entry:
        alerts = [each for each in records if isinstance(each, Alert)]
        first = alerts[0]
        attributes = _attributes(first)
        policy = self.policy_of(attributes["watch"])
        title, text = self._texts(policy, alerts)
        filtered: dict[str, str | Sequence[str]] = {
            **attributes,
            "severity": _severity(first, policy),
            "state": first.state,
            **({"to": policy.to} if policy.to else {}),
        }
        machine = (self._alert(each, policy) for each in alerts)
        content = message.entry(filtered, title, text, machine, len(alerts))
        event = None
        if self.bus:
            told = Told(
                title=title,
                text=text,
                status=attributes["status"],
                to=policy.to,
                first=self._alert(first, policy),
                count=len(alerts),
                keys=frozenset(each.key for each in alerts),
                ids=[str(each.detail.get("job_id", each.detail["id"])) for each in alerts],
                about=first.was.last.job_id if first.was else first.detail.get("job_id"),
            )
            event = self.bus.event(told, message.machine_of(content))
        return Entry(records, {TOPIC: content, BUS: event}, message.size(content))

    def _alert(self, alert: Alert, policy: Policy) -> Detail:
        """Write one alert for machines: the event's detail, and what people read."""
        title, text = self._texts(policy, [alert])
        return {
            **alert.detail,
            "title": title,
            "text": text,
            "severity": _severity(alert, policy),
            "owner": policy.owner,
            "runbook": policy.runbook,
            "dedup_key": alert.key,
            "state": alert.state,
        }

    def _texts(self, policy: Policy, alerts: Sequence[Alert]) -> tuple[str, str]:
        """Write subject and text of a message of so many alerts."""
        attributes = _attributes(alerts[0])
        status, source = attributes["status"], attributes["source"]
        label, details = self.labels.get(source, source), [self._named(each) for each in alerts]
        if alerts[0].state == terms.RESOLVED:
            troubles = [each.was for each in alerts if each.was is not None]
            was = [each.status for each in troubles]
            return (
                resolved_subject(label, details, was),
                resolved_body(label, details, was, [each.since for each in troubles]),
            )
        text = body(status, label, details, self.units.get(source))
        last = terms.footer(policy)
        between = "\n" if last and len(alerts) > 1 else ""
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
                    self.ahead.update((outlet, _name(each)) for each in entries[place].records)
        return said

    def _taken_by(self, record: OutboxRecord | UnreadableRecordError) -> tuple[str, ...]:
        """Name the outlets that took an alert of a record before."""
        return tuple(each for each in (TOPIC, BUS) if (each, _name(record)) in self.ahead)

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
        records = [each for each in entry.records if isinstance(each, Alert)]
        where = _attributes(records[0])
        for start in range(0, len(records), _MOST_IN_LINE):
            details = [each.detail for each in records[start : start + _MOST_IN_LINE]]
            jobs = [clean(each.get("job_id", each["parameters"])) for each in details]
            self.logger.info("Alerted of many", extra={"alert": where, "jobs": jobs})


_UNSAID = Refusal("SNS does not say that it took it", final=False)


def _refusal(said: Mapping[str, Any]) -> Refusal:
    code = str(said.get("Code"))
    final = code in FINAL or (bool(said.get("SenderFault")) and not code.startswith(_MENDED))
    return Refusal(clean(f"SNS refused it: {code}: {said.get('Message') or ''}"), final)


def _name(record: OutboxRecord | UnreadableRecordError) -> str:
    return record.name if isinstance(record, Alert) else ""


def _key(alert: Alert) -> Key:
    return alert.detail["watch"], alert.key


def _attributes(alert: Alert) -> dict[str, str]:
    """Give what subscriptions filter by; what is over has the status that it has now."""
    if alert.state == terms.RESOLVED:
        return {name: str(alert.detail[name]) for name in ATTRIBUTES}
    return alert_attributes(alert.detail_type, alert.detail)


def _severity(alert: Alert, policy: Policy) -> str:
    """Say how bad it is, or was: who is told that it is open is told that it is over."""
    status = alert.was.status if alert.was else _attributes(alert)["status"]
    return terms.severity(status, policy)


def _until(
    told: Sequence[Alert | UnreadableRecordError],
    read: Sequence[OutboxRecord | UnreadableRecordError],
    sequence: str | None,
) -> Iterator[Alert | UnreadableRecordError]:
    """Give what is to be told of the records that come before one, of all where that is None."""
    before = takewhile(lambda each: each.sequence != sequence, read)
    known = {each.sequence for each in before}
    return (each for each in told if each.sequence in known)


def groups(
    alerts: Iterable[Alert | UnreadableRecordError],
    taken_by: Callable[[Alert], tuple[str, ...]] = lambda _: (),
    by_itself: Callable[[Alert], bool] = lambda _: False,
) -> list[Group]:
    """Group the alerts of one message, in the order of the first ones.

    Those that an outlet took before are by themselves, so that it is not told of them again; and so
    is of what is over each that must be `by_itself`.

    An alert never joins a message before one that has an alert of the same item or key already: it
    would overtake it.
    """
    found: list[UnreadableRecordError | list[Alert]] = []
    places: dict[tuple[str, ...], tuple[int, list[Alert]]] = {}
    latest: dict[str, int] = {}
    for alert in alerts:
        if isinstance(alert, UnreadableRecordError):
            found.append(alert)
            continue
        was = (alert.was.status,) if alert.was else ()
        own = (alert.key,) if alert.was and by_itself(alert) else ()
        together = (*_attributes(alert).values(), alert.state, *was, *own, *taken_by(alert))
        after = max(latest.get(each, 0) for each in alert.in_order_with)
        if together not in places or after > places[together][0]:
            places[together] = (len(found), [])
            found.append(places[together][1])
        place, group = places[together]
        group.append(alert)
        latest.update(dict.fromkeys(alert.in_order_with, place))
    return list(found)
