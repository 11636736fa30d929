"""The detail of an event, field by field."""

import json
import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.apis.jobs import read_job
from lambdas.model import (
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    NOT_FOUND,
    UNKNOWN,
    Change,
    Progress,
    Scope,
    StoredJob,
)
from lambdas.plan import Source
from lambdas.poll.event import job_detail, scope_detail
from lambdas.text import LARGEST_PART, LONGEST_LINK, LONGEST_TEXT, counted, size, write_json
from tests import records
from tests.rows import sources_of
from tests.values import NOW, SCOPE, SES_ANSWER, changed


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    names = (
        "pinpoint.segment-import-jobs",
        "sesv2.import-jobs",
        "dataexchange.jobs",
        "dynamodb.exports",
    )
    return sources_of(tmp_path_factory.mktemp("plan"), *names)


def stored(
    status: str = "RUNNING", raw: str | None = "PROCESSING", job_id: str = "8a4f", **more: Any
) -> StoredJob:
    """A job as the table remembers it."""
    usual = {"progress": Progress(), "version": 4, "moved_at": NOW - timedelta(minutes=1)}
    return StoredJob(job_id, raw, status, **usual | more)


def gone(before: StoredJob) -> Change:
    """A change to a job that the service no longer knows."""
    after = replace(before, status=UNKNOWN, raw_status=NOT_FOUND, version=before.version + 1)
    return Change(before, replace(after, detail=None), None, JOB_STATUS_CHANGE)


def describe(
    source: Source,
    answer: dict[str, Any],
    scope: Scope = SCOPE,
    console: str | None = "eu-west-1.console.aws.amazon.com",
) -> dict[str, Any]:
    job = read_job(source, answer, NOW)
    assert job is not None
    return job_detail(scope, source, changed(job, stored(job_id=job.id)), NOW, console)


def test_a_failed_ses_import_reads_as_the_contract_says(sources: dict[str, Source]) -> None:
    detail = describe(sources["sesv2.import-jobs"], SES_ANSWER)
    assert len(detail["id"]) == 32
    location = {"S3Url": "s3://bucket/contacts.csv", "DataFormat": "CSV"}
    assert detail == records.detail(
        id=detail["id"],
        observed_at="2026-11-22T12:00:00Z",
        details={"ImportDataSource": location},
    )


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
    host = "us-gov-west-1.console.amazonaws-us-gov.com"
    detail = describe(source, {"Id": "j", "JobStatus": "FAILED"}, scope, host)
    assert detail["parameters"] == {"ApplicationId": "a/b c", "SegmentId": "s"}
    assert detail["console_url"].startswith(f"https://{host}/pinpoint/")
    assert "a%2Fb%20c" in detail["console_url"]


def test_where_no_console_is_known_no_link_is_guessed(sources: dict[str, Source]) -> None:
    """A14."""
    detail = describe(sources["sesv2.import-jobs"], SES_ANSWER, console=None)
    assert detail["console_url"] is None


def test_every_field_is_there_though_the_answer_has_nothing(sources: dict[str, Source]) -> None:
    full = describe(sources["sesv2.import-jobs"], SES_ANSWER)
    bare = describe(sources["sesv2.import-jobs"], {"JobId": "j"})
    assert list(bare) == list(full)
    assert bare["failure"] == {"code": None, "message": None, "details": []}
    assert bare["raw_status"] is None


def test_a_persons_name_for_a_job_is_told_after_its_type(sources: dict[str, Source]) -> None:
    source = replace(sources["sesv2.import-jobs"], job_name="Import.Name")
    detail = describe(source, SES_ANSWER | {"Import": {"Name": "contacts\x00of\nMay"}})
    assert list(detail)[8:11] == ["job_arn", "job_type", "job_name"]
    assert detail["job_name"] == "contacts\ufffdof\ufffdMay"


def test_an_endless_failure_text_is_cut(sources: dict[str, Source]) -> None:
    for text in ("x" * 100_000, "漢" * 100_000):
        answer = SES_ANSWER | {"FailureInfo": {"ErrorMessage": text}}
        message = describe(sources["sesv2.import-jobs"], answer)["failure"]["message"]
        assert message.endswith("…")
        assert 1_990 < len(message.encode()) <= 2_000


def test_endless_failures_are_counted_before_they_are_cut(sources: dict[str, Source]) -> None:
    """P10: "(and 19 more)" was said of 100 errors."""
    source = sources["dataexchange.jobs"]
    for text in ("short", "💥" * 5_000):
        errors = [{"Code": "X", "Message": text, "ResourceId": text}] * 100
        detail = describe(source, {"Id": "j", "State": "ERROR", "Errors": errors})
        told = detail["failure"]["details"]
        assert 5 < len(told) <= 21
        assert told[-1] == f"… {101 - len(told)} more"
        assert counted(told) == 100
        assert size(told[:-1]) <= LARGEST_PART


