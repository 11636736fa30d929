"""How an alert reads: in an inbox, in a queue, and to a subscription's filter."""

import json
from typing import Any

import pytest

from lambdas.alert.wording import alert_attributes, alert_entry, body, is_alert, subject
from lambdas.model import RECOVERED, STALLED, STATUS_CHANGE, UNREACHABLE

ON = frozenset({"FAILED", "PARTIAL"})
LABEL = "SES import job"


def detail(**given: Any) -> dict[str, Any]:
    return {
        "version": "1",
        "id": "6d0c",
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
        "observed_at": "2026-11-22T02:14:31Z",
        "duration_seconds": 847,
        "progress": {"total": None, "processed": 120000, "failed": 12},
        "failure": {"code": None, "message": "The file has a malformed row", "details": []},
        "details": {"ImportDataSource": {"S3Url": "s3://bucket/contacts.csv"}},
        "console_url": "https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1",
    } | given


LOST = {
    **{name: detail()[name] for name in ("version", "id", "watch", "source", "account", "region")},
    "parameters": {},
    "status": "UNREACHABLE",
    "error": {"code": "AccessDeniedException", "message": "not allowed"},
    "since": "2026-11-22T02:00:00Z",
    "observed_at": "2026-11-22T02:02:00Z",
}


@pytest.mark.parametrize(
    ("announce", "about", "expected"),
    [
        (STATUS_CHANGE, detail(), True),
        (STATUS_CHANGE, detail(status="PARTIAL"), True),
        (STATUS_CHANGE, detail(status="SUCCEEDED"), False),
        (STATUS_CHANGE, detail(status="CANCELLED"), False),
        (STATUS_CHANGE, detail(previous_status=None), True),
        (STATUS_CHANGE, detail(previous_status="FAILED", previous_raw_status="ERROR"), False),
        (STALLED, detail(status="RUNNING"), True),
        (UNREACHABLE, LOST, True),
        (RECOVERED, LOST | {"status": "OK"}, False),
    ],
    ids=[
        "failed",
        "partial",
        "succeeded",
        "cancelled",
        "first seen failed",
        "failed before",
        "stalled",
        "unreachable",
        "recovered",
    ],
)
def test_only_what_asks_for_someone_is_an_alert(
    announce: str, about: dict[str, Any], expected: bool
) -> None:
    assert is_alert(announce, about, ON) is expected


def test_an_inbox_text_tells_what_where_when_how_long_how_far_why_and_a_link() -> None:
    assert body("FAILED", LABEL, [detail()]) == (
        "FAILED: SES import job 8a4f\n"
        "\n"
        "What     SES import job 8a4f\n"
        "Status   FAILED (the service says FAILED), before: RUNNING\n"
        "Where    account 111122223333, eu-west-1 (watch contact-imports)\n"
        "When     created 2026-11-22 02:00:00, ended 2026-11-22 02:14:07, "
        "seen 2026-11-22 02:14:31 UTC\n"
        "Took     14 min 7 s\n"
        "How far  120,000 processed, 12 failed\n"
        "Why      The file has a malformed row\n"
        "About    S3Url s3://bucket/contacts.csv\n"
        "Link     https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1\n"
    )


def test_a_subject_names_status_job_and_watch() -> None:
    assert subject("FAILED", LABEL, [detail()]) == "FAILED: SES import job 8a4f (contact-imports)"


@pytest.mark.parametrize("job_id", ["x" * 1000, "a\nb\x00c", "💥" * 300, "é"])
def test_a_subject_is_short_printable_ascii_whatever_the_id(job_id: str) -> None:
    text = subject("UNREACHABLE", "x" * 200, [detail(job_id=job_id, watch="w" * 48)])
    text += subject("FAILED", LABEL, [detail(job_id=job_id, watch="w" * 48)])
    assert len(text) < 200
    assert all(" " <= c <= "~" for c in text)
    assert subject("FAILED", LABEL, [detail(job_id=job_id, watch="w")]).endswith("(w)")


def test_a_lost_watch_reads_as_what_cannot_be_noticed() -> None:
    assert subject("UNREACHABLE", LABEL, [LOST]) == (
        "UNREACHABLE: SES import jobs in 111122223333 eu-west-1 (contact-imports)"
    )
    text = body("UNREACHABLE", LABEL, [LOST])
    assert "AccessDeniedException: not allowed" in text
    assert "since 2026-11-22 02:00:00 UTC" in text


def test_a_message_carries_text_for_people_and_json_for_machines() -> None:
    attributes = alert_attributes(STATUS_CHANGE, detail())
    entry = alert_entry("0", attributes, LABEL, [detail()])
    message = json.loads(entry["Message"])
    assert set(message) == {"default", "sqs", "lambda", "http", "https", "firehose"}
    assert message["default"] == body("FAILED", LABEL, [detail()])
    assert json.loads(message["sqs"]) == {
        "source": "jobwatch",
        "detail-type": "Job Alert",
        "detail": {"count": 1, "alerts": [detail()]},
    }


def test_attributes_are_single_strings_to_filter_by() -> None:
    entry = alert_entry("0", alert_attributes(STALLED, detail(status="RUNNING")), LABEL, [detail()])
    assert entry["MessageAttributes"] == {
        name: {"DataType": "String", "StringValue": value}
        for name, value in {
            "watch": "contact-imports",
            "source": "sesv2.import-jobs",
            "account": "111122223333",
            "region": "eu-west-1",
            "status": "STALLED",
        }.items()
    }


def test_many_alerts_are_one_message_that_lists_what_fits_and_counts_all() -> None:
    nasty = detail(failure={"code": None, "message": '"\\' * 1000, "details": []})
    many = [nasty | {"job_id": f"job-{number}"} for number in range(500)]
    entry = alert_entry("0", alert_attributes(STATUS_CHANGE, many[0]), LABEL, many)
    assert len(entry["Message"].encode()) < 262_144
    assert entry["Subject"] == "FAILED: 500 SES import jobs (contact-imports)"
    message = json.loads(entry["Message"])
    listed = json.loads(message["lambda"])["detail"]
    assert listed["count"] == 500
    assert 0 < len(listed["alerts"]) < 500
    assert "and 480 more" in message["default"]


def test_one_huge_alert_still_fits() -> None:
    wide = {f"field-{n}": "é\\" * 500 for n in range(5)}
    huge = detail(
        failure={"code": "x" * 1000, "message": '"' * 2000, "details": ["\\" * 1000] * 20},
        details=wide,
        job_id="💥" * 1000,
    )
    entry = alert_entry("0", alert_attributes(STATUS_CHANGE, huge), LABEL, [huge])
    assert len(entry["Message"].encode()) < 262_144
