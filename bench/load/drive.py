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
        """Let the stack remember what exists, until a look finds nothing new to write."""
        began, looks, writes = time.monotonic(), 0, 0
        self.calls.take()
        while True:
            before = writes

            def told() -> bool:
                nonlocal writes
                writes += self.calls.take().writes
                progress(min(writes, jobs), jobs)
                return True

            self._look(told)
            looks += 1
            if writes == before or time.monotonic() - began > self.patience:
                break
        seconds = round(time.monotonic() - began, 1)
        return {"seconds": seconds, "looks": looks, "table_writes": writes}

    def tick(self, number: int, progress: Progress) -> dict[str, Any]:
        """Let jobs change, look once, and return what that took and what was heard."""
        self.calls.take()
        self.processes.take()
        called = self.services.calls()
        at, changes = self.services.step()
        self.judge.expect(at, changes)

        def told() -> bool:
            arrived = self.inbox.arrived()
            progress(min(arrived, len(changes)), len(changes))
            return arrived >= self.judge.missing

        seconds = self._look(told)
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

    def _look(self, told: Callable[[], bool]) -> float:
        """Invoke the poll function, wait until nothing is to do and all was told.

        Return the seconds until nothing was to do any more.
        """
        began, idle = time.monotonic(), None
        with self._invoked() as answer:
            while time.monotonic() - began < self.patience:
                time.sleep(LOOK)
                self.processes.look()
                done = told()
                if idle is None and answer.done() and not self.inbox.work():
                    idle = time.monotonic() - began
                if idle is not None and done:
                    break
            self._check(answer)
        return idle or time.monotonic() - began

    @contextmanager
    def _invoked(self) -> Iterator[Future[dict[str, Any]]]:
        with ThreadPoolExecutor(1) as pool:
            payload = json.dumps({"watches": ["load"]})
            yield pool.submit(self.client.invoke, FunctionName=self.stack.poll, Payload=payload)

    def _check(self, answer: Future[dict[str, Any]]) -> None:
        try:
            told = answer.result(timeout=self.patience)
        except (BotoCoreError, ClientError, TimeoutError) as error:
            raise Trouble(f"The poll function could not be invoked: {error}") from error
        said = told["Payload"].read().decode()
        if "FunctionError" in told:
            self.judge.faults.append(f"the poll function failed: {said[:500]}")
        elif json.loads(said)["Unread"]:
            self.judge.faults.append(f"scopes could not be read: {said[:500]}")

    def _alerts(self) -> int:
        """Take the alerts; they come after the events."""
        heard, until = 0, time.monotonic() + min(self.patience, 60)
        while True:
            heard += self.judge.hear_alerts(self.inbox.alerts())
            if not self.judge.alerts_missing or time.monotonic() > until:
                return heard
            time.sleep(LOOK)