def test_a_list_in_the_details_that_is_cut_says_how_many_more_there_were(
    sources: dict[str, Source],
) -> None:
    """P10: of 100 assets there were 20, without a mark."""
    assets = [{"Bucket": "b", "Key": f"k{number}"} for number in range(100)]
    details = {"ImportAssetsFromS3": {"AssetSources": assets, "DataSetId": "d1"}}
    detail = describe(sources["dataexchange.jobs"], {"Id": "j", "Details": details})
    told = detail["details"]["Details"]["ImportAssetsFromS3"]
    assert told["AssetSources"]["Key"] == [*(f"k{number}" for number in range(20)), "… 80 more"]
    assert told["DataSetId"] == "d1"


@pytest.mark.parametrize("length", [100, 300, 1_000])
def test_details_of_wide_characters_are_told_as_far_as_they_fit(
    sources: dict[str, Source], length: int
) -> None:
    """P10: 20 keys of Chinese characters made the details empty."""
    assets = [{"Bucket": "b", "Key": "漢" * length}] * 20
    details = {"ImportAssetsFromS3": {"AssetSources": assets, "DataSetId": "d1"}}
    detail = describe(sources["dataexchange.jobs"], {"Id": "j", "Details": details})
    keys = detail["details"]["Details"]["ImportAssetsFromS3"]["AssetSources"]["Key"]
    assert counted(keys) == 20
    assert len(keys) == 20 if length == 100 else 14 < len(keys) <= 21
    assert size(keys) <= LARGEST_PART + 20


def test_a_field_for_which_no_room_is_left_is_marked(sources: dict[str, Source]) -> None:
    full = {"Bucket": '"' * 1_000, "Key": "\\" * 1_000}
    details = {
        "ImportAssetsFromS3": {"AssetSources": [full] * 20},
        "ImportAssetFromSignedUrl": {"DataSetId": '"' * 1_000},
    }
    detail = describe(sources["dataexchange.jobs"], {"Id": "j", "Details": details})
    told = detail["details"]["Details"]
    assert told["ImportAssetFromSignedUrl"]["DataSetId"] == "…"
    assert told["ImportAssetsFromS3"]["AssetSources"]["Key"] == ["… 20 more"]


def test_no_event_comes_near_what_the_bus_and_the_topic_take(sources: dict[str, Source]) -> None:
    text = '"' * 100_000
    source = replace(
        sources["dataexchange.jobs"], job_name="Type", console="https://{console}/{job_id}"
    )
    asset = {"Bucket": text, "Key": text}
    answer = {
        **dict.fromkeys(("Id", "Arn", "Type", "State"), text),
        "Errors": [dict.fromkeys(("Code", "Message", "ResourceType", "ResourceId"), text)] * 50,
        "Details": {"ImportAssetsFromS3": {"AssetSources": [asset] * 50, "DataSetId": text}},
    }
    scope = replace(SCOPE, parameters={"ApplicationId": text, "SegmentId": text})
    assert size(describe(source, answer, scope)) < 64_000


def test_a_link_that_is_too_long_to_follow_is_left_out(sources: dict[str, Source]) -> None:
    source = replace(sources["sesv2.import-jobs"], console="https://{console}/{job_id}")
    assert describe(source, {"JobId": "j" * LONGEST_LINK})["console_url"] is None
    assert describe(source, {"JobId": "j" * 999})["console_url"].endswith("/" + "j" * 999)


ODD_IDS = {
    "a\x00b\x1b[2Jc": "a\ufffdb\ufffd[2Jc",
    "first\nsecond\r\tthird": "first\ufffdsecond\ufffd\ufffdthird",
    "gpj.\u202eexe": "gpj.\ufffdexe",
    "x" * 2_000: "x" * (LONGEST_TEXT - 3) + "…",
    "a/b//c?d=e;f 100%25 '\"<b>\\ {0}": "a/b//c?d=e;f 100%25 '\"<b>\\ {0}",
    "import-🚀-été-漢字": "import-🚀-été-漢字",
    "password=hunter2": "password=[withheld]",
}


@pytest.mark.parametrize(("job_id", "expected"), ODD_IDS.items())
def test_ids_names_and_types_are_cleaned_as_every_text_is(
    sources: dict[str, Source], job_id: str, expected: str
) -> None:
    """P12: control characters of an id reached mails."""
    source = sources["dataexchange.jobs"]
    scope = replace(SCOPE, parameters={"ApplicationId": job_id})
    answer = {"Id": job_id, "Arn": job_id, "Type": job_id, "Errors": [{"Code": job_id}]}
    detail = describe(replace(source, job_name="Type"), answer, scope)
    told = [detail[name] for name in ("job_id", "job_arn", "job_type", "job_name")]
    assert told == [expected] * 4
    assert detail["parameters"] == {"ApplicationId": expected}
    assert detail["failure"]["code"] == expected


def test_the_link_is_made_of_the_whole_id_but_for_secrets(sources: dict[str, Source]) -> None:
    source = replace(sources["sesv2.import-jobs"], console="https://{console}/{job_id}")
    assert describe(source, {"JobId": "a\nb"})["console_url"].endswith("/a%0Ab")
    assert "hunter2" not in describe(source, {"JobId": "password=hunter2"})["console_url"]


