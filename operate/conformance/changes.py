"""Changes that are made by hand, as poll would store them: no job that fails is free of charge.

They are of a watch that is not in the plan, so that no poll takes them for its own.
"""

import json
from datetime import UTC, datetime
from typing import Any

from lambdas.model import JOB_STATUS_CHANGE, Progress, Scope, StoredJob
from lambdas.store.items import write_job
from lambdas.times import iso
from operate.conformance.trial import Trial

WATCH, SOURCE = "by-hand", "dynamodb.exports"
SILENT, RUNNING, FAILED = "stored-silently", "announced-while-running", "announced-as-failed"
_NOTHING = ("job_arn", "job_type", "job_name", "created_at", "ended_at", "duration_seconds")


def detail(trial: Trial, job: str, status: str, now: datetime) -> dict[str, Any]:
    """Give the detail of an event about a job that there never was."""
    return {
        "version": "1",
        "id": f"{trial.stack}-{job}",
        "watch": WATCH,
        "source": SOURCE,
        "account": trial.account,
        "region": trial.region,
        "parameters": {},
        "job_id": job,
        "status": status,
        "previous_status": None,
        "raw_status": status,
        "previous_raw_status": None,
        "terminal": status == "FAILED",
        "observed_at": iso(now),
        "progress": {"total": None, "processed": None, "failed": None},
        "failure": {"code": None, "message": None, "details": []},
        "details": {},
        "console_url": None,
        **dict.fromkeys(_NOTHING),
    }


def item(trial: Trial, job: str, status: str, *, announce: bool) -> dict[str, Any]:
    """Write the item of such a job."""
    now = datetime.now(UTC)
    stored = StoredJob(
        id=job,
        raw_status=status,
        status=status,
        progress=Progress(),
        version=1,
        moved_at=now,
        detail=json.dumps(detail(trial, job, status, now)),
    )
    scope = Scope(WATCH, SOURCE, trial.account, trial.region)
    return write_job(scope, stored, JOB_STATUS_CHANGE if announce else None)
