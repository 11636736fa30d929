"""The bus of alerts: from there, EventBridge brings them to chats, pagers and users' topics."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.alert import receivers
from lambdas.alert.message import write
from lambdas.outbox.buses import SOURCE, put_events
from lambdas.outbox.entries import Refusal

DETAIL_TYPE = "Job Alert"

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AlertBus:
    """The bus, through a botocore client, and the names of the recipients behind it.

    `pagers` are those that have an incident of each alert, `machines` those that are no people.
    """

    events: Any
    name: str
    recipients: frozenset[str]
    pagers: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()

    def event(self, notice: receivers.Notice, machine: str) -> Event | None:
        """Write the event of a message, None where nobody behind the bus is told.

        `machine` is the message's JSON. What each kind of receiver gets is a part of the detail,
        which its rule takes out::

            {"to": ["oncall"], "state": "open", "alert": …, "chat": …, "pagerduty": …}
        """
        if self.recipients.isdisjoint(notice.to):
            return None
        detail = {
            "to": [*notice.to],
            "state": notice.first["state"],
            "alert": json.loads(machine),
            "chat": receivers.chat(notice),
            "pagerduty": receivers.pagerduty(notice),
        }
        return self.addressed(detail)

    def addressed(self, detail: Mapping[str, Any]) -> Event:
        """Give the event with a detail, as the bus takes it."""
        return {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": write(detail),
        }

    def put(self, events: Sequence[Event]) -> list[Refusal | None]:
        """Put events on the bus; say of each why it was refused, or None.

        It raises what the client does.
        """
        return put_events(self.events, events)
