"""Jobwatch alone, over jobs that do not change: what finished and running jobs cost it.

Data Exchange's list is newest first, SES's has no order. The baseline lists every page of either.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.cycles import Bench, bench
from bench.record import versions
from bench.sources import DATA_EXCHANGE, SES
from bench.surroundings import Process, Surroundings
from bench.tables import line

SOURCES = (SES, DATA_EXCHANGE)
CASES = ((100, 10), (1_000, 10), (1_000, 9_000), (10_000, 10), (100_000, 10))
"""Finished and running jobs."""


def measure(tell: Callable[[str], None], *, quick: bool) -> dict[str, Any]:
    """Measure each source in each case, and tell of each."""
    records = []
    with listed() as (lists, measuring):
        for finished, running in CASES[:2] if quick else CASES:
            lists.ask(finished=finished, running=running)
            for source in SOURCES:
                about = {"source": source, "finished": finished, "running": running}
                jobwatch = measuring.jobwatch(source, "catalogue")
                records.append(about | measuring.measure(source, jobwatch))
                tell(line(records[-1]))
    return {"versions": versions("bench-boto3"), "records": records}


@contextmanager
def listed() -> Iterator[tuple[Process, Bench]]:
    """Serve the lists, and give the bench on which clients find them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Surroundings(Path(folder)).run(None, "bench.lists") as lists,
    ):
        endpoint = lists.ask()["endpoint"]
        names = {source: f"AWS_ENDPOINT_URL_{source.split('.')[0].upper()}" for source in SOURCES}
        where = {names[source]: f"{endpoint}/{source}" for source in SOURCES}
        with bench(Surroundings(Path(folder)), lists, where) as measuring:
            yield lists, measuring
