"""Drives the deployed stack: lets jobs change, asks for a look, and waits until all was told."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bench.load.hear import Inbox
from bench.load.judge import Judge
from bench.load.measure import CallLog, Processes, percentiles
from bench.load.services import Services
from demo.deploy import Deployed
from demo.local_aws import Trouble

LOOK = 0.5
"""Seconds between two looks at the queues and the processes."""

STILL = 30.0
"""Seconds without an event after which no more is waited for."""

Progress = Callable[[int, int], None]
"""Takes how much was done, and of how much."""


@dataclass(slots=True)
class Driver:
    """The stack, what it watches, who listens, and how long a tick may take in seconds."""

    client: Any
    stack: Deployed
    services: Services
    inbox: Inbox
    judge: Judge
    calls: CallLog
    processes: Processes
    patience: float

    def first_look(self, jobs: int, progress: Progress) -> dict[str, Any]:
        """Let the stack remember what exists, until a look finds nothing new to write.

        :raises Trouble: when that does not come to an end.
        """
        began, looks, writes, before = time.monotonic(), 0, 0, -1
        self.calls.take()

        def written() -> int:
            nonlocal writes
            writes += self.calls.take().writes
            progress(min(writes, jobs), jobs)
            return 0

        while writes != before:
            before = writes
            self._look(written)
            if self.inbox.work():
                raise Trouble(
                    f"The first look did not end in {self.patience:.0f} s: "
                    f"{writes:,} of {jobs:,} jobs were remembered; waiting: {self.inbox.work()}"
                )
            looks += 1
        seconds = round(time.monotonic() - began, 1)
        return {"seconds": seconds, "looks": looks, "table_writes": writes}

    def tick(self, number: int, progress: Progress) -> dict[str, Any]:
        """Let jobs change, look once, and return what that took and what was heard."""
        self.calls.take()
        self.processes.take()
        called = self.services.calls()
        at, changes = self.services.step()
        self.judge.expect(at, changes)

        def missing() -> int:
            arrived = self.inbox.arrived()
            progress(min(arrived, len(changes)), len(changes))
            return max(self.judge.missing - arrived, 0)

        seconds = self._look(missing)
        took = self.judge.hear_events(self.inbox.events())
        noted = self.calls.take()
        return {
            "tick": number,
            "changes": len(changes),
            "events": len(took),
            "alerts": self._alerts(),
            "latency": percentiles(took),
            "poll_seconds": round(seconds, 1),
            "calls": self.services.calls() - called,
            "queued": noted.queued,
            "table_reads": noted.reads,
            "table_items_read": noted.items_read,
            "table_writes": noted.writes,
            "processes": self.processes.take(),
            "missing": self.judge.missing,
        }

    def _look(self, missing: Callable[[], int]) -> float:
        """Invoke the poll function, and wait until nothing is to do and nothing is missing.

        Return the seconds until nothing was to do any more.
        """
        began = moved = time.monotonic()
        idle, last = None, -1
        with self._invoked() as answer:
            while time.monotonic() - began < self.patience:
                time.sleep(LOOK)
                self.processes.look()
                if answer.done():
                    self._check(answer)
                    if idle is None and not self.inbox.work():
                        idle = moved = time.monotonic()
                left = missing()
                if idle and (not left or time.monotonic() - moved > STILL):
                    break
                if left != last:
                    last, moved = left, time.monotonic()
        return (idle or time.monotonic()) - began

    @contextmanager
    def _invoked(self) -> Iterator[Future[str]]:
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(self._invoke)

    def _invoke(self) -> str:
        payload = json.dumps({"watches": ["load"]})
        answer = self.client.invoke(FunctionName=self.stack.poll, Payload=payload)
        said: str = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise Trouble(f"The poll function failed: {said[:1_000]}")
        return said

    def _check(self, answer: Future[str]) -> None:
        try:
            unread = json.loads(answer.result())["Unread"]
        except (BotoCoreError, ClientError) as error:
            raise Trouble(f"The poll function could not be invoked: {error}") from error
        if unread:
            raise Trouble(f"Scopes could not be read: {str(unread)[:1_000]}")

    def _alerts(self) -> int:
        """Take the alerts; they come after the events."""
        heard, until = 0, time.monotonic() + min(self.patience, 60)
        while True:
            heard += self.judge.hear_alerts(self.inbox.alerts())
            if not self.judge.alerts_missing or time.monotonic() > until:
                return heard
            time.sleep(LOOK)
