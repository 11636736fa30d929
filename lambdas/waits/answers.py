"""What a wait is answered: one pure decision of what the table has of its job, and the time."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lambdas.model import NOT_FOUND, PARTIAL, SUCCEEDED, TERMINAL, StoredJob
from lambdas.waits.wait import FAILED_PREFIX, GAVE_UP, RefusedError, Wait

UNASKED = "it is not known why: the job had ended before it was first looked at"


@dataclass(frozen=True, slots=True)
class Success:
    """The task succeeds with an output, which is JSON: the event's detail."""

    output: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The task fails with an error, on which its state machine may decide, and a cause in words."""

    error: str
    cause: str


Answer = Success | Failure


class Tell(Protocol):
    """Tells waiters of one kind: see `tasks.Tasks`."""

    def tell(self, token: str, answer: Answer | None) -> bool:
        """Tell how it ended, None: that it goes on; tell whether it was still waited for."""
        ...


def answer_of(wait: Wait, jobs: Collection[StoredJob], now: datetime) -> Answer | None:
    """Decide on the job as the watches remember it that see it; None: it is waited for."""
    end = _end_of(jobs)
    if end is not None:
        return _end(wait, end)
    if now < (wait.until if is_followed(jobs) else wait.unseen_until):
        return None
    waited = f"after {(now - wait.since).total_seconds():.0f} seconds"
    return Failure(GAVE_UP, f"the job has not ended {waited}: {_seen(jobs)}")


def is_followed(jobs: Collection[StoredJob]) -> bool:
    """Tell whether a watch follows the job: one that is closed has none that would see its end."""
    return any(job.is_open for job in jobs)


def _seen(jobs: Collection[StoredJob]) -> str:
    seen = next((f"it was last seen {job.status}" for job in jobs), "no poll sees it")
    return seen if is_followed(jobs) or not jobs else f"{seen}, and is followed no more"


def _end_of(jobs: Collection[StoredJob]) -> StoredJob | None:
    """Give the end that counts: of the run that was seen last, should an id stand for several.

    That one of the watches does not find it any more counts only where no other one saw how it
    ended, or still follows it.
    """
    followed = [job.moved_at for job in jobs if job.is_open]
    ends = [job for job in jobs if job.status in TERMINAL]
    if not ends and not followed:
        ends = [job for job in jobs if job.terminal]
    last = max(ends, key=lambda job: job.moved_at, default=None)
    return None if last is None or last.moved_at < max(followed, default=last.moved_at) else last


def refusal(error: RefusedError) -> Failure:
    """Give the answer to a wait that cannot come to an end."""
    return Failure(error.error, str(error))


def _end(wait: Wait, job: StoredJob) -> Answer:
    if job.status == SUCCEEDED or (job.status == PARTIAL and not wait.partial_fails):
        return Success(job.detail or "{}")
    status = job.status if job.status in TERMINAL else NOT_FOUND
    return Failure(f"{FAILED_PREFIX}{status}", _cause(job, status))


def _cause(job: StoredJob, status: str) -> str:
    """Give the failure's message, or its code; a service may say neither.

    Of what had ended before the first look, only what the list tells is known.
    """
    failure = json.loads(job.detail or "{}").get("failure") or {}
    if status == NOT_FOUND:
        return "the job is gone: two polls in a row did not find it"
    unsaid = "the service does not say why" if job.announced else UNASKED
    return failure.get("message") or failure.get("code") or unsaid
