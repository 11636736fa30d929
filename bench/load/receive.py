"""Takes what arrived: events and alerts with the time at which they reached their queue."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from demo.listen import Alert, Event, Listener, read_alert, read_event

SENT = "SentTimestamp"
_WAITING = ("", "NotVisible", "Delayed")

T = TypeVar("T")
Arrived = tuple[float, T]
"""When something reached its queue, in seconds since the epoch, and what."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The two queues that listen, and those of the stack."""

    listener: Listener

    def events(self) -> list[Arrived[Event]]:
        """Take the events that have arrived, in the order in which they came."""
        return self._take(self.listener.events_url, read_event)

    def alerts(self) -> list[Arrived[Alert]]:
        """Take the alerts that have arrived, in the order in which they came."""
        return self._take(self.listener.alerts_url, read_alert)

    def arrived(self) -> int:
        """Return how many events wait to be taken."""
        return self.waiting(self.listener.events_url)

    def left(self) -> dict[str, int]:
        """Return how much is in each of the stack's queues, empty ones aside."""
        own = {self.listener.events_url, self.listener.alerts_url}
        queues = set(self.listener.sqs.list_queues().get("QueueUrls", ())) - own
        counts = {url.rsplit("/", 1)[-1]: self.waiting(url) for url in sorted(queues)}
        return {name: count for name, count in counts.items() if count}

    def waiting(self, url: str) -> int:
        """Return how many messages wait in a queue or are being read."""
        names = [f"ApproximateNumberOfMessages{kind}" for kind in _WAITING]
        found = self.listener.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def _take(self, url: str, read: Callable[[str], T]) -> list[Arrived[T]]:
        found = self._messages(url)
        taken = [(int(each["Attributes"][SENT]) / 1000, read(each["Body"])) for each in found]
        return sorted(taken, key=lambda arrived: arrived[0])

    def _messages(self, url: str) -> Iterator[dict[str, Any]]:
        sqs = self.listener.sqs
        ten = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": [SENT]}
        while messages := sqs.receive_message(QueueUrl=url, **ten).get("Messages"):
            yield from messages
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(messages)
            ]
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the largest of some times."""
    if not seconds:
        return {"p50": 0.0, "p95": 0.0, "max": 0.0}
    parts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else []
    p50, p95 = (parts[49], parts[94]) if parts else (seconds[0], seconds[0])
    return {"p50": round(p50, 2), "p95": round(p95, 2), "max": round(max(seconds), 2)}
