"""The load test: sizes in, a table and a file out; anything lost or made up is a fault."""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bench import record
from bench.load.driver import PATIENCE, Driver
from bench.load.expected import Expected
from bench.load.report import beside_slow, table
from bench.load.scenario import REGIONS, Size, watches
from bench.surroundings import STARTER, Ledger, Process, Surroundings
from demo.deploy import Deployed, bootstrap, deploy
from demo.listen import Listener, listen
from demo.local_aws import LocalAws, Tools, Trouble, run
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
    what = f"stand-ins with {size.scopes * size.jobs:,} jobs"
    services = ("bench.load.services", json.dumps(asdict(size)))
    with deployed(what, services, watches(size), terminal) as (found, process):
        poller, listener = Poller(found.aws, found.stack, PATIENCE), found.listener
        yield Driver(poller, process, listener, Expected(), Ledger(found.aws.folder))


@dataclass(frozen=True)
class Listened:
    """A deployed stack, the local AWS that it is in, and who listens."""

    aws: LocalAws
    stack: Deployed
    listener: Listener


@contextmanager
def deployed(
    what: str, services: Sequence[str], file: Mapping[str, Any], terminal: Terminal
) -> Iterator[tuple[Listened, Process]]:
    """Start a module that stands for the job APIs, and a stack of a watches file over it.

    `services` are the module and its arguments, `what` says what it is.
    """
    tools = Tools.find()
    with ExitStack() as running:
        temporary = tempfile.TemporaryDirectory(prefix="jobwatch-", ignore_cleanup_errors=True)
        folder = Path(running.enter_context(temporary))
        with terminal.step(f"Start {what}"):
            process = running.enter_context(Surroundings(folder).run(None, *services))
            endpoints = {"pinpoint": f"{process.ask()['address']}/pinpoint"}
        with terminal.step("Start a local AWS with IAM"):
            aws = running.enter_context(run(tools, folder, endpoints, STARTER))
        with terminal.step("Bootstrap it with the CDK"):
            bootstrap(tools, aws)
        with terminal.step("Deploy the stack with the CDK"):
            path = folder / "watches.yaml"
            path.write_text(json.dumps(file), encoding="utf-8")
            stack = deploy(tools, aws, path)
        yield Listened(aws, stack, listen(aws, stack.bus, stack.topic)), process
