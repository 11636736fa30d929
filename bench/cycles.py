"""Measures a program cycle by cycle, beside the baseline: boto3 lists the same pages.

The first cycle sees the jobs for the first time. In those after it nothing has changed. Before the
last, some jobs fail where that is asked for.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bench.sources import TABLE
from bench.surroundings import STARTER, Ledger, Process, Surroundings
from demo.local_aws import ROOT, LocalAws, Tools, run
from infra.bundle import build_bundle
from infra.config.plan import compile_plan, operations_of
from lambdas.plan import Plan
from tests.table import create_table

ROUNDS = 5
ROUNDS_SECONDS = 15
"""How often the unchanged jobs are looked at; no more often than fits into so many seconds."""
Cycle = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """Where the programs run, the server of the job APIs, and the local AWS with its ledger."""

    surroundings: Surroundings
    server: Process
    aws: LocalAws
    ledger: Ledger

    def measure(
        self,
        source: str,
        subject: AbstractContextManager[Process],
        fail: int = 0,
        reported: Callable[[], int] = lambda: 0,
    ) -> dict[str, Any]:
        """Measure one subject; at last, so many jobs `fail`.

        `reported` counts what a cycle reported besides what the subject and the table tell.
        """
        with (
            self.surroundings.run("boto3", "bench.subjects.baseline", source) as baseline,
            subject as running,
        ):
            self._cycle(baseline)
            measured = {"first": summary([self._cycle(running, reported)])}
            baselines: list[Cycle] = []
            unchanged: list[Cycle] = []
            until = time.monotonic() + ROUNDS_SECONDS
            while not unchanged or (len(unchanged) < ROUNDS and time.monotonic() < until):
                baselines.append(self._cycle(baseline))
                unchanged.append(self._cycle(running, reported))
            measured |= {"baseline": summary(baselines), "unchanged": summary(unchanged)}
            if fail:
                self.server.ask(fail=fail)
                measured["last"] = summary([self._cycle(running, reported)])
        return measured

    def _cycle(self, process: Process, reported: Callable[[], int] = lambda: 0) -> Cycle:
        self.server.ask()
        self.ledger.take()
        done = process.ask()
        noted, calls = self.ledger.take(), self.server.ask()["calls"]
        return done | {
            "calls": calls | {name: count for name, count in noted.items() if ":" in name},
            "reported": done["reported"] + noted["announced"] + reported(),
            "read_units": noted["read_units"],
            "writes": noted["writes"],
        }

    def jobwatch(self, source: str, catalogue: str) -> AbstractContextManager[Process]:
        """Run the function that polls as it would be deployed, with one watch and an empty table.

        It is proven like any other.
        """
        self.empty_table()
        file = self.surroundings.folder / f"{source}.yaml"
        file.write_text(yaml.safe_dump({"watches": {"jobs": {"source": source}}}), encoding="utf-8")
        function = build_unhurried(compile_plan(file, ROOT / catalogue).plan)
        return self.surroundings.run(None, "bench.subjects.jobwatch", source, function=function)

    def empty_table(self) -> None:
        """Make the table anew."""
        dynamodb = self.aws.client("dynamodb")
        if TABLE in dynamodb.list_tables()["TableNames"]:
            dynamodb.delete_table(TableName=TABLE)
        create_table(dynamodb, TABLE)


@contextmanager
def bench(
    surroundings: Surroundings, server: Process, endpoints: Mapping[str, str]
) -> Iterator[Bench]:
    """Give the bench of a server: job APIs are at the `endpoints`, all else in a local AWS."""
    folder = surroundings.folder
    with run(Tools.find(), folder, {}, STARTER) as aws:
        table = {"AWS_ENDPOINT_URL_DYNAMODB": aws.endpoint}
        where = {**aws.settings(), **endpoints, **table}
        yield Bench(replace(surroundings, endpoints=where), server, aws, Ledger(folder))


def build_unhurried(plan: Plan) -> Path:
    """Build the zip's directory without budgets of calls: the work is measured, not the waiting."""
    sources = {name: replace(s, calls_per_second=None) for name, s in plan.sources.items()}
    unhurried = replace(plan, sources=sources)
    return build_bundle(ROOT, unhurried, operations_of(plan))


def summary(cycles: Sequence[Cycle]) -> Cycle:
    """Give the medians of the times; what was counted is the first cycle's."""
    first = cycles[0]
    return {
        **{key: round(statistics.median(c[key] for c in cycles), 4) for key in ("wall", "cpu")},
        "peak": max(cycle["peak"] for cycle in cycles),
        "calls": dict(sorted(first["calls"].items())),
        **{key: first[key] for key in ("reported", "read_units", "writes")},
    }
