"""The bus of alerts: from there, EventBridge brings them to chats, pagers and users' topics."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambdas.alert import receivers
from lambdas.alert.message import write
from lambdas.outbox.buses import FINAL, SOURCE, put_events
from lambdas.outbox.entries import Refusal
from lambdas.text import clean

DETAIL_TYPE = "Job Alert"

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AlertBus:
    """The bus, through a botocore client, and the names of the recipients behind it.

    `pagers` are those that have an incident of each alert.
    """

    events: Any
    name: str
    recipients: frozenset[str]
    pagers: frozenset[str] = frozenset()

    def event(self, told: receivers.Told, machine: str) -> Event | None:
        """Write the event of a message, None where nobody behind the bus is told.

        `machine` is the message's JSON. What each kind of receiver gets is a part of the detail,
        which its rule takes out::

            {"to": ["oncall"], "state": "open", "alert": …, "chat": …, "pagerduty": …}
        """
        if self.recipients.isdisjoint(told.to):
            return None
        detail = {
            "to": [*told.to],
            "state": told.first["state"],
            "alert": json.loads(machine),
            "chat": receivers.chat(told),
            "pagerduty": receivers.pagerduty(told),
        }
        return {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": write(detail),
        }

    def put(self, events: Sequence[Event]) -> list[Refusal | None]:
        """Put events on the bus; say of each why it was refused, or None.

        It raises nothing: the topic has these alerts already, which is not to be forgotten.
        """
        try:
            return put_events(self.events, events)
        except Exception as error:  # noqa: BLE001  timeouts, resets, HTML: each has its own
            final = isinstance(error, ClientError) and error.response["Error"]["Code"] in FINAL
            if final and len(events) > 1:
                return [refusal for event in events for refusal in self.put([event])]
            return [Refusal(clean(f"{type(error).__name__}: {error}"), final)] * len(events)