def test_two_ids_that_look_the_same_are_two_changes(sources: dict[str, Source]) -> None:
    source = sources["sesv2.import-jobs"]
    one, other = (describe(source, {"JobId": job_id}) for job_id in ("a\x00", "a\x01"))
    assert one["job_id"] == other["job_id"]
    assert one["id"] != other["id"]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**40])
def test_an_event_is_json_whatever_numbers_a_service_answers(
    sources: dict[str, Source], number: Any
) -> None:
    """E12: EventBridge refuses NaN for good, and all behind it in the shard waited."""
    source = sources["dataexchange.jobs"]
    source = replace(source, failure={**source.failure, "code": "Code"}, job_name="Code")
    answer = {
        "Id": "j1",
        "Code": number,
        "Type": number,
        "Errors": [{"Code": number, "Message": number}, number],
        "Details": {"ImportAssetsFromS3": {"DataSetId": number, "AssetSources": [{"Key": number}]}},
    }
    text = write_json(describe(source, answer))
    assert json.loads(text, parse_constant=pytest.fail)["job_id"] == "j1"
    assert "None" not in text
    detail = describe(sources["sesv2.import-jobs"], SES_ANSWER | {"FailedRecordsCount": number})
    assert detail["progress"]["failed"] is None


def test_a_job_that_is_gone_is_told_as_it_was_last_told_but_as_far_as_it_last_was(
    sources: dict[str, Source],
) -> None:
    """Its progress moves without an event, and so without a new detail."""
    source = sources["sesv2.import-jobs"]
    running = describe(source, SES_ANSWER | {"JobStatus": "PROCESSING"})
    last = {**running, "job_name": "contacts", "job_type": "t", "job_arn": "arn"}
    progress = Progress(total=9, processed=5)
    detail = job_detail(
        SCOPE, source, gone(stored(progress=progress, detail=json.dumps(last))), NOW, None
    )
    assert (detail["status"], detail["raw_status"], detail["terminal"]) == (
        UNKNOWN,
        NOT_FOUND,
        True,
    )
    assert (detail["previous_status"], detail["previous_raw_status"]) == ("RUNNING", "PROCESSING")
    for name in ("job_arn", "job_type", "job_name", "created_at", "details"):
        assert detail[name] == last[name]
    assert detail["progress"] == {"total": 9, "processed": 5, "failed": None}
    assert detail["failure"] == {"code": None, "message": None, "details": []}
    assert (detail["ended_at"], detail["duration_seconds"]) == (None, None)


def test_a_job_that_is_gone_is_told_though_nothing_was_told_of_it(
    sources: dict[str, Source],
) -> None:
    source = sources["sesv2.import-jobs"]
    detail = job_detail(SCOPE, source, gone(stored(detail=None)), NOW, None)
    assert list(detail) == list(describe(source, SES_ANSWER))
    assert (detail["job_id"], detail["created_at"], detail["details"]) == ("8a4f", None, {})


def test_a_stalled_job_is_told_in_its_status(sources: dict[str, Source]) -> None:
    source = sources["sesv2.import-jobs"]
    job = read_job(source, SES_ANSWER | {"JobStatus": "PROCESSING"}, NOW)
    assert job is not None
    change = replace(changed(job, stored()), announce=JOB_STALLED)
    detail = job_detail(SCOPE, source, change, NOW, None)
    assert (detail["status"], detail["previous_status"]) == ("RUNNING", "RUNNING")
    assert not detail["terminal"]


def test_the_id_is_the_same_for_the_same_change_and_differs_for_every_other(
    sources: dict[str, Source],
) -> None:
    source = sources["sesv2.import-jobs"]
    job = read_job(source, SES_ANSWER, NOW)
    assert job is not None
    other = Scope("another", SCOPE.source, SCOPE.account, SCOPE.region)
    changes = [
        (SCOPE, changed(job, stored(version=4))),
        (SCOPE, changed(job, stored(version=4))),
        (SCOPE, changed(job, stored(version=5))),
        (SCOPE, changed(job)),
        (other, changed(job, stored(version=4))),
    ]
    ids = [job_detail(scope, source, change, NOW, None)["id"] for scope, change in changes]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


def test_a_lost_scope_is_described_as_the_contract_says() -> None:
    error = {"code": "Denied", "message": "GET https://h/?X-Amz-Signature=canary failed"}
    began = NOW - timedelta(minutes=3)
    detail = scope_detail(SCOPE, 3, error, began, NOW)
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
    assert (detail["since"], detail["observed_at"]) == (
        "2026-11-22T11:57:00Z",
        "2026-11-22T12:00:00Z",
    )


def test_a_scope_that_came_back_has_no_error_and_an_id_of_its_own() -> None:
    lost = scope_detail(SCOPE, 3, {"code": "Denied", "message": "no"}, NOW, NOW)
    back = scope_detail(SCOPE, 4, None, NOW, NOW)
    assert (back["status"], back["error"], back["since"]) == ("OK", None, lost["since"])
    assert list(back) == list(lost)
    assert back["id"] != lost["id"]
