"""boto3's waiters: one for each job, as a program waits for the job that it started.

A cycle is one poll of each that still waits: one call. The pause between two polls is left out.
"""

import sys
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.exceptions import WaiterError

from bench.lines import measure
from bench.sources import job_names


def main(jobs: int) -> None:
    """Wait for every training job."""
    client: Any = boto3.Session().client("sagemaker")
    waiter = client.get_waiter("training_job_completed_or_stopped")
    waiting = job_names(jobs)

    def cycle() -> int:
        before = len(waiting)
        waiting[:] = [name for name in waiting if not _ended(waiter, name)]
        return before - len(waiting)

    measure(cycle)


def _ended(waiter: Any, name: str) -> bool:
    try:
        waiter.wait(TrainingJobName=name, WaiterConfig={"MaxAttempts": 1})
    except WaiterError as error:
        return "terminal failure" in str(error)
    return True


if __name__ == "__main__":
    main(int(sys.argv[2]))
