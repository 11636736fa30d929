"""Short ways to write the values that the tests speak of."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.apis.parameters import Mark
from lambdas.apis.paths import path
from lambdas.diff import Rules
from lambdas.model import JOB_STATUS_CHANGE, Change, Health, Job, Progress, Scope, StoredJob
from lambdas.plan import Get, Listing

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

READ = Health(version=3, began_at=NOW - 9 * DAY, read_at=NOW - HOUR)
"""A scope that has been read completely before."""
NEW = Health()
"""A scope that the table doesn't know yet."""

SCOPE = Scope("contact-imports", "sesv2.import-jobs", "111122223333", "eu-west-1")
SES_ANSWER = {
    "JobId": "8a4f",
    "JobStatus": "FAILED",
    "CreatedTimestamp": datetime(2026, 11, 22, 2, 0, tzinfo=UTC),
    "CompletedTimestamp": datetime(2026, 11, 22, 2, 14, 7, tzinfo=UTC),
    "ProcessedRecordsCount": 120000,
    "FailedRecordsCount": 12,
    "FailureInfo": {
        "ErrorMessage": "The file has a malformed row",
        "FailedRecordsS3Url": "https://bucket/key?X-Amz-Signature=canary",
    },
    "ImportDataSource": {"S3Url": "s3://bucket/contacts.csv", "DataFormat": "CSV"},
    "SomethingNew": "canary",
}
"""What SES says of an import in that scope; what is called a canary must not travel."""


def id_parameter(get: Get) -> str:
    """Name the parameter of a get operation that takes the job's id."""
    ids = ("{id}", {Mark.EACH: "{id}"})
    return next(name for name, value in get.parameters.items() if value in ids)


def since_of(listing: Listing, given: Mapping[str, Any]) -> Any:
    """Read since when jobs were created that a list is asked for, if at all."""
    return path(listing.since)(given)


def rules(**given: Any) -> Rules:
    """Rules with a retention of 30 days and a list that tells all, but for what is given."""
    usual: dict[str, Any] = {
        "now": NOW,
        "retention": 30 * DAY,
        "stalled_after": None,
        "max_duration": None,
        "get_completes": False,
        "list_tells_age": True,
        "tells_progress": True,
    }
    return Rules(**usual | given)


def job(status: str = "RUNNING", raw: str | None = None, job_id: str = "j1", **more: Any) -> Job:
    """A job as it was seen."""
    return Job(job_id, status if raw is None else raw, status, **more)


def stored(
    status: str = "RUNNING", raw: str | None = None, job_id: str = "j1", **more: Any
) -> StoredJob:
    """A job as the table remembers it."""
    usual = {"progress": Progress(), "version": 4, "moved_at": NOW - MINUTE}
    return StoredJob(job_id, status if raw is None else raw, status, **usual | more)


def changed(seen: Job, before: StoredJob | None = None) -> Change:
    """A change to what was seen of a job."""
    version = before.version + 1 if before else 1
    after = StoredJob(seen.id, seen.raw_status, seen.status, seen.progress, version, NOW)
    return Change(before, after, seen, JOB_STATUS_CHANGE)
