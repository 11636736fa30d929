"""Size and start of the functions, beside the smallest function that could do anything; memory.

Each start is a fresh process, as Lambda starts one.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.cycles import build_unhurried
from bench.history import listed
from bench.sources import DATA_EXCHANGE, SES
from bench.subjects.jobwatch import lane
from bench.surroundings import FUNCTION, Ledger
from demo.local_aws import ROOT, Trouble
from infra.config.plan import compile_plan
from lambdas.plan import Plan
from tests.every.plan import every_plan
from tests.records import change

ROUNDS = 15
JOBS, PAGE = 10_000, 100
"""Many jobs in a scope; and a page of them, for which the smallest function makes one call."""
WATCHES = {"ses-imports": SES, "data-exchange-jobs": DATA_EXCHANGE}
"""Of watches.yaml, as it ships."""
EVERY = "poll, every source"
"""The one that is started with a plan of the whole catalogue."""
STARTED: Mapping[str, tuple[str, Callable[[], Mapping[str, Any]]]] = {
    "smallest": ("smallest", dict),
    "tick": ("lambdas.tick.handler", dict),
    "poll": ("lambdas.poll.handler", lambda: lane(SES, "ses-imports")),
    EVERY: ("lambdas.poll.handler", lambda: lane(SES, "ses-imports")),
    "publish": ("lambdas.publish.handler", lambda: {"Records": [change(1)]}),
    "alert": ("lambdas.alert.handler", lambda: {"Records": [change(1)]}),
}
"""What is started: a module of the zip or of bench/cold, and the event that it is given."""
RUN = Path(__file__).parent / "cold" / "run.py"
FLAGS = ("-I", "-S", "-B")
"""Isolated, without site-packages, and nothing compiled is kept: Lambda's files are read-only."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts functions with one Python; `settings` say where the services are."""

    python: str
    settings: Mapping[str, str]

    def start(self, bundle: Path, module: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Import `module` out of the bundle in a fresh process and call its handler twice.

        `log` of the answer is how many bytes CloudWatch counts of what a call logs.

        :raises Trouble: with what the function said at last, when it failed.
        """
        command = [self.python, *FLAGS, str(RUN), str(bundle), module, json.dumps(event)]
        environment = {**FUNCTION, **self.settings}
        done = subprocess.run(  # noqa: S603  the command is ours
            command, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Trouble(f"{module}: {(done.stderr.strip().splitlines() or ['silent'])[-1]}")
        *logged, last = done.stdout.splitlines()
        answer: dict[str, Any] = json.loads(last)
        return answer | {"log": sum(len(line.encode()) + 26 for line in logged) / 2}


def measure(tell: Callable[[str], None], *, quick: bool) -> dict[str, Any]:
    """Measure size, start and memory of the zip that would be deployed, and tell of each round."""
    rounds = ROUNDS // 3 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        shipped = compile_plan(ROOT / "watches.yaml", ROOT / "catalogue").plan
        bundle, size = _pack(shipped, Path(folder, "shipped"))
        every, largest = _pack(every_plan({SES: "ses-imports"}), Path(folder, "every"))
        with _launcher(PAGE) as (launcher, _):
            starts, python = _starts(launcher, {EVERY: every}, bundle, rounds, tell)
        with _launcher(JOBS) as (launcher, ledger):
            peaks = {watch: _peaks(launcher, ledger, bundle, watch) for watch in WATCHES}
        return {
            "versions": {name: version(name) for name in ("botocore", "aws-lambda-powertools")},
            "size": size,
            "every": largest,
            "rounds": rounds,
            "python": python,
            "starts": starts,
            "memory": {"jobs": JOBS, "peaks": peaks},
        }


def _pack(plan: Plan, folder: Path) -> tuple[Path, dict[str, int]]:
    """Give what Lambda unpacks of a plan's zip, and the sizes of both."""
    archive = Path(shutil.make_archive(str(folder), "zip", build_unhurried(plan)))
    shutil.unpack_archive(archive, folder)
    files = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    sizes = {"zip": archive.stat().st_size, "unpacked": sum(files), "sources": len(plan.sources)}
    return folder, sizes


@contextmanager
def _launcher(jobs: int) -> Iterator[tuple[Launcher, Ledger]]:
    """Serve so many jobs a list, most of them running, and all that the functions talk to.

    `JOBWATCH_PYTHON` names the Python that stands for the one in Lambda; left out: this one.
    """
    with listed() as (lists, measuring):
        lists.ask(finished=jobs // 10, running=jobs - jobs // 10)
        measuring.empty_table()
        measuring.aws.client("sns").create_topic(Name="alerts")
        fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        queue = measuring.aws.client("sqs").create_queue(QueueName="lanes.fifo", Attributes=fifo)
        settings = {**measuring.surroundings.environment(), "LANES_QUEUE_URL": queue["QueueUrl"]}
        python = os.environ.get("JOBWATCH_PYTHON", sys.executable)
        yield Launcher(python, settings), measuring.ledger


def _starts(
    launcher: Launcher,
    others: Mapping[str, Path],
    bundle: Path,
    rounds: int,
    tell: Callable[[str], None],
) -> tuple[dict[str, Any], str]:
    """Start everything in turn, so that each meets the machine in the same moods.

    Give the medians of each, and the version of the Python; `others` have bundles of their own.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in STARTED}
    for number in range(rounds + 1):
        tell(f"start, round {number} of {rounds}")
        for name, (module, event) in STARTED.items():
            start = launcher.start(others.get(name, bundle), module, event())
            if number:  # what the first poll finds is new
                found[name].append(start)
    return {name: _medians(starts) for name, starts in found.items()}, start["python"]


def _medians(starts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Give the medians: milliseconds, MB of memory, bytes of the log."""
    names = [
        f"{part}_{clock}" for part in ("import", "first", "second") for clock in ("wall", "cpu")
    ]
    names += ["peak", "log"]
    return {name: round(statistics.median(each[name] for each in starts), 2) for name in names}


def _peaks(launcher: Launcher, ledger: Ledger, bundle: Path, watch: str) -> dict[str, float]:
    """Poll a watch's jobs when all are new, and when none has changed."""
    peaks = {}
    for name, jobs in (("new", JOBS), ("unchanged", 0)):
        ledger.take()
        event = lane(WATCHES[watch], watch)
        peaks[name] = float(launcher.start(bundle, STARTED["poll"][0], event)["peak"])
        writes = ledger.take()["writes"]
        if (writes >= JOBS) != bool(jobs):
            raise Trouble(f"a poll of {JOBS:,} {name} jobs of {watch} wrote {writes:,} items")
    return peaks
