"""What changes in a list of jobs, look after look."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lambdas.store.remembered import Remembered


def changes(look: Callable[[], Sequence[Remembered]]) -> Iterator[list[Remembered]]:
    """Give at each look the jobs that it shows and the one before did not so, oldest first.

    The first look shows all. What a list has room for no more is forgotten.
    """
    before: set[Any] = set()
    while True:
        jobs = look()
        yield [job for job in reversed(jobs) if _state(job) not in before]
        before = {_state(job) for job in jobs}


def _state(job: Remembered) -> Any:
    marks = (job.stalled, job.overrun, job.missing)
    place = (job.watch, *(str(job.detail.get(name)) for name in ("source", "account", "region")))
    named = (str(job.detail.get("parameters")), job.job_id, job.place)  # ids may read the same
    return (*place, *named, job.status, job.since, *marks)
