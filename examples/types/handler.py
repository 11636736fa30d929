"""A function behind a rule for ends of jobs, which reads its event by the generated types."""

from typing import Any

from job_status_change import JobStatusChange


def handler(event: dict[str, Any], _: object) -> str:
    """Say how a job ended; an event that is none of these is an error of pydantic's."""
    job = JobStatusChange.model_validate(event).detail
    if job.status in ("SUCCEEDED", "PARTIAL"):
        done, failed = job.progress.processed or 0, job.progress.failed or 0
        return f"{job.job_id}: {done} records, {failed} failed"
    return f"{job.job_id} is {job.status}: {job.failure.message or 'no reason given'}"
