"""One job as the table remembers it, for people: plain values, which nothing else is decided by.

Names and texts in it are those of strangers: who shows them makes them legible first.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.history import Step, read_steps
from lambdas.model import StoredJob
from lambdas.store import items
from lambdas.times import read_time


@dataclass(frozen=True, slots=True)
class Remembered:
    """A job of a watch. `since` is when it ended, or else came to its status.

    `detail` is that of its last event, as in the contract of events, with `status`, `raw_status`,
    `terminal` and `progress` as they are now. `moved_at` is when it was last seen to change;
    `stalled`, `overrun` and `missing` are what is known beside its status. `history` has its steps,
    oldest first; none for a job that did not change since a version before wrote it.
    """

    watch: str
    job_id: str
    status: str
    since: datetime
    moved_at: datetime
    stalled: bool
    overrun: bool
    missing: bool
    detail: Mapping[str, Any]
    history: tuple[Step, ...]

    @property
    def name(self) -> str:
        """What a person calls the job: its name, or else its id."""
        return str(self.detail.get("job_name") or self.job_id)

    @property
    def seconds(self) -> int | None:
        """For how long it ran; None where that is not known, or it has not ended."""
        found = self.detail.get("duration_seconds")
        return found if isinstance(found, int) and self.detail["terminal"] else None


def read_remembered(item: Mapping[str, Any]) -> Remembered:
    """Read a job's whole item.

    :raises items.DAMAGED: where it can't be read.
    """
    job = items.read_job(item)
    at = read_time(item["at"]["S"].partition(" ")[0]) if "at" in item else None
    return Remembered(
        watch=item["pk"]["S"].rpartition("#")[0],
        job_id=job.id,
        status=job.status,
        since=at or (job.ended_at if job.terminal else None) or job.moved_at,
        moved_at=job.moved_at,
        stalled=job.stalled,
        overrun=job.overrun,
        missing=job.missing,
        detail=_brought_up(job),
        history=read_steps(job.history),
    )


def _brought_up(job: StoredJob) -> dict[str, Any]:
    progress = job.progress
    return {
        **json.loads(job.detail or "{}"),
        "status": job.status,
        "raw_status": job.raw_status,
        "terminal": job.terminal,
        "progress": {
            "total": progress.total,
            "processed": progress.processed,
            "failed": progress.failed,
        },
    }
