"""Takes what arrived: events with the time at which they reached the queue, and alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from demo.listen import Alert, Event, Listener, read_alert, read_event

SENT = "SentTimestamp"
WAITING = ("", "NotVisible", "Delayed")


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event, and when it came: seconds since the epoch."""

    at: float
    event: Event


@dataclass(frozen=True, slots=True)
class Inbox:
    """The two queues that listen, and those of the stack."""

    ears: Listener
    sources: frozenset[str]
    """Names of the queues that the poll function reads."""

    def events(self) -> list[Arrived]:
        """Take the events that have arrived, in the order in which they came."""
        taken = [
            Arrived(int(message["Attributes"][SENT]) / 1000, read_event(message["Body"]))
            for message in self._take(self.ears.events_url)
        ]
        return sorted(taken, key=lambda arrived: arrived.at)

    def alerts(self) -> list[Alert]:
        """Take the alerts that have arrived."""
        return [read_alert(message["Body"]) for message in self._take(self.ears.alerts_url)]

    def arrived(self) -> int:
        """Return how many events wait to be taken."""
        return self._waiting(self.ears.events_url)

    def work(self) -> dict[str, int]:
        """Return how much waits in each queue that the poll function reads, empty ones aside."""
        return {name: count for name, count in self.left().items() if name in self.sources}

    def left(self) -> dict[str, int]:
        """Return how much is in each of the stack's queues, empty ones aside."""
        heard = {self.ears.events_url, self.ears.alerts_url}
        queues = set(self.ears.sqs.list_queues().get("QueueUrls", ())) - heard
        counts = {url.rsplit("/", 1)[-1]: self._waiting(url) for url in sorted(queues)}
        return {name: count for name, count in counts.items() if count}

    def _waiting(self, url: str) -> int:
        names = [f"ApproximateNumberOfMessages{kind}" for kind in WAITING]
        told = self.ears.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(told["Attributes"][name]) for name in names)

    def _take(self, url: str) -> Iterator[dict[str, Any]]:
        sqs = self.ears.sqs
        while True:
            answer = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=[SENT]
            )
            messages = answer.get("Messages", [])
            if not messages:
                return
            yield from messages
            handles = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(messages)
            ]
            sqs.delete_message_batch(QueueUrl=url, Entries=handles)
