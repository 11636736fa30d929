"""The load test: sizes in, a table and a file out; anything lost or made up is a fault."""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from bench import record
from bench.load.driver import PATIENCE, Driver
from bench.load.expected import Expected
from bench.load.report import beside_slow, table
from bench.load.scenario import REGIONS, Size, watches
from bench.surroundings import STARTER, Ledger, Surroundings
from demo.deploy import bootstrap, deploy
from demo.listen import listen
from demo.local_aws import Tools, Trouble, run
from demo.poller import Poller
from demo.show import Terminal
from infra.config.files.mistakes import InvalidValueError
from operate.cost.options import MOST
from operate.typed import whole

AFTERWARDS = 3.0
"""Seconds in which what should not come may still come."""


def main(arguments: Sequence[str]) -> int:
    """Run the load test; return 0 when everything arrived, and nothing else."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    for each in fields(Size):
        parser.add_argument(f"--{each.name}", type=_number, default=each.default, **each.metadata)
    terminal = Terminal()
    try:
        result = load(Size(**vars(parser.parse_args(arguments))), terminal)
    except Trouble as trouble:
        terminal.fault(str(trouble))
        return 1
    record.write("load", **result)
    terminal.console.print(table(result["ticks"]), beside_slow(result["ticks"]), sep="\n")
    for fault in result["faults"]:
        terminal.fault(fault)
    terminal.console.print("`make bench ARGS=--page` takes it into docs/performance.md")
    return 1 if result["faults"] else 0


def _number(text: str) -> int:
    """Read the value of an option."""
    try:
        return whole(text, 1, MOST)
    except InvalidValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def load(size: Size, terminal: Terminal) -> dict[str, Any]:
    """Run the whole test; every second tick has a slow lane beside it.

    :raises Trouble: when it does not come to an end.
    """
    with harness(size, terminal) as driver:
        with terminal.step("Poll for the first time: what exists is remembered quietly"):
            first_read = driver.first_read()
        ticks = []
        for number in range(1, size.ticks + 1):
            slow = number % 2 == 0
            beside = ", beside a slow lane" if slow else ""
            with terminal.step(f"Tick {number} of {size.ticks}{beside}"):
                ticks.append(driver.tick(number, slow=slow))
        time.sleep(AFTERWARDS)
        driver.expected.take_events(driver.listener.events())
        driver.expected.take_alerts(driver.listener.alerts())
        faults = driver.expected.close(driver.left())
    return {
        "versions": record.versions("local-aws"),
        "size": {**asdict(size), "regions": min(size.scopes, len(REGIONS))},
        "first_read": first_read,
        "ticks": ticks,
        "repeats": driver.expected.repeats,
        "faults": faults,
    }


@contextmanager
def harness(size: Size, terminal: Terminal) -> Iterator[Driver]:
    """Start everything and deploy the stack; end everything in the end."""
    tools = Tools.find()
    with ExitStack() as running:
        temporary = tempfile.TemporaryDirectory(prefix="jobwatch-", ignore_cleanup_errors=True)
        folder = Path(running.enter_context(temporary))
        with terminal.step(f"Start stand-ins with {size.scopes * size.jobs:,} jobs"):
            sizes = json.dumps(asdict(size))
            process = Surroundings(folder).run(None, "bench.load.services", sizes)
            services = running.enter_context(process)
            endpoints = {"pinpoint": f"{services.ask()['address']}/pinpoint"}
        with terminal.step("Start a local AWS with IAM"):
            aws = running.enter_context(run(tools, folder, endpoints, STARTER))
        with terminal.step("Bootstrap it with the CDK"):
            bootstrap(tools, aws)
        with terminal.step("Deploy the stack with the CDK"):
            file = folder / "watches.yaml"
            file.write_text(json.dumps(watches(size)), encoding="utf-8")
            stack = deploy(tools, aws, file)
        poller, listener = Poller(aws, stack, PATIENCE), listen(aws, stack.bus, stack.topic)
        yield Driver(poller, services, listener, Expected(), Ledger(folder))
