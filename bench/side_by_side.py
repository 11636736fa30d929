"""Every subject beside the floor: the same jobs on the same server, at each size, cycle by cycle.

The first cycle sees the jobs for the first time. In the second and those after it nothing has
changed: whatever is told of then was told of before. Before the last, some jobs fail.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.deployed import CATALOGUE, build_function
from bench.lines import Process
from bench.notices import Queue, Stream
from bench.sources import COMPREHEND, SAGEMAKER, TABLE
from bench.surroundings import Surroundings

SOURCES = (SAGEMAKER, COMPREHEND)
CASES = (100, 500, 2_000, 10_000)
"""How many jobs there are."""
ROUNDS = 5
ROUNDS_SECONDS = 15
"""How often the unchanged jobs are looked at; no more often than fits into so many seconds."""
FAILURES = 5
"""So many running jobs fail before the last cycle."""


_Both = tuple[dict[str, Any], dict[str, Any]]
_Cycles = list[dict[str, Any]]


@dataclass(frozen=True)
class Subject:
    """What is measured: its module and environment; what it can't do, by source; its most jobs."""

    name: str
    module: str
    venv: str | None
    lacks: Mapping[str, str]
    most: int = max(CASES)
    too_many: str = ""


SUBJECTS = (
    Subject(
        "boto3 waiters", "waiters", "boto3", {COMPREHEND: "boto3 has no waiter for Comprehend"}
    ),
    Subject("Cloud Custodian", "custodian", "custodian", {}),
    Subject(
        "Airflow triggers",
        "airflow",
        "airflow",
        {},
        most=2_000,
        too_many="each trigger makes a client of its own: about 2 MB and 40 ms of processor",
    ),
    Subject("Jobwatch", "jobwatch", None, {}),
)
STEPS = len(SOURCES) * len(SUBJECTS)
"""How many records a case gives."""


def measure(cases: Sequence[int] = CASES) -> Iterator[dict[str, Any]]:
    """Measure every subject at every size; yield a record of each."""
    with _server() as (surroundings, server):
        for jobs in cases:
            for source in SOURCES:
                for subject in SUBJECTS:
                    why = subject.lacks.get(source) or (jobs > subject.most and subject.too_many)
                    about = {"source": source, "jobs": jobs, "subject": subject.name}
                    if why:
                        yield about | {"left_out": why}
                    else:
                        yield about | _measure(subject, source, jobs, surroundings, server)


@contextmanager
def _server() -> Iterator[tuple[Surroundings, Process]]:
    with tempfile.TemporaryDirectory() as folder:
        surroundings = Surroundings(Path(folder))
        with surroundings.run("moto", "bench.server") as server:
            endpoint = server.ask()["endpoint"]
            yield replace(surroundings, endpoints={"AWS_ENDPOINT_URL": endpoint}), server


def _measure(
    subject: Subject, source: str, jobs: int, surroundings: Surroundings, server: Process
) -> dict[str, Any]:
    server.ask(fill=jobs)
    outlet = _outlet(subject, surroundings)
    with ExitStack() as stack:
        floor = stack.enter_context(surroundings.run("boto3", "bench.subjects.floor", source))
        running = stack.enter_context(_run(subject, source, jobs, surroundings))

        def cycle(process: Process) -> dict[str, Any]:
            server.ask()
            done = process.ask()
            calls = server.ask()["calls"]
            told = outlet.take() if outlet and process is running else done["told"]
            return done | {"calls": calls, "told": told}

        cycle(floor)
        first = cycle(running)
        floors, seconds = alternate(lambda: (cycle(floor), cycle(running)))
        server.ask(fail=FAILURES)
        last = cycle(running)
    return {
        "rounds": len(seconds),
        "floor": summary(floors),
        "first": summary([first]),
        "second": summary(seconds),
        "news": summary([last]),
    }


def _outlet(subject: Subject, surroundings: Surroundings) -> Queue | Stream | None:
    match subject.module:
        case "custodian":
            return Queue(surroundings)
        case "jobwatch":
            return Stream(surroundings)
        case _:
            return None


def _run(
    subject: Subject, source: str, jobs: int, surroundings: Surroundings
) -> AbstractContextManager[Process]:
    module = f"bench.subjects.{subject.module}"
    if subject.module != "jobwatch":
        return surroundings.run(subject.venv, module, source, str(jobs))
    function = build_function(surroundings.folder, CATALOGUE, source)
    return surroundings.run_function(function, TABLE, source)


def alternate(measure_both: Callable[[], _Both]) -> tuple[_Cycles, _Cycles]:
    """Measure the floor and a subject in turn, round by round."""
    until = time.monotonic() + ROUNDS_SECONDS
    rounds = [measure_both()]
    while len(rounds) < ROUNDS and time.monotonic() < until:
        rounds.append(measure_both())
    return [floor for floor, _ in rounds], [subject for _, subject in rounds]


def summary(cycles: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the medians of the times; calls and what was told of are the first cycle's."""
    return {
        "wall": round(statistics.median(cycle["wall"] for cycle in cycles), 4),
        "cpu": round(statistics.median(cycle["cpu"] for cycle in cycles), 4),
        "peak": max(cycle["peak"] for cycle in cycles),
        "calls": dict(sorted(cycles[0]["calls"].items())),
        "told": cycles[0]["told"],
    }
