"""Jobwatch alone, over jobs that do not change: what finished and running jobs cost it.

Data Exchange's list is newest first, SES's has no order. The baseline lists every page of either.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.cycles import Bench, bench
from bench.sources import DATA_EXCHANGE, SES
from bench.surroundings import Process, Surroundings

SOURCES = (SES, DATA_EXCHANGE)
CASES = ((100, 10), (1_000, 10), (1_000, 9_000), (10_000, 10), (100_000, 10))
"""Finished and running jobs."""


def measure(cases: Sequence[tuple[int, int]] = CASES) -> Iterator[dict[str, Any]]:
    """Measure each source in each case; yield a record of each."""
    with listed() as (lists, measuring):
        for finished, running in cases:
            lists.ask(finished=finished, running=running)
            for source in SOURCES:
                about = {"source": source, "finished": finished, "running": running}
                jobwatch = measuring.jobwatch(source, "catalogue")
                yield about | measuring.measure(source, jobwatch)


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
