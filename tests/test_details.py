"""The detail of an event, field by field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.apis.jobs import read_job
from lambdas.model import STATUS_CHANGE, Change, Health, Scope
from lambdas.plan import Source
from lambdas.poll.event import job_detail, scope_detail
from tests.stage import make_plan
from tests.values import NOW, known

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


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    folder = tmp_path_factory.mktemp("plan")
    names = (
        "pinpoint.segment-import-jobs",
        "sesv2.import-jobs",
        "dataexchange.jobs",
        "dynamodb.exports",
    )
    watches = {f"w{number}": {"source": name} for number, name in enumerate(names)}
    return dict(make_plan(folder, watches).sources)


def describe(source: Source, answer: dict[str, Any], scope: Scope = SCOPE) -> dict[str, Any]:
    job = read_job(source, answer)
    assert job is not None
    before = known("RUNNING", "PROCESSING", job_id=job.id)
    return job_detail(scope, source, Change(job.id, job, before, STATUS_CHANGE), NOW)


def test_a_failed_ses_import_reads_as_the_contract_says(sources: dict[str, Source]) -> None:
    detail = describe(sources["sesv2.import-jobs"], SES_ANSWER)
    assert len(detail.pop("id")) == 32
    assert detail == {
        "version": "1",
        "watch": "contact-imports",
        "source": "sesv2.import-jobs",
        "account": "111122223333",
        "region": "eu-west-1",
        "parameters": {},
        "job_id": "8a4f",
        "job_arn": None,
        "job_type": None,
        "status": "FAILED",
        "previous_status": "RUNNING",
        "raw_status": "FAILED",
        "previous_raw_status": "PROCESSING",
        "terminal": True,
        "created_at": "2026-11-22T02:00:00Z",
        "ended_at": "2026-11-22T02:14:07Z",
        "observed_at": "2026-11-22T12:00:00Z",
        "duration_seconds": 847,
        "progress": {"total": None, "processed": 120000, "failed": 12},
        "failure": {"code": None, "message": "The file has a malformed row", "details": []},
        "details": {"ImportDataSource": {"S3Url": "s3://bucket/contacts.csv", "DataFormat": "CSV"}},
        "console_url": "https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1",
    }


def test_what_a_row_does_not_name_does_not_travel(sources: dict[str, Source]) -> None:
    """P21: only the fields that a row lets through."""
    assert "canary" not in json.dumps(describe(sources["sesv2.import-jobs"], SES_ANSWER))


def test_fields_of_lists_and_the_first_error_are_told(sources: dict[str, Source]) -> None:
    detail = describe(
        sources["dataexchange.jobs"],
        {
            "Id": "j1",
            "Arn": "arn:aws:dataexchange:eu-west-1:111122223333:jobs/j1",
            "Type": "EXPORT_ASSETS_TO_S3",
            "State": "ERROR",
            "Errors": [
                {"Code": "ACCESS_DENIED_EXCEPTION", "Message": "no access to the bucket"},
                {"Code": "VALIDATION_EXCEPTION", "Message": "and more"},
            ],
            "Details": {
                "ExportAssetsToS3": {
                    "DataSetId": "d1",
                    "AssetDestinations": [{"Bucket": "b1", "Key": "k1"}, {"Bucket": "b2"}],
                },
                "ExportAssetToSignedUrl": {"SignedUrl": "https://canary", "AssetId": "a1"},
            },
        },
    )
    assert (detail["job_arn"], detail["job_type"]) == (
        "arn:aws:dataexchange:eu-west-1:111122223333:jobs/j1",
        "EXPORT_ASSETS_TO_S3",
    )
    assert detail["failure"]["code"] == "ACCESS_DENIED_EXCEPTION"
    assert detail["failure"]["message"] == "no access to the bucket"
    assert [error["Code"] for error in detail["failure"]["details"]] == [
        "ACCESS_DENIED_EXCEPTION",
        "VALIDATION_EXCEPTION",
    ]
    assert detail["details"]["Details"]["ExportAssetsToS3"] == {
        "DataSetId": "d1",
        "AssetDestinations": {"Bucket": ["b1", "b2"], "Key": ["k1"]},
    }
    assert "canary" not in json.dumps(detail)


def test_parents_stand_in_the_parameters_and_are_escaped_in_the_link(
    sources: dict[str, Source],
) -> None:
    scope = Scope(
        "segments",
        "pinpoint.segment-import-jobs",
        "111122223333",
        "us-gov-west-1",
        {"ApplicationId": "a/b c", "SegmentId": "s"},
    )
    source = sources["pinpoint.segment-import-jobs"]
    detail = describe(source, {"Id": "j", "JobStatus": "FAILED"}, scope)
    assert detail["parameters"] == {"ApplicationId": "a/b c", "SegmentId": "s"}
    assert "us-gov-west-1.console.amazonaws-us-gov.com" in detail["console_url"]
    assert "a%2Fb%20c" in detail["console_url"]


def test_every_field_is_there_though_the_answer_has_nothing(sources: dict[str, Source]) -> None:
    full = describe(sources["sesv2.import-jobs"], SES_ANSWER)
    bare = describe(sources["sesv2.import-jobs"], {"JobId": "j"})
    assert list(bare) == list(full)
    assert bare["failure"] == {"code": None, "message": None, "details": []}
    assert bare["raw_status"] is None


def test_an_endless_failure_text_is_cut(sources: dict[str, Source]) -> None:
    answer = SES_ANSWER | {"FailureInfo": {"ErrorMessage": "x" * 100_000}}
    detail = describe(sources["sesv2.import-jobs"], answer)
    assert len(detail["failure"]["message"]) == 2_000


def test_endless_failures_are_counted_out(sources: dict[str, Source]) -> None:
    errors = [{"Code": "X", "Message": "💥" * 5_000, "ResourceId": "y" * 9_000}] * 50
    detail = describe(sources["dataexchange.jobs"], {"Id": "j", "State": "ERROR", "Errors": errors})
    assert 0 < len(detail["failure"]["details"]) < 20
    assert len(json.dumps(detail)) < 40_000


def test_the_id_is_the_same_for_the_same_change_and_differs_for_every_other(
    sources: dict[str, Source],
) -> None:
    source = sources["sesv2.import-jobs"]
    job = read_job(source, SES_ANSWER)
    other = Scope("another", SCOPE.source, SCOPE.account, SCOPE.region)
    changes = [
        (SCOPE, Change("8a4f", job, known(version=4), STATUS_CHANGE)),
        (SCOPE, Change("8a4f", job, known(version=4), STATUS_CHANGE)),
        (SCOPE, Change("8a4f", job, known(version=5), STATUS_CHANGE)),
        (SCOPE, Change("8a4f", job, None, STATUS_CHANGE)),
        (other, Change("8a4f", job, known(version=4), STATUS_CHANGE)),
    ]
    ids = [job_detail(scope, source, change, NOW)["id"] for scope, change in changes]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


def test_a_lost_scope_is_described_as_the_contract_says() -> None:
    error = {"code": "Denied", "message": "GET https://h/?X-Amz-Signature=canary failed"}
    detail = scope_detail(SCOPE, Health(version=3, since=NOW), error, NOW)
    assert set(detail) == {
        "version",
        "id",
        "watch",
        "source",
        "account",
        "region",
        "parameters",
        "status",
        "error",
        "since",
        "observed_at",
    }
    assert detail["status"] == "UNREACHABLE"
    assert detail["error"] == {"code": "Denied", "message": "GET https://h/?[withheld] failed"}
