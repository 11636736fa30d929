"""One job out of a service's answer."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.apis.jobs import read_job, read_time
from lambdas.plan import Source
from tests.stage import make_plan

WHEN = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    folder = tmp_path_factory.mktemp("plan")
    names = ("pinpoint.import-jobs", "sesv2.import-jobs", "dataexchange.jobs")
    watches = {f"w{number}": {"source": name} for number, name in enumerate(names)}
    return dict(make_plan(folder, watches).sources)


@pytest.mark.parametrize(
    "value",
    [
        WHEN,
        WHEN.replace(tzinfo=None),
        "2026-11-22T02:00:00Z",
        "2026-11-22T02:00:00.000Z",
        "2026-11-22T03:00:00+01:00",
        WHEN.timestamp(),
        int(WHEN.timestamp() * 1000),
    ],
)
def test_times_are_read_however_a_service_writes_them(value: Any) -> None:
    assert read_time(value) == WHEN


@pytest.mark.parametrize("value", [None, "", "yesterday", True, [], 1e300, float("nan")])
def test_what_is_no_time_is_none(value: Any) -> None:
    assert read_time(value) is None


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
    job = read_job(sources[source], {"Id": "j1", **answer})
    assert job is not None
    assert (job.status, job.raw_status) == (status, next(iter(answer.values()), None))


def test_an_end_is_read_of_ended_jobs_only(sources: dict[str, Source]) -> None:
    """Data Exchange has no end but the last update."""
    at = {"Id": "j1", "UpdatedAt": WHEN}
    running = read_job(sources["dataexchange.jobs"], {**at, "State": "IN_PROGRESS"})
    ended = read_job(sources["dataexchange.jobs"], {**at, "State": "ERROR"})
    assert running is not None
    assert ended is not None
    assert (running.ended_at, ended.ended_at) == (None, WHEN)


def test_an_answer_without_an_id_is_no_job(sources: dict[str, Source]) -> None:
    assert read_job(sources["sesv2.import-jobs"], {"JobStatus": "FAILED"}) is None


def test_missing_and_odd_fields_are_tolerated(sources: dict[str, Source]) -> None:
    answer = {"JobId": "j1", "ProcessedRecordsCount": "many", "CreatedTimestamp": "soon"}
    job = read_job(sources["sesv2.import-jobs"], answer)
    assert job is not None
    assert (job.raw_status, job.progress.processed, job.created_at) == (None, None, None)
