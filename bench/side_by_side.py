"""Every program beside the baseline: the same jobs on the same server, at each size."""

import base64
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from bench.cycles import Bench, bench
from bench.sources import COMPREHEND, QUEUE, SAGEMAKER
from bench.surroundings import Surroundings

SOURCES = (SAGEMAKER, COMPREHEND)
CASES = (100, 500, 2_000, 10_000)
"""How many jobs there are."""
FAILURES = 5
"""So many running jobs fail before the last cycle."""
CATALOGUE = "bench/catalogue"
"""Rows for the sources that other programs can watch as well."""


@dataclass(frozen=True)
class Subject:
    """What is measured: its module and environment; what it can't do, by source; its most jobs."""

    name: str
    module: str
    venv: str | None
    lacks: Mapping[str, str] = field(default_factory=dict)
    most: int = max(CASES)
    too_many: str = ""

    def left_out(self, source: str, jobs: int) -> str:
        """Say why it is not measured with so many jobs of a source, if it is not."""
        return self.lacks.get(source) or (self.too_many if jobs > self.most else "")


JOBWATCH = Subject("Jobwatch", "jobwatch", None)
SUBJECTS = (
    Subject(
        "boto3 waiters", "waiters", "boto3", {COMPREHEND: "boto3 has no waiter for Comprehend"}
    ),
    Subject("Cloud Custodian", "custodian", "custodian"),
    Subject(
        "Airflow triggers",
        "airflow",
        "airflow",
        most=2_000,
        too_many="each trigger makes a client of its own: about 2 MB and 40 ms of processor",
    ),
    JOBWATCH,
)
STEPS = len(SOURCES) * len(SUBJECTS)
"""How many records a case gives."""


def measure(cases: Sequence[int] = CASES) -> Iterator[dict[str, Any]]:
    """Measure every subject at every size; yield a record of each."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Surroundings(Path(folder))
        with (
            bare.run("moto", "bench.server") as server,
            bench(bare, server, {"AWS_ENDPOINT_URL": server.ask()["endpoint"]}) as measuring,
        ):
            for jobs, source, subject in product(cases, SOURCES, SUBJECTS):
                about = {"source": source, "jobs": jobs, "subject": subject.name}
                yield about | _measure(measuring, subject, source, jobs)


def _measure(measuring: Bench, subject: Subject, source: str, jobs: int) -> dict[str, Any]:
    why = subject.left_out(source, jobs)
    if why:
        return {"left_out": why}
    measuring.server.ask(fill=jobs)
    fail = {"fail": FAILURES}
    if subject is JOBWATCH:
        return measuring.measure(source, measuring.jobwatch(source, CATALOGUE), fail)
    surroundings, module = measuring.surroundings, f"bench.subjects.{subject.module}"
    running = surroundings.run(subject.venv, module, source, str(jobs))
    queue = Queue(surroundings) if subject.module == "custodian" else None
    return measuring.measure(source, running, fail, queue.take if queue else None)


class Queue:
    """The queue that Cloud Custodian notifies: a message names many jobs."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._sqs = surroundings.client("sqs")
        self._url = self._sqs.create_queue(QueueName=QUEUE)["QueueUrl"]

    def take(self) -> int:
        """Count the jobs that were notified of since the last time."""
        jobs = 0
        while messages := self._sqs.receive_message(QueueUrl=self._url).get("Messages"):
            (message,) = messages
            packed = zlib.decompress(base64.b64decode(message["Body"]))
            jobs += len(json.loads(packed)["resources"])
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return jobs
