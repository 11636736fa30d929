"""Every program beside the baseline: the same jobs on the same server, at each size."""

import base64
import json
import tempfile
import zlib
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]

from bench.cycles import Bench, bench
from bench.record import versions
from bench.sources import COMPREHEND, QUEUE, REGION, SAGEMAKER
from bench.surroundings import Surroundings
from bench.tables import line

SOURCES = (SAGEMAKER, COMPREHEND)
CASES = (100, 500, 2_000, 10_000)
"""How many jobs there are."""
FAILURES = 5
"""So many running jobs fail before the last cycle."""
CATALOGUE = "bench/catalogue"
"""Rows for the sources that other programs can watch as well."""


SUBJECTS = {
    "boto3 waiters": ("boto3", "waiters"),
    "Cloud Custodian": ("custodian", "custodian"),
    "Airflow triggers": ("airflow", "airflow"),
    "Jobwatch": (None, "jobwatch"),
}
"""What is measured: its environment and its module."""
MOST_TRIGGERS = 2_000


def measure(tell: Callable[[str], None], *, quick: bool) -> dict[str, Any]:
    """Measure every subject at every size, and tell of each."""
    cases, records = CASES[:2] if quick else CASES, []
    with tempfile.TemporaryDirectory() as folder:
        bare = Surroundings(Path(folder))
        with (
            bare.run("moto", "bench.server") as server,
            bench(bare, server, {"AWS_ENDPOINT_URL": server.ask()["endpoint"]}) as measuring,
        ):
            for jobs, source, subject in product(cases, SOURCES, SUBJECTS):
                why = left_out(subject, source, jobs)
                found = {"left_out": why} if why else _measure(measuring, subject, source, jobs)
                records.append({"source": source, "jobs": jobs, "subject": subject, **found})
                tell(line(records[-1]))
    groups = ("bench-boto3", "bench-custodian", "bench-airflow", "bench-moto")
    return {"versions": versions(*groups), "records": records}


def left_out(subject: str, source: str, jobs: int) -> str:
    """Say why a subject is not measured with so many jobs of a source, if it is not."""
    if subject == "boto3 waiters" and source == COMPREHEND:
        return "boto3 has no waiter for Comprehend"
    if subject == "Airflow triggers" and jobs > MOST_TRIGGERS:
        return "each trigger makes a client of its own: about 2 MB and 40 ms of processor"
    return ""


def _measure(measuring: Bench, subject: str, source: str, jobs: int) -> dict[str, Any]:
    endpoint = measuring.server.ask(fill=jobs)["endpoint"]
    if subject == "Jobwatch":
        return measuring.measure(source, measuring.jobwatch(source, CATALOGUE), FAILURES)
    venv, module = SUBJECTS[subject]
    running = measuring.surroundings.run(venv, f"bench.subjects.{module}", source, str(jobs))
    if module == "custodian":
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        sqs: Any = boto3.Session(region_name=REGION, **keys).client("sqs", endpoint_url=endpoint)
        queue = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        return measuring.measure(source, running, FAILURES, partial(notified, sqs, queue))
    return measuring.measure(source, running, FAILURES)


def notified(sqs: Any, queue: str) -> int:
    """Count the jobs that Cloud Custodian notified of since the last time.

    A message names many jobs; `queue` is the URL.
    """
    jobs = 0
    while messages := sqs.receive_message(QueueUrl=queue).get("Messages"):
        (message,) = messages
        packed = zlib.decompress(base64.b64decode(message["Body"]))
        jobs += len(json.loads(packed)["resources"])
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return jobs
