"""The servers of a measurement: stand-in services with many jobs, and a table."""

import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from bench.standins import data_exchange_job, ses_import
from demo.local_aws import Tools, run
from demo.standins import serve
from demo.world import Place, World
from tests.table import create_table

JOBS = 10_000
UNFINISHED = 100
PAGE_LIMIT = 200
"""The largest page that Data Exchange gives; SES is asked for 100."""


@contextmanager
def local_services(jobs: int = JOBS) -> Iterator[dict[str, str]]:
    """Serve so many jobs a list and an empty table; yield the settings that lead clients there."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _standins(jobs) as endpoints,
        run(Tools.find(), Path(folder), endpoints) as aws,
    ):
        create_table(aws.client("dynamodb"))
        services = {f"AWS_ENDPOINT_URL_{name.upper()}": url for name, url in endpoints.items()}
        yield aws.settings() | services


@contextmanager
def _standins(jobs: int) -> Iterator[dict[str, str]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, jobs))
    process.start()
    theirs.close()  # so that we notice when it could not start
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join()


def _serve(pipe: Connection, jobs: int) -> None:
    world = World(page_limit=PAGE_LIMIT)
    now = datetime.now(UTC)
    known = [(n, now - timedelta(minutes=n), n < UNFINISHED) for n in range(jobs)]
    world.show(
        {
            Place("sesv2", "import-jobs"): [ses_import(*job) for job in known],
            Place("dataexchange", "jobs"): [data_exchange_job(*job) for job in known],
        }
    )
    with serve(world) as endpoints:
        pipe.send(endpoints)
        pipe.recv()
