"""One job out of a service's answer."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.apis.jobs import listed_job, read_job, whole
from lambdas.apis.paths import path
from lambdas.model import Job, Progress
from lambdas.plan import Source
from lambdas.text import LONGEST_STATUS
from tests.rows import sources_of

WHEN = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STOPPING = {"lastStatus": "STOPPING", "stopCode": "EssentialContainerExited"}
STOPPED = {**STOPPING, "lastStatus": "STOPPED", "stoppedAt": WHEN}
BACKUPS = {"backup.backup-jobs": "BackupJobId", "backup.copy-jobs": "CopyJobId"}
ODD: dict[str, Any] = {
    "object": {"secret": "canary"},
    "list": ["canary"],
    "deep": json.loads('{"a":' * 200 + '"canary"' + "}" * 200),
    "number": 42,
    "fraction": 1.5,
    "true": True,
    "huge": 10**400,
    "infinite": math.inf,
    "not a number": math.nan,
    "nothing": None,
    "bytes": b"canary",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    names = ("pinpoint.import-jobs", "sesv2.import-jobs", "dataexchange.jobs")
    folder = tmp_path_factory.mktemp("plan")
    return sources_of(folder, *names, "ecs.tasks", "deadline.jobs", *BACKUPS)


def read(source: Source, answer: dict[str, Any]) -> Job:
    """Read a job that is one."""
    job = read_job(source, answer, NOW)
    assert job is not None
    return job


@pytest.mark.parametrize(
    ("source", "answer", "status"),
    [
        ("pinpoint.import-jobs", {"JobStatus": "COMPLETED"}, "SUCCEEDED"),
        ("pinpoint.import-jobs", {"JobStatus": "COMPLETED", "TotalFailures": 0}, "SUCCEEDED"),
        ("pinpoint.import-jobs", {"JobStatus": "COMPLETED", "TotalFailures": 3}, "PARTIAL"),
        ("pinpoint.import-jobs", {"JobStatus": "COMPLETED", "FailedPieces": 1}, "PARTIAL"),
        ("pinpoint.import-jobs", {"JobStatus": "FAILED", "FailedPieces": 1}, "FAILED"),
        ("pinpoint.import-jobs", {"JobStatus": "FAILING", "FailedPieces": 1}, "RUNNING"),
        ("dataexchange.jobs", {"State": "TIMED_OUT"}, "FAILED"),
        ("dataexchange.jobs", {"State": "brand new"}, "UNKNOWN"),
        ("dataexchange.jobs", {}, "UNKNOWN"),
    ],
)
def test_a_status_is_mapped_and_partial_success_is_its_own(
    sources: dict[str, Source], source: str, answer: dict[str, Any], status: str
) -> None:
    job = read(sources[source], {"Id": "j1", **answer})
    assert (job.status, job.raw_status) == (status, next(iter(answer.values()), None))


@pytest.mark.parametrize(
    ("answer", "codes", "status"),
    [
        (STOPPING, [0, None], ("STOPPING", "RUNNING")),
        (STOPPED, [0, 0], ("EssentialContainerExited", "SUCCEEDED")),
        (STOPPED, [0, 1], ("EssentialContainerExited", "PARTIAL")),
        (STOPPED, [0, None], ("EssentialContainerExited", "SUCCEEDED")),
    ],
)
def test_a_task_has_ended_once_it_stopped_and_not_as_soon_as_it_begins_to(
    sources: dict[str, Source],
    answer: dict[str, Any],
    codes: list[int | None],
    status: tuple[str, str],
) -> None:
    """Amid stopping, ECS gives the stop code before it has the other containers' exit codes."""
    containers = [{"exitCode": code} for code in codes]
    job = read(sources["ecs.tasks"], {"taskArn": "t1", **answer, "containers": containers})
    assert (job.raw_status, job.status) == status


@pytest.mark.parametrize(
    ("made", "tasks", "status"),
    [
        ("CREATE_FAILED", "PENDING", ("CREATE_FAILED", "FAILED")),
        ("UPLOAD_FAILED", None, ("UPLOAD_FAILED", "FAILED")),
        ("CREATE_IN_PROGRESS", None, ("CREATE_IN_PROGRESS", "PENDING")),
        ("UPDATE_FAILED", "RUNNING", ("RUNNING", "RUNNING")),
        ("ARCHIVED", "SUCCEEDED", ("SUCCEEDED", "SUCCEEDED")),
    ],
)
def test_a_job_that_could_not_be_made_has_failed_whatever_is_said_of_its_tasks(
    sources: dict[str, Source], made: str, tasks: str | None, status: tuple[str, str]
) -> None:
    answer = {"jobId": "j1", "lifecycleStatus": made, "taskRunStatus": tasks}
    job = read(sources["deadline.jobs"], answer)
    assert (job.raw_status, job.status) == status


