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
from lambdas.text import one_line
from lambdas.times import read_time

_TEXTS = ("id", "source", "account", "region", "observed_at")
_UNTOLD: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, ""),
    **dict.fromkeys(("job_arn", "job_type", "job_name", "previous_status")),
    **dict.fromkeys(("previous_raw_status", "created_at", "ended_at")),
    **dict.fromkeys(("duration_seconds", "console_url")),
    "parameters": {},
    "failure": {"code": None, "message": None, "details": []},
    "details": {},
}
"""What a detail lacks that was never written: each reader finds every field."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A job of a watch; `since` is when it ended, or else came to its status.

    `job_id` is as events have it: without control characters and secrets.
    `detail` is that of its last event, as in the contract of events, with `status`, `raw_status`,
    `terminal` and `progress` as they are now. `moved_at` is when it was last seen to change;
    `stalled`, `overrun` and `missing` are what is known beside its status. `history` has its steps,
    oldest first; none for a job that did not change since a version before wrote it. `place` is
    where it stands in the index: the token of a list that begins behind it; None: it does not yet.
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
    place: str | None

    @property
    def name(self) -> str:
        """What a person calls the job: its name, or else its id."""
        return str(self.detail["job_name"] or self.job_id)

    @property
    def seconds(self) -> int | None:
        """For how long it ran; None where that is not known, or it has not ended."""
        found = self.detail["duration_seconds"]
        return found if isinstance(found, int) and self.detail["terminal"] else None


def read_remembered(item: Mapping[str, Any]) -> Remembered:
    """Read a job's whole item.

    :raises items.DAMAGED: where it can't be read.
    """
    job = items.read_job(item)
    watch = item["pk"]["S"].rpartition("#")[0]
    place = item["at"]["S"] if "at" in item else None
    at = read_time(place.partition(" ")[0]) if place else None
    return Remembered(
        watch=watch,
        job_id=one_line(job.id),
        status=job.status,
        since=at or (job.ended_at if job.terminal else None) or job.moved_at,
        moved_at=job.moved_at,
        stalled=job.stalled,
        overrun=job.overrun,
        missing=job.missing,
        detail=_brought_up(job, watch),
        history=read_steps(job.history),
        place=place,
    )


def _brought_up(job: StoredJob, watch: str) -> dict[str, Any]:
    progress = job.progress
    return {
        **_UNTOLD,
        "watch": watch,
        "job_id": one_line(job.id),
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
