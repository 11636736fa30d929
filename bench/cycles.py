"""Measures a program cycle by cycle, beside the baseline: boto3 lists the same pages.

The first cycle sees the jobs for the first time. In those after it nothing has changed. Before the
last, some jobs fail where that is asked for.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bench.deployed import build_function
from bench.ledger import Ledger, local_aws
from bench.lines import Process
from bench.sources import TABLE
from bench.surroundings import Surroundings
from demo.local_aws import ROOT
from tests.table import create_table

ROUNDS = 5
ROUNDS_SECONDS = 15
"""How often the unchanged jobs are looked at; no more often than fits into so many seconds."""
Cycle = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """Where the programs run, the server of the job APIs, and the table of Jobwatch."""

    surroundings: Surroundings
    server: Process
    ledger: Ledger

    def measure(
        self,
        source: str,
        subject: AbstractContextManager[Process],
        fail: Mapping[str, Any] | None = None,
        reported: Callable[[], int] | None = None,
    ) -> dict[str, Any]:
        """Measure one subject; `reported` counts what it reported of, unless it says so itself."""
        with (
            self.surroundings.run("boto3", "bench.subjects.baseline", source) as baseline,
            subject as running,
        ):

            def cycle() -> Cycle:
                done = self._cycle(running)
                return done | ({"reported": reported()} if reported else {})

            self._cycle(baseline)
            first = cycle()
            baselines, unchanged = self._alternate(lambda: (self._cycle(baseline), cycle()))
            measured = {
                "rounds": len(unchanged),
                "baseline": summary(baselines),
                "first": summary([first]),
                "unchanged": summary(unchanged),
            }
            if fail is None:
                return measured
            self.server.ask(**fail)
            return {**measured, "last": summary([cycle()])}

    def _cycle(self, process: Process) -> Cycle:
        self.server.ask()
        self.ledger.take()
        done = process.ask()
        noted, calls = self.ledger.take(), self.server.ask()["calls"]
        return done | {
            "calls": {**calls, **noted.calls},
            "reported": done["reported"] + noted.announced,
            "read_units": noted.units,
            "writes": noted.writes,
        }

    def _alternate(self, both: Callable[[], tuple[Cycle, Cycle]]) -> tuple[list[Cycle], ...]:
        """Measure the baseline and a subject in turn, round by round."""
        until = time.monotonic() + ROUNDS_SECONDS
        rounds = [both()]
        while len(rounds) < ROUNDS and time.monotonic() < until:
            rounds.append(both())
        return [baseline for baseline, _ in rounds], [subject for _, subject in rounds]

    def jobwatch(self, source: str, catalogue: str) -> AbstractContextManager[Process]:
        """Run the function that polls as it would be deployed, with an empty table."""
        self.empty_table()
        function = build_function(self.surroundings.folder, ROOT / catalogue, source)
        return self.surroundings.run(None, "bench.subjects.jobwatch", source, function=function)

    def empty_table(self) -> None:
        """Make the table anew."""
        dynamodb = self.surroundings.client("dynamodb")
        if TABLE in dynamodb.list_tables()["TableNames"]:
            dynamodb.delete_table(TableName=TABLE)
        create_table(dynamodb, TABLE)


@contextmanager
def bench(
    surroundings: Surroundings, server: Process, endpoints: Mapping[str, str]
) -> Iterator[Bench]:
    """Give the bench of a server: job APIs are at the `endpoints`, all else in a local AWS."""
    with local_aws(surroundings.folder, {}) as (aws, ledger):
        rest = {"AWS_ENDPOINT_URL": aws.endpoint, "AWS_CA_BUNDLE": str(aws.certificate)}
        table = {"AWS_ENDPOINT_URL_DYNAMODB": aws.endpoint}
        where = {**rest, **endpoints, **table}
        yield Bench(replace(surroundings, endpoints=where), server, ledger)


def summary(cycles: Sequence[Cycle]) -> Cycle:
    """Give the medians of the times; what was counted is the first cycle's."""
    first = cycles[0]
    return {
        **{key: round(statistics.median(c[key] for c in cycles), 4) for key in ("wall", "cpu")},
        "peak": max(cycle["peak"] for cycle in cycles),
        "calls": dict(sorted(first["calls"].items())),
        **{key: first[key] for key in ("reported", "read_units", "writes")},
    }
