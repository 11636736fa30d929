"""Writes alerts as one message: what the topic gets, and what the bus of alerts does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lambdas.alert import message, terms
from lambdas.alert.bus import AlertBus
from lambdas.alert.grouping import attributes_of
from lambdas.alert.message import Detail
from lambdas.alert.outlets import BUS, TOPIC
from lambdas.alert.receivers import Notice
from lambdas.alert.resolved import resolved_body, resolved_title
from lambdas.alert.standing import Alert
from lambdas.alert.wording import body, open_title
from lambdas.outbox.entries import Entry
from lambdas.outbox.records import OutboxRecord
from lambdas.plan import Policy


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes messages; what it knows is as `Alerter` has it."""

    policy_of: Callable[[str], Policy]
    labels: Mapping[str, str]
    units: Mapping[str, str | None]
    account_names: Mapping[str, str]
    bus: AlertBus | None
    limit_of: Callable[[str, str], int | None]

    def entry(self, records: Sequence[OutboxRecord]) -> Entry:
        """Write the message of some alerts, of which all are told to the same."""
        alerts = [each for each in records if isinstance(each, Alert)]
        first = alerts[0]
        attributes = attributes_of(first)
        policy = self.policy_of(attributes["watch"])
        named = first.recipients(policy.to)
        to = self._machines(named) if first.muted else named
        title, text = self._texts(policy, alerts)
        filtered: dict[str, str | Sequence[str]] = {
            **attributes,
            "severity": _severity(first, policy),
            "state": first.state,
            **({"to": to} if to else {}),
        }
        machine = (self._alert(each, policy) for each in alerts)
        content = message.entry(filtered, title, text, machine, len(alerts))
        event = None
        if self.bus:
            notice = Notice(
                title=title,
                text=text,
                status=attributes["status"],
                to=self._behind_bus(first, to),
                first=self._alert(first, policy),
                count=len(alerts),
                keys=frozenset(each.key for each in alerts),
                ids=[str(each.detail.get("job_id", each.detail["id"])) for each in alerts],
                about=first.was.last.job_id if first.was else first.detail.get("job_id"),
            )
            event = self.bus.event(notice, message.machine_of(content))
        told = None if first.pagers else content
        return Entry(records, {TOPIC: told, BUS: event}, message.size(content))

    def _behind_bus(self, alert: Alert, to: Sequence[str]) -> Sequence[str]:
        """Give whom the bus is to tell: pagers, or all but them, where an alert is for those.

        Good news is for no pager: nothing would end its incident, which may be that of a failure.
        """
        pagers = alert.pagers
        if alert.state == terms.OPEN and attributes_of(alert)["status"] in terms.GOOD_NEWS:
            pagers = False
        if self.bus is None or pagers is None:
            return to
        return [each for each in to if (each in self.bus.pagers) is pagers]

    def _machines(self, named: Sequence[str]) -> Sequence[str]:
        """Give the recipients that are told in a mute what is over: an incident must not stay."""
        return [each for each in named if self.bus and each in self.bus.machines]

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
        """Write title and text of a message of so many alerts."""
        attributes = attributes_of(alerts[0])
        status, source = attributes["status"], attributes["source"]
        label, unit = self.labels.get(source, source), self.units.get(source)
        details = [self._named(each) for each in alerts]
        if alerts[0].state == terms.RESOLVED:
            troubles = [each.was for each in alerts if each.was is not None]
            was = [each.status for each in troubles]
            return (
                resolved_title(label, details, was),
                resolved_body(label, details, was, [each.since for each in troubles], unit),
            )
        limit = self.limit_of(attributes["watch"], status)
        text = body(status, label, details, unit, limit)
        last = terms.footer(policy)
        between = "\n" if last and len(alerts) > 1 else ""
        return open_title(status, label, details), f"{text}{between}{last}"

    def _named(self, record: OutboxRecord) -> Detail:
        """Give a detail for people: with when a job moved, and each account's name beside it."""
        ids = str(record.detail["account"]).split(", ")  # a run may be due in several
        shown = ", ".join(map(self._account, ids))
        return {**record.detail, "moved_at": record.moved_at, "account": shown}

    def _account(self, account: str) -> str:
        name = self.account_names.get(account)
        return f"{account} ({name})" if name else account


def _severity(alert: Alert, policy: Policy) -> str:
    """Say how bad it is, or was: who is told that it is open is told that it is over."""
    if alert.was:
        return alert.was.severity or terms.severity(alert.was.status, policy)
    return terms.severity(attributes_of(alert)["status"], policy)
