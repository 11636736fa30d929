"""Drives the deployed stack: lets jobs change, ticks, and waits until everything has arrived."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.load.expected import Expected
from bench.load.scenario import Change
from bench.surroundings import Ledger, Process
from demo.listen import Listener
from demo.poller import Poller

PATIENCE = 900.0
"""Seconds that a tick may take."""
LOOK = 0.5
"""Seconds between two looks at the queues."""
STILL = 30.0
"""Seconds without an event after which no more is waited for."""


@dataclass(slots=True)
class Driver:
    """What asks the stack to poll, what it watches, who listens, and what must arrive."""

    poller: Poller
    services: Process
    listener: Listener
    expected: Expected
    ledger: Ledger

    def first_read(self) -> dict[str, Any]:
        """Let the stack remember what exists, until a poll finds nothing new to write."""
        began, writes, wrote = time.monotonic(), 0, 1
        self.ledger.take()
        while wrote:
            self._poll("slow", "load")
            wrote = self.ledger.take()["writes"]
            writes += wrote
        return {"seconds": round(time.monotonic() - began, 1), "table_writes": writes}

    def tick(self, number: int, *, slow: bool) -> dict[str, Any]:
        """Let jobs change, tick once, and return what that took and what arrived.

        With `slow`, the slow lane is polled as well, and is the first in the queue.
        """
        self.ledger.take()
        called = self.services.ask()["calls"]
        step = self.services.ask(step=True)
        self.expected.expect(step["at"], [Change(**each) for each in step["changes"]])
        seconds = self._poll(*(["slow", "load"] if slow else ["load"]))
        events, noted = self.expected.take_events(self.listener.events()), self.ledger.take()
        alerts = self._alerts()
        return {
            "tick": number,
            "slow": slow,
            "events": len(events),
            "alerts": len(alerts),
            "latency": {"events": percentiles(events), "alerts": percentiles(alerts)},
            "polled_seconds": round(seconds, 1),
            "calls": self.services.ask()["calls"] - called,
            "lanes": noted["sent"],
            "table_reads": noted["reads"],
            "table_writes": noted["writes"],
        }

    def left(self) -> dict[str, int]:
        """Return how much is left in each queue, empty ones aside."""
        queues = sorted(self.listener.sqs.list_queues()["QueueUrls"])
        counts = {url.rsplit("/", 1)[-1]: self.poller.count(url) for url in queues}
        return {name: count for name, count in counts.items() if count}

    def _poll(self, *watches: str) -> float:
        """Tick for each watch, and wait until every lane was polled and every event has arrived.

        Return the seconds until the last lane was polled.
        """
        began = time.monotonic()
        for each in watches:
            self.poller.tick(each)
        self.poller.wait()
        polled = moved = time.monotonic()
        last = self.expected.missing
        while (left := self.expected.missing - self.poller.count(self.listener.events_url)) > 0:
            time.sleep(LOOK)
            if left != last:
                last, moved = left, time.monotonic()
            if time.monotonic() - moved > STILL:
                break
        return polled - began

    def _alerts(self) -> list[float]:
        """Take the alerts; some may come after the last event."""
        took, until = [], time.monotonic() + 2 * STILL
        while True:
            took += self.expected.take_alerts(self.listener.alerts())
            if not self.expected.alerts_missing or time.monotonic() > until:
                return took
            time.sleep(LOOK)


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the largest of some times, by nearest rank."""
    ranked, parts = sorted(seconds) or [0.0], {"p50": 0.5, "p95": 0.95, "max": 1.0}
    places = {name: round(part * (len(ranked) - 1)) for name, part in parts.items()}
    return {name: round(ranked[place], 2) for name, place in places.items()}
