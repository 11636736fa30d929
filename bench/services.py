"""The servers of a measurement: stand-in services with many jobs, and a table."""

import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

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
    numbers = range(jobs)
    world.show(
        {
            Place("sesv2", "import-jobs"): [_ses_import(number) for number in numbers],
            Place("dataexchange", "jobs"): [_data_exchange_job(number) for number in numbers],
        }
    )
    with serve(world) as endpoints:
        pipe.send(endpoints)
        pipe.recv()


def _ses_import(number: int) -> dict[str, Any]:
    contacts = {"ContactListName": "everyone", "ContactListImportAction": "PUT"}
    return {
        "JobId": f"{number:032x}",
        "ImportDestination": {"ContactListDestination": contacts},
        "JobStatus": "PROCESSING" if number < UNFINISHED else "COMPLETED",
        "CreatedTimestamp": datetime.now(UTC) - timedelta(minutes=number),
        "ProcessedRecordsCount": number,
        "FailedRecordsCount": 0,
    }


def _data_exchange_job(number: int) -> dict[str, Any]:
    when = datetime.now(UTC) - timedelta(minutes=number)
    asset = {"AssetId": "a" * 32, "Bucket": "bucket", "Key": f"exports/{number}"}
    export = {"DataSetId": "d" * 32, "RevisionId": "e" * 32, "AssetDestinations": [asset]}
    return {
        "Arn": f"arn:aws:dataexchange:us-east-1:000000000000:jobs/{number:032x}",
        "Id": f"{number:032x}",
        "CreatedAt": when,
        "UpdatedAt": when,
        "State": "IN_PROGRESS" if number < UNFINISHED else "COMPLETED",
        "Type": "EXPORT_ASSETS_TO_S3",
        "Details": {"ExportAssetsToS3": export},
    }
