"""Airflow's deferrable triggers: one for each job, in one event loop, as its triggerer runs them.

A cycle is one poll of each trigger that has not fired. The triggers' own pause between two polls
is what ends a cycle, so nothing but the waiting itself is left out. A triggerer runs 1,000
triggers by default; here as many run as there are jobs.
"""

import asyncio
import sys
from collections.abc import Iterable
from types import SimpleNamespace

from airflow.providers.amazon.aws.triggers.base import AwsBaseWaiterTrigger
from airflow.providers.amazon.aws.triggers.comprehend import (
    ComprehendPiiEntitiesDetectionJobCompletedTrigger,
)
from airflow.providers.amazon.aws.triggers.sagemaker import SageMakerTrigger
from airflow.providers.amazon.aws.utils import waiter_with_logging

from bench.lines import measure
from bench.sources import SAGEMAKER, job_names


class Triggerer:
    """Runs triggers until each has fired or pauses, and lets them go on when asked to."""

    def __init__(self, triggers: Iterable[AwsBaseWaiterTrigger]) -> None:
        self._loop = asyncio.new_event_loop()
        self._triggers = list(triggers)
        self._running: set[asyncio.Task[None]] = set()
        self._pausing: list[asyncio.Future[None]] = []
        self._fired = 0
        self._polled = asyncio.Event()

    async def pause(self, _seconds: float) -> None:
        """Wait for the next cycle."""
        future = self._loop.create_future()
        self._pausing.append(future)
        self._note()
        await future

    def cycle(self) -> int:
        """Let every trigger poll once; give how many fired."""
        return self._loop.run_until_complete(self._poll())

    async def _poll(self) -> int:
        before, polled = self._fired, self._pausing
        self._pausing = []
        for future in polled:
            future.set_result(None)
        while self._triggers:
            self._running.add(self._loop.create_task(self._run(self._triggers.pop())))
        self._polled.clear()
        if self._running:
            await self._polled.wait()
        return self._fired - before

    async def _run(self, trigger: AwsBaseWaiterTrigger) -> None:
        async for _event in trigger.run():
            self._fired += 1
        self._running.discard(asyncio.current_task())
        self._note()

    def _note(self) -> None:
        """Note when the last of those that run has fired or pauses."""
        if len(self._pausing) == len(self._running):
            self._polled.set()


def _trigger(source: str, name: str) -> AwsBaseWaiterTrigger:
    """Make a trigger whose credentials are boto's own, so that no connection is looked up."""
    if source == SAGEMAKER:
        return SageMakerTrigger(job_name=name, job_type="training", aws_conn_id=None)
    return ComprehendPiiEntitiesDetectionJobCompletedTrigger(job_id=name, aws_conn_id=None)


def main(source: str, jobs: int) -> None:
    """Wait for every job."""
    triggerer = Triggerer(_trigger(source, name) for name in job_names(jobs))
    waiter_with_logging.asyncio = SimpleNamespace(sleep=triggerer.pause)
    measure(triggerer.cycle)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
