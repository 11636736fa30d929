"""Sets the stage for the load test, runs it, and returns what was measured."""

import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from bench.load.drive import Driver, Progress
from bench.load.hear import Inbox
from bench.load.judge import Judge
from bench.load.measure import CallLog, Processes
from bench.load.script import REGIONS, Size, watches
from bench.load.services import services
from demo.deploy import bootstrap, deploy
from demo.listen import listen
from demo.local_aws import LocalAws, Tools, run
from demo.show import Terminal

STARTER = Path(__file__).with_name("note_calls.py")
AFTERWARDS = 3.0
"""Seconds in which what should not come may still come."""


def load(size: Size, terminal: Terminal, patience: float) -> dict[str, Any]:
    """Run the whole test; `patience` is how many seconds a tick may take."""
    tools = Tools.find()
    jobs = size.scopes * size.jobs
    with stage(tools, size, terminal, patience) as driver:
        look = partial(driver.first_look, jobs)
        first = shown(terminal, "Look for the first time: what exists is remembered quietly", look)
        ticks = [
            shown(terminal, f"Tick {number} of {size.ticks}", partial(driver.tick, number))
            for number in range(1, size.ticks + 1)
        ]
        time.sleep(AFTERWARDS)
        driver.judge.hear_events(driver.inbox.events())
        driver.judge.hear_alerts(driver.inbox.alerts())
        faults = driver.judge.close(driver.inbox.left())
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(tools),
        "size": {**asdict(size), "regions": min(size.scopes, len(REGIONS))},
        "first_look": first,
        "ticks": ticks,
        "repeats": driver.judge.repeats,
        "faults": faults,
    }


@contextmanager
def stage(tools: Tools, size: Size, terminal: Terminal, patience: float) -> Iterator[Driver]:
    """Start everything and deploy the stack; end everything in the end."""
    with ExitStack() as running:
        folder = Path(
            running.enter_context(
                tempfile.TemporaryDirectory(prefix="jobwatch-", ignore_cleanup_errors=True)
            )
        )
        with terminal.step(f"Start stand-ins with {size.scopes * size.jobs:,} jobs"):
            played = running.enter_context(services(size))
        with terminal.step("Start a local AWS with IAM"):
            aws = running.enter_context(run(tools, folder, played.endpoints, STARTER))
        with terminal.step("Bootstrap it with the CDK"):
            bootstrap(tools, aws)
        with terminal.step("Deploy the stack with the CDK"):
            file = folder / "watches.yaml"
            file.write_text(json.dumps(watches(size)), encoding="utf-8")
            stack = deploy(tools, aws, file)
        client = aws.client("lambda", patience=patience, attempts=1)
        ears = listen(aws, stack.bus, stack.topic)
        yield Driver(
            client=client,
            stack=stack,
            services=played,
            inbox=Inbox(ears, _sources(client, stack.poll)),
            judge=Judge(),
            calls=CallLog(folder / "calls.log"),
            processes=Processes(_kinds(aws, stack.poll, stack.publish)),
            patience=patience,
        )


def _sources(client: Any, poll: str) -> frozenset[str]:
    """Return the names of the queues that the poll function reads."""
    mappings = client.list_event_source_mappings(FunctionName=poll)["EventSourceMappings"]
    return frozenset(mapping["EventSourceArn"].rsplit(":", 1)[-1] for mapping in mappings)


def _kinds(aws: LocalAws, poll: str, publish: str) -> dict[str, str]:
    """Return what the processes of the functions and of the table are known by."""
    (pid_file,) = aws.folder.glob("ministack-*.pid")
    return {
        "poll": f"{aws.folder}/ministack-lambda-{poll}-",
        "publish": f"{aws.folder}/ministack-lambda-{publish}-",
        "table": pid_file.read_text(encoding="utf-8").strip(),
    }


def shown(
    terminal: Terminal, title: str, work: Callable[[Progress], dict[str, Any]]
) -> dict[str, Any]:
    """Do a piece of work with a bar, where there is a terminal, and say how long it took."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    bars = Bars(
        *columns,
        TimeElapsedColumn(),
        console=terminal.console,
        transient=True,
        disable=not terminal.console.is_terminal,
    )
    with terminal.step(title, quietly=True), bars:
        bar = bars.add_task(title, total=None)
        return work(lambda done, total: bars.update(bar, completed=done, total=total))


def machine() -> dict[str, Any]:
    """Return what the test ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "memory_gb": round(memory / 1024**3),
    }


def versions(tools: Tools) -> dict[str, str]:
    """Return the versions of what took part."""
    asked = "import importlib.metadata as m; print(m.version('ministack'))"
    python = str(tools.ministack.with_name("python"))
    command = [python, "-c", asked]
    told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return {
        "Python": platform.python_version(),
        "botocore": version("botocore"),
        "MiniStack": told.stdout.strip(),
    }
