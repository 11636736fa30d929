"""What each kind of recipient gets of an example, as the alert function writes it."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.alert.alerter import Alerter
from lambdas.alert.bus import AlertBus
from lambdas.alert.memory import Memory
from lambdas.alert.message import machine_of
from lambdas.alert.terms import RESOLVED, limit_of
from lambdas.plan import Plan
from operate.alerts.examples import TABLE, Told

Json = dict[str, Any]


POOL = ThreadPoolExecutor(1)


@dataclass
class Outlets:
    """Stands for SNS, EventBridge and the table: it takes all, and remembers nothing."""

    entries: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)

    def publish_batch(self, TopicArn: str, PublishBatchRequestEntries: list[Json]) -> Json:  # noqa: ARG002, N803
        """Take messages, as SNS's client does."""
        self.entries += PublishBatchRequestEntries
        return {"Successful": [{"Id": each["Id"]} for each in PublishBatchRequestEntries]}

    def put_events(self, Entries: list[Json]) -> Json:  # noqa: N803
        """Take events, as EventBridge's client does."""
        self.events += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}

    def batch_get_item(self, RequestItems: Json) -> Json:  # noqa: ARG002, N803
        """Find nothing, as DynamoDB's client does in an empty table."""
        return {"Responses": {}}

    def query(self, **_: object) -> Json:
        """Find nothing, as DynamoDB's client does in an empty table."""
        return {"Items": []}

    def put_item(self, **_: object) -> None:
        """Take an item, as DynamoDB's client does."""


@dataclass(frozen=True)
class Message:
    """One message: SNS's entry, and the detail of the event for chats, pagers and topics.

    `paged` are the details of those that only pagers get: where several are over, one of each.
    """

    kind: str
    told: Told
    entry: Json
    event: Json
    paged: tuple[Json, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it says that something is over."""
        return str(self.event["state"]) == RESOLVED

    @property
    def subject(self) -> str:
        """The subject of a mail."""
        return str(self.entry["Subject"])

    @cached_property
    def text(self) -> str:
        """The text of a mail."""
        return str(json.loads(self.entry["Message"])["default"])

    @property
    def chat(self) -> Json:
        """What Amazon Q shows in a channel."""
        return dict(self.event["chat"])

    @property
    def pager(self) -> Json:
        """What PagerDuty gets, at first."""
        return dict((self.paged or (self.event,))[0]["pagerduty"])

    @property
    def machine(self) -> Json:
        """The JSON that queues, functions and users' topics get."""
        return dict(json.loads(machine_of(self.entry)))


def message(told: Told, kind: str) -> Message:
    """Let the alert function write the message of a kind of alert of a source."""
    outlets = _told(told, told.records(kind))
    (entry,), (event,) = outlets.entries, outlets.events
    return Message(kind, told, entry, _detail(event))


def resolved(told: Told, kind: str) -> Message:
    """Let it write the one that says that this is over."""
    outlets = _told(told, told.records_until_over(kind))
    _, entry = outlets.entries
    _, event, *paged = outlets.events
    return Message(kind, told, entry, _detail(event), tuple(map(_detail, paged)))


def _told(told: Told, records: list[Json]) -> Outlets:
    outlets = Outlets()
    failed = alerter(told.plan, outlets).send(records, float("inf"))
    assert failed is None  # noqa: S101  those outlets take all
    return outlets


def _detail(event: Json) -> Json:
    return dict(json.loads(event["Detail"]))


def alerter(plan: Plan, outlets: Outlets) -> Alerter:
    """Make what the alert function is made of, with other outlets."""
    return Alerter(
        sns=outlets,
        topic="alerts",
        table=TABLE,
        policy_of=plan.policy_of,
        labels={name: source.label for name, source in plan.sources.items()},
        units={name: source.unit for name, source in plan.sources.items()},
        limit_of=partial(limit_of, plan.watches),
        account_names=plan.account_names,
        put_aside=_refused,
        logger=Logger(service="examples", level=logging.CRITICAL),
        bus=AlertBus(outlets, "alerts", plan.behind_bus, plan.pagers, plan.machines),
        memory=Memory(outlets, "open", POOL, timedelta(seconds=plan.retention)),
    )


def _refused(letter: object) -> None:
    raise AssertionError(f"an example can't be sent: {letter}")
