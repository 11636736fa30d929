"""Jobwatch alone, over jobs that do not change: what finished jobs cost it that lie behind.

Data Exchange's list is newest first, SES's has no order. The floor lists every page in either.
"""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.deployed import build_function
from bench.lines import Process
from bench.side_by_side import alternate, summary
from bench.sources import DATA_EXCHANGE, SES, TABLE
from bench.surroundings import Surroundings
from demo.local_aws import ROOT
from tests.table import create_table

SOURCES = (SES, DATA_EXCHANGE)
STEPS = len(SOURCES)
"""How many records a case gives."""
CASES = ((100, 10), (1_000, 10), (10_000, 10), (9_900, 100), (100_000, 10))
"""Finished and running jobs; 9,900 and 100 are the 10,000 that are polled elsewhere as well."""


def measure(cases: Sequence[tuple[int, int]] = CASES) -> Iterator[dict[str, Any]]:
    """Measure each source in each case; yield a record of each."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        bare = Surroundings(Path(folder))
        table = stack.enter_context(bare.run("moto", "bench.server"))
        lists = stack.enter_context(bare.run(None, "bench.standins"))
        where = {"AWS_ENDPOINT_URL": table.ask()["endpoint"]}
        for source in SOURCES:
            service = source.split(".")[0].upper()
            where[f"AWS_ENDPOINT_URL_{service}"] = f"{lists.ask()['endpoint']}/{source}"
        for finished, running in cases:
            lists.ask(finished=finished, running=running)
            for source in SOURCES:
                about = {"source": source, "finished": finished, "running": running}
                yield about | _measure(source, replace(bare, endpoints=where), table, lists)


def _measure(
    source: str, surroundings: Surroundings, table: Process, lists: Process
) -> dict[str, Any]:
    table.ask(fill=0)
    create_table(surroundings.client("dynamodb"), TABLE)
    function = build_function(surroundings.folder, ROOT / "catalogue", source)
    with (
        surroundings.run("boto3", "bench.subjects.floor", source) as floor,
        surroundings.run_function(function, TABLE, source) as jobwatch,
    ):

        def cycle(process: Process, *, weigh: bool = False) -> dict[str, Any]:
            table.ask(weigh=weigh)
            lists.ask()
            done = process.ask()
            told = table.ask()
            of_table = {"read_units": told["read_units"], "table": told["seconds"]}
            return done | {"calls": told["calls"] | lists.ask()["calls"]} | of_table

        cycle(floor)
        first = cycle(jobwatch)
        weighed = cycle(jobwatch, weigh=True)
        floors, ticks = alternate(lambda: (cycle(floor), cycle(jobwatch)))
    return {
        "rounds": len(ticks),
        "floor": summary(floors),
        "first": summary([first]),
        "unchanged": {
            **summary(ticks),
            "read_units": weighed["read_units"],
            "table": round(statistics.median(tick["table"] for tick in ticks), 4),
        },
    }
