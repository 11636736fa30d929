"""Sets everything up for the load test, runs it, and returns what was measured."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import record
from bench.ledger import local_aws
from bench.load.driver import Driver
from bench.load.expected import Expected
from bench.load.receive import Inbox
from bench.load.scenario import REGIONS, Size, watches
from bench.surroundings import Surroundings
from demo.deploy import bootstrap, deploy
from demo.listen import listen
from demo.local_aws import ROOT, Tools
from demo.show import Terminal

AFTERWARDS = 3.0
"""Seconds in which what should not come may still come."""


def load(size: Size, terminal: Terminal, patience: float) -> dict[str, Any]:
    """Run the whole test; every second tick has a slow lane beside it.

    `patience` is how many seconds a tick may take.
    """
    with harness(size, terminal, patience) as driver:
        with terminal.step("Poll for the first time: what exists is remembered quietly"):
            first_read = driver.first_read()
        ticks = []
        for number in range(1, size.ticks + 1):
            slow = number % 2 == 0
            beside = ", beside a slow lane" if slow else ""
            with terminal.step(f"Tick {number} of {size.ticks}{beside}"):
                ticks.append(driver.tick(number, slow=slow))
        time.sleep(AFTERWARDS)
        driver.expected.take_events(driver.inbox.events())
        driver.expected.take_alerts(driver.inbox.alerts())
        faults = driver.expected.close(driver.inbox.left())
    return {
        "versions": dict([record.pinned(ROOT / "demo" / "requirements.txt")]),
        "size": {**asdict(size), "regions": min(size.scopes, len(REGIONS))},
        "first_read": first_read,
        "ticks": ticks,
        "repeats": driver.expected.repeats,
        "faults": faults,
    }


@contextmanager
def harness(size: Size, terminal: Terminal, patience: float) -> Iterator[Driver]:
    """Start everything and deploy the stack; end everything in the end."""
    tools = Tools.find()
    with ExitStack() as running:
        temporary = tempfile.TemporaryDirectory(prefix="jobwatch-", ignore_cleanup_errors=True)
        folder = Path(running.enter_context(temporary))
        with terminal.step(f"Start stand-ins with {size.scopes * size.jobs:,} jobs"):
            process = Surroundings(folder).run(
                None, "bench.load.services", json.dumps(asdict(size))
            )
            services = running.enter_context(process)
            endpoints = {"pinpoint": f"{services.ask()['address']}/pinpoint"}
        with terminal.step("Start a local AWS with IAM"):
            aws, ledger = running.enter_context(local_aws(folder, endpoints))
        with terminal.step("Bootstrap it with the CDK"):
            bootstrap(tools, aws)
        with terminal.step("Deploy the stack with the CDK"):
            file = folder / "watches.yaml"
            file.write_text(json.dumps(watches(size)), encoding="utf-8")
            stack = deploy(tools, aws, file)
        yield Driver(
            client=aws.client("lambda", patience=patience, attempts=1),
            stack=stack,
            services=services,
            inbox=Inbox(listen(aws, stack.bus, stack.topic)),
            expected=Expected(),
            ledger=ledger,
            patience=patience,
        )
