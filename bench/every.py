"""Every source of the catalogue in one account, and parents by the thousand: calls of a tick.

The job APIs are made from the services' models and the table is in memory: calls are counted, and
the processor's time is that of the engine with botocore and its answers' making.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.model import OperationModel

from bench.record import versions
from infra.config.plan import compile_watches
from infra.config.rows import Row
from infra.cost.reckoning import reckon
from lambdas.model import Scope
from lambdas.plan import Plan, Source
from tests.catalogue import ours
from tests.every.jobs import Jobs, parents_of
from tests.every.plan import every_plan
from tests.every.samples import put
from tests.every.standin import StandIn
from tests.sim import REGION, Simulation
from tests.values import MINUTE, NOW

FINISHED, RUNNING = 18, 2
"""Jobs of each source."""
PARENTS = {"few": 10, "tens": 100, "many": 1_000}
FANNING = "glue.job-runs"
"""A source whose jobs live in something of which an account has many."""
PAGE = 100
QUIET = 3
"""Ticks until nothing more is to be found out."""


class Family(StandIn):
    """A stand-in with so many parents, each of which has the same jobs."""

    count = 1

    def answer(self, operation: OperationModel, given: Mapping[str, Any]) -> Any:
        """Answer a call; of parents, there are `count`."""
        (outermost, *_) = self.source.parents
        if operation.name != outermost.listing.operation:
            return super().answer(operation, given)
        ids = [f"{number:04}" for number in range(self.count)]
        return put(super().answer(operation, given), outermost.listing.items, ids)


class Clients:
    """Gives each scope a client of its source's stand-in."""

    def __init__(self, standins: Mapping[str, StandIn]) -> None:
        self._standins = standins

    def client(self, service: str, scope: Scope, patient: bool = True) -> Any:
        """Give the client of a service whose requests end in the stand-in."""
        return self._standins[scope.source].client(service, scope, patient)


def measure(tell: Callable[[str], None], *, quick: bool) -> dict[str, Any]:
    """Count what a tick takes in which nothing changed, and tell of each."""
    plan = every_plan()
    records = [_everything(plan)]
    tell(f"every source: {records[0]['list']:,} list calls")
    for name, count in [*PARENTS.items()][: 2 if quick else None]:
        records += _fanned(plan, name, count)
        tell(f"{count:,} parents: {records[-1]['list']:,} list calls")
    return {"versions": versions("bench-boto3"), "records": records, "months": [*_months()]}


def _everything(plan: Plan) -> dict[str, Any]:
    here = {n: s for n, s in plan.sources.items() if REGION not in plan.not_offered.get(n, ())}
    rows = ours().rows
    simulation = _watched(plan, {n: _standin(s, rows[n]) for n, s in here.items()})
    lanes = len({source.service for source in here.values()})
    about = {"what": "every source", "sources": len(here), "lanes": lanes}
    return about | _tick(simulation, MINUTE)


def _fanned(plan: Plan, name: str, count: int) -> Iterator[dict[str, Any]]:
    """Give a tick in which parents are listed, and one in between."""
    source = plan.sources[FANNING]
    standin = Family(source, parents_of(ours().rows[FANNING]), NOW, page=PAGE)
    standin.count = count
    _fill(Jobs(ours().rows[FANNING], standin))
    (watch,) = (w for w in plan.watches.values() if FANNING in w.sources)
    one = Plan(
        {watch.name: watch}, {FANNING: source}, plan.alerts, plan.retention, plan.concurrency
    )
    about = {"what": f"{FANNING}, {name}: {count:,}", "sources": 1, "lanes": 1}
    simulation = _watched(one, {FANNING: standin})
    for which, later in (("in between", MINUTE), ("parents listed", timedelta(minutes=15))):
        tick = _tick(simulation, later)
        yield about | {"what": f"{about['what']}, {which}"} | tick


def _standin(source: Source, row: Row) -> StandIn:
    standin = StandIn(source, parents_of(row), NOW, page=PAGE)
    _fill(Jobs(row, standin))
    return standin


def _fill(jobs: Jobs) -> None:
    raws = jobs.raws()
    ends = [raw for raw in raws if jobs.is_terminal(raw)]
    runs = [raw for raw in raws if not jobs.is_terminal(raw)]
    for number in range(FINISHED):
        jobs.put(number, ends[number % len(ends)], NOW)
    for number in range(RUNNING if runs else 0):
        jobs.put(FINISHED + number, runs[0], NOW)


def _watched(plan: Plan, standins: Mapping[str, StandIn]) -> Simulation:
    simulation = Simulation(plan)
    simulation.clients = Clients(standins)
    for _ in range(QUIET):
        _poll(simulation, MINUTE)
    return simulation


def _tick(simulation: Simulation, later: timedelta) -> dict[str, Any]:
    simulation.faults.calls.clear()
    began = time.process_time()
    counts = _poll(simulation, later)
    took = time.process_time() - began
    table = Counter(simulation.faults.calls)
    # The table in memory cuts queries into pages of a few items, which DynamoDB would not.
    reads = sum(table[name] for name in ("GetItem", "BatchGetItem", "Query"))
    return {
        "list": counts["ListCalls"],
        "get": counts["GetCalls"],
        "reads": reads,
        "writes": table["PutItem"],
        "cpu": round(took, 3),
    }


def _poll(simulation: Simulation, later: timedelta) -> Counter[str]:
    summary = simulation.poll(later, clocked=True)
    assert summary is not None, "nothing stops it"  # noqa: S101  for the type checker
    for _, error in summary.errors:
        raise error
    return summary.counts


def _months() -> Iterator[dict[str, Any]]:
    """Give what the synth says of one watch of everything, at several cadences."""
    with tempfile.TemporaryDirectory() as folder:
        for every in ("1 minute", "15 minutes", "1 day"):
            file = Path(folder, "watches.yaml")
            file.write_text(
                f"watches: {{all: {{source: '*', every: {every}}}}}\n", encoding="utf-8"
            )
            compiled = compile_watches(file, ours())
            reckoned = reckon(compiled)
            yield {
                "every": every,
                "sources": len(compiled.plan.sources),
                "lanes": reckoned.lanes,
                "calls": round(reckoned.calls_a_minute),
                "dollars": round(reckoned.dollars, 2),
            }