@pytest.mark.parametrize("source", BACKUPS)
@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"MessageCategory": "SUCCESS"}, "SUCCEEDED", None),
        ({}, "SUCCEEDED", None),
        ({"MessageCategory": "SUCCESS", "StatusMessage": "done"}, "SUCCEEDED", "SUCCESS"),
        ({"StatusMessage": "done"}, "SUCCEEDED", None),
        ({"MessageCategory": "VSS", "StatusMessage": "VSS failed"}, "PARTIAL", "VSS"),
    ],
)
def test_a_backup_that_completed_with_issues_is_a_partial_success(
    sources: dict[str, Source], source: str, said: dict[str, str], status: str, code: str | None
) -> None:
    """AWS has no status for it, and nothing that counts: a category and a message say it."""
    answer = {BACKUPS[source]: "b1", "State": "COMPLETED", **said}
    assert read(sources[source], answer).status == status
    assert path(sources[source].failure["code"])(answer) == code


def test_an_end_is_read_of_ended_jobs_only(sources: dict[str, Source]) -> None:
    """Data Exchange has no end but the last update."""
    at = {"Id": "j1", "UpdatedAt": WHEN}
    running = read(sources["dataexchange.jobs"], {**at, "State": "IN_PROGRESS"})
    ended = read(sources["dataexchange.jobs"], {**at, "State": "ERROR"})
    assert (running.ended_at, ended.ended_at) == (None, WHEN)


@pytest.mark.parametrize("impossible", [0, "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_a_time_that_cannot_be_is_not_told(sources: dict[str, Source], impossible: Any) -> None:
    """E13: an end of 1970 made a job that had just failed older than the retention."""
    answer = {"Id": "j1", "State": "ERROR", "CreatedAt": WHEN, "UpdatedAt": impossible}
    ended = read(sources["dataexchange.jobs"], answer)
    assert (ended.created_at, ended.ended_at) == (WHEN, None)
    answer = {"Id": "j1", "State": "ERROR", "CreatedAt": impossible, "UpdatedAt": WHEN}
    created = read(sources["dataexchange.jobs"], answer)
    assert (created.created_at, created.ended_at) == (None, WHEN)


def test_an_end_before_the_creation_is_not_told(sources: dict[str, Source]) -> None:
    before = WHEN - timedelta(hours=1)
    answer = {"Id": "j1", "State": "ERROR", "CreatedAt": WHEN, "UpdatedAt": before}
    assert read(sources["dataexchange.jobs"], answer).ended_at is None


@pytest.mark.parametrize("job_id", [None, "", [], {"a": 1}, math.nan, math.inf])
def test_an_answer_without_an_id_is_no_job(sources: dict[str, Source], job_id: Any) -> None:
    answer = {"JobId": job_id, "JobStatus": "FAILED"}
    assert read_job(sources["sesv2.import-jobs"], answer, NOW) is None
    assert listed_job(sources["sesv2.import-jobs"], answer) is None


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_id_of_another_type_is_text_or_is_passed_over(
    sources: dict[str, Source], odd: Any
) -> None:
    job = read_job(sources["sesv2.import-jobs"], {"JobId": odd, "JobStatus": "CREATED"}, NOW)
    assert job is None or isinstance(job.id, str)


def test_an_id_stays_whole_for_calls_and_keys(sources: dict[str, Source]) -> None:
    """But for halves of characters: no UTF-8 can hold them, so neither a call nor a key can."""
    for job_id in ("a\x00b\nc\u202e", "half \ud83d"):
        job = read(sources["sesv2.import-jobs"], {"JobId": job_id})
        assert job.id == job_id.replace("\ud83d", "\ufffd")


def test_a_status_is_cut_and_cleaned_before_it_is_remembered(sources: dict[str, Source]) -> None:
    long = read(sources["sesv2.import-jobs"], {"JobId": "j", "JobStatus": "S" * 100_000})
    odd = read(sources["sesv2.import-jobs"], {"JobId": "j", "JobStatus": "a\nb"})
    assert len((long.raw_status or "").encode()) == LONGEST_STATUS
    assert odd.raw_status == "a\ufffdb"


def test_missing_and_odd_fields_are_tolerated(sources: dict[str, Source]) -> None:
    answer = {"JobId": "j1", "ProcessedRecordsCount": "many", "CreatedTimestamp": "soon"}
    job = read(sources["sesv2.import-jobs"], answer)
    assert (job.raw_status, job.progress.processed, job.created_at) == (None, None, None)


@pytest.mark.parametrize("count", [math.nan, math.inf, -math.inf, 10**400, 2**63, -1, True, "x"])
def test_a_count_that_cannot_be_is_not_told(sources: dict[str, Source], count: Any) -> None:
    """E12: NaN is no JSON; and no number in the table holds 400 digits."""
    answer = {"JobId": "j1", "JobStatus": "COMPLETED", "FailedRecordsCount": count}
    job = read(sources["sesv2.import-jobs"], answer)
    assert (job.status, job.progress) == ("SUCCEEDED", Progress())


def test_a_listed_job_is_read_on_to_the_whole_of_it(sources: dict[str, Source]) -> None:
    source, answer = sources["sesv2.import-jobs"], {"JobId": "j1", "ProcessedRecordsCount": 7}
    listed = listed_job(source, answer)
    assert listed is not None
    assert whole(source, listed, NOW) == read(source, answer)
