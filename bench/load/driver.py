"""Drives the deployed stack: lets jobs change, ticks, and waits until everything has arrived."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.ledger import Ledger
from bench.lines import Process
from bench.load.expected import Expected
from bench.load.receive import Inbox, percentiles
from bench.load.scenario import Change
from demo.deploy import Deployed
from demo.local_aws import Trouble

LOOK = 0.5
"""Seconds between two looks at the queues."""
STILL = 30.0
"""Seconds without an event after which no more is waited for."""


@dataclass(slots=True)
class Driver:
    """The stack, what it watches, who listens, and how long a tick may take in seconds."""

    client: Any
    stack: Deployed
    services: Process
    inbox: Inbox
    expected: Expected
    ledger: Ledger
    patience: float

    def first_read(self) -> dict[str, Any]:
        """Let the stack remember what exists, until a poll finds nothing new to write.

        :raises Trouble: when that does not come to an end.
        """
        began, writes, wrote = time.monotonic(), 0, 1
        self.ledger.take()
        while wrote:
            self._poll(["slow", "load"], lambda: 0)
            if self._lanes():
                raise Trouble(f"The first read did not end in {self.patience:.0f} s")
            wrote = self.ledger.take().writes
            writes += wrote
        return {"seconds": round(time.monotonic() - began, 1), "table_writes": writes}

    def tick(self, number: int, *, slow: bool) -> dict[str, Any]:
        """Let jobs change, tick once, and return what that took and what arrived.

        With `slow`, the slow lane is polled as well, and is the first in the queue.
        """
        self.ledger.take()
        called = self.services.ask()["calls"]
        step = self.services.ask(step=True)
        changes = [Change(**each) for each in step["changes"]]
        self.expected.expect(step["at"], changes)
        seconds = self._poll(
            ["slow", "load"] if slow else ["load"],
            lambda: max(self.expected.missing - self.inbox.arrived(), 0),
        )
        events, noted = self.expected.take_events(self.inbox.events()), self.ledger.take()
        alerts = self._alerts()
        return {
            "tick": number,
            "slow": slow,
            "changes": len(changes),
            "events": len(events),
            "alerts": len(alerts),
            "latency": {"events": percentiles(events), "alerts": percentiles(alerts)},
            "polled_seconds": round(seconds, 1),
            "calls": self.services.ask()["calls"] - called,
            "lanes": noted.sent,
            "table_reads": noted.reads,
            "read_units": noted.units,
            "table_writes": noted.writes,
            "missing": self.expected.missing,
        }

    def _poll(self, watches: list[str], missing: Callable[[], int]) -> float:
        """Tick, and wait until every lane was polled and nothing is missing.

        Return the seconds until the last lane was polled.
        """
        began = moved = time.monotonic()
        for each in watches:
            self._tick(each)
        polled, last = None, -1
        while time.monotonic() - began < self.patience:
            time.sleep(LOOK)
            if polled is None and not self._lanes():
                polled = moved = time.monotonic()
            left = missing()
            if polled and (not left or time.monotonic() - moved > STILL):
                break
            if left != last:
                last, moved = left, time.monotonic()
        return (polled or time.monotonic()) - began

    def _lanes(self) -> int:
        return self.inbox.waiting(self.stack.lanes_queue)

    def _tick(self, watch: str) -> None:
        payload = json.dumps({"watches": [watch]})
        answer = self.client.invoke(FunctionName=self.stack.tick, Payload=payload)
        said = answer["Payload"].read().decode()
        if "FunctionError" in answer or not json.loads(said)["Lanes"]:
            raise Trouble(f"The tick function failed: {said[:1_000]}")

    def _alerts(self) -> list[float]:
        """Take the alerts; some may come after the last event."""
        took, until = [], time.monotonic() + min(self.patience, 60)
        while True:
            took += self.expected.take_alerts(self.inbox.alerts())
            if not self.expected.alerts_missing or time.monotonic() > until:
                return took
            time.sleep(LOOK)
