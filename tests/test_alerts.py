"""How an alert reads: in an inbox, in a queue, and to a subscription's filter."""

import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from lambdas.alert import message
from lambdas.alert.alerter import Alerter
from lambdas.alert.outlets import OF_TOPIC
from lambdas.alert.resolved import resolved_body, resolved_title
from lambdas.alert.status import alert_attributes, is_alert
from lambdas.alert.wording import body, open_title
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    RUN_ARRIVED,
    RUN_MISSING,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.plan import Policy
from tests.records import (
    FOR_EVER,
    LABELS,
    TABLE,
    Clock,
    Topic,
    change,
    detail,
    down,
    missing,
    refused,
    stream_record,
    unreachable,
)
from tests.remembered import memory

ON = frozenset({"FAILED", "PARTIAL"})
LABEL = "SES import job"
BYTES_OF_SNS = 262_144


@pytest.mark.parametrize(
    ("announce", "about", "expected"),
    [
        (JOB_STATUS_CHANGE, detail(), True),
        (JOB_STATUS_CHANGE, detail(status="PARTIAL"), True),
        (JOB_STATUS_CHANGE, detail(status="SUCCEEDED"), False),
        (JOB_STATUS_CHANGE, detail(status="CANCELLED"), False),
        (JOB_STATUS_CHANGE, detail(previous_status=None), True),
        (JOB_STATUS_CHANGE, detail(previous_status="FAILED", previous_raw_status="ERROR"), False),
        (JOB_STATUS_CHANGE, detail(previous_status="FAILED", previous_raw_status="FAILED"), True),
        (JOB_STALLED, detail(status="RUNNING"), True),
        (JOB_OVERRUNNING, detail(status="RUNNING"), True),
        (WATCH_UNREACHABLE, unreachable(), True),
        (WATCH_RECOVERED, unreachable(status="OK"), False),
        (RUN_MISSING, missing(), True),
        (RUN_ARRIVED, missing(status="OK"), False),
    ],
    ids=[
        "failed",
        "partial",
        "succeeded",
        "cancelled",
        "first seen failed",
        "failed before in other words",
        "failed once more",
        "stalled",
        "overrunning",
        "unreachable",
        "recovered",
        "missing",
        "arrived",
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
        "Status   FAILED, before: RUNNING\n"
        "Where    account 111122223333, eu-west-1 (watch contact-imports)\n"
        "When     created 2026-11-22 02:00:00, ended 02:14:07, seen 02:14:31 UTC\n"
        "Took     14 min 7 s\n"
        "How far  120,000 processed, 12 failed\n"
        "Why      The file has a malformed row\n"
        "About    import source S3Url s3://bucket/contacts.csv\n"
        "Link     https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1\n"
    )


def test_a_subject_names_status_job_and_watch() -> None:
    assert (
        open_title("FAILED", LABEL, [detail()]) == "FAILED: SES import job 8a4f (contact-imports)"
    )


def test_a_subject_has_room_for_that_of_an_arn_in_which_jobs_differ() -> None:
    arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/export/0158-ab12"
    assert open_title("FAILED", "DynamoDB export", [detail(job_id=arn)]) == (
        "FAILED: DynamoDB export table/orders/export/0158-ab12 (contact-imports)"
    )


@pytest.mark.parametrize("job_id", ["x" * 1000, "a\nb\x00c", "💥" * 300, "é"])
def test_a_subject_is_short_printable_ascii_whatever_the_id(job_id: str) -> None:
    about = [detail(job_id=job_id, watch="w" * 48)]
    for title in (open_title("UNREACHABLE", "x" * 200, about), open_title("FAILED", LABEL, about)):
        subject = message.entry({}, title, "", [], 1)["Subject"]
        assert len(subject) < 100
        assert all(" " <= c <= "~" for c in subject)
    assert open_title("FAILED", LABEL, [detail(job_id=job_id, watch="w")]).endswith("(w)")


def test_a_job_that_is_gone_is_not_said_to_be_something_that_a_service_says() -> None:
    told = body("UNKNOWN", LABEL, [detail(status="UNKNOWN", raw_status="NOT_FOUND")])
    assert "Status   UNKNOWN (the service has it no more), before: RUNNING\n" in told


@pytest.mark.parametrize(
    ("parameters", "title"),
    [
        ({"JobName": "prod-orders"}, "jobs of prod-orders in 111122223333 eu-west-1"),
        (
            {"jobQueue": "arn:aws:batch:eu-west-1:111122223333:job-queue/settle"},
            "jobs of job-queue/settle in 111122223333 eu-west-1",
        ),
        ({"A": "a1", "S": "s" * 80}, f"jobs of a1, {'s' * 41}... in 111122223333 eu-west-1"),
    ],
)
def test_a_title_says_which_of_many_places_can_not_be_read(
    parameters: dict[str, str], title: str
) -> None:
    """All others may be all right: `Glue job runs` alone says that none can be read."""
    told = unreachable(parameters=parameters, watch="w")
    assert open_title("UNREACHABLE", "job", [told]) == f"UNREACHABLE: {title} (w)"
    over = resolved_title("job", [told], ["UNREACHABLE"])
    assert over.startswith("RESOLVED: jobs of ")
    assert over.endswith(" in 111122223333 eu-west-1 can be read (w)")


def test_a_title_has_a_bound_whatever_it_ends_with() -> None:
    told = unreachable(parameters={"J": "x" * 90}, watch="w" * 48, account=f"1 ({'n' * 60})")
    assert len(open_title("UNREACHABLE", "x" * 200, [told])) == 99
    assert len(resolved_title("x" * 200, [told], ["UNREACHABLE"])) == 99


def test_an_error_without_a_text_is_its_code() -> None:
    told = body("UNREACHABLE", LABEL, [unreachable(error={"code": "ReadTimeout", "message": ""})])
    assert "Why      ReadTimeout\n" in told


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("Kundenänderungen", "Kundenanderungen"),
        ("Kundena\u0308nderungen", "Kundenanderungen"),
        ("月次レポート", "??????"),
    ],
)
def test_a_title_has_the_name_as_it_is_and_a_subject_what_ascii_has_of_it(
    name: str, subject: str
) -> None:
    """SNS takes ASCII alone; a chat, a pager and a program take what people call the job."""
    title = open_title("FAILED", LABEL, [detail(job_name=name, watch="w")])
    assert title == f"FAILED: SES import job {name} (w)"
    assert message.entry({}, title, "", [], 1)["Subject"] == f"FAILED: SES import job {subject} (w)"


def test_a_lost_watch_reads_as_what_cannot_be_noticed() -> None:
    assert open_title("UNREACHABLE", LABEL, [unreachable()]) == (
        "UNREACHABLE: SES import jobs in 111122223333 eu-west-1 (contact-imports)"
    )
    text = body("UNREACHABLE", LABEL, [unreachable()])
    assert "AccessDeniedException: not allowed" in text
    assert "since 2026-11-22 02:00:00 UTC" in text


def test_a_missing_run_reads_as_what_was_expected_and_by_when() -> None:
    assert open_title("MISSING", LABEL, [missing()]) == (
        "MISSING: no SES import job succeeded by 2026-11-22 02:30:00 UTC (contact-imports)"
    )
    assert body("MISSING", LABEL, [missing()]) == (
        "MISSING: no SES import job of the watch contact-imports succeeded in time\n"
        "\n"
        "What     SES import job that was to succeed at 0 2 * * * (Europe/Berlin), "
        "within 1 h 30 min\n"
        "Where    account 111122223333, eu-west-1 (watch contact-imports)\n"
        "When     due 2026-11-22 02:30:00 UTC\n"
        "Last     succeeded 2026-11-21 01:12:31 UTC\n"
    )


def test_a_missing_run_without_a_cron_was_to_come_each_so_often() -> None:
    expected = {"at": None, "zone": "UTC", "within_seconds": 93_600}
    text = body("MISSING", LABEL, [missing(expected=expected, last_success_at=None)])
    assert "that was to succeed each 1 d 2 h\n" in text
    assert "Last     none was seen to succeed\n" in text


def test_what_is_missing_of_several_sources_is_a_job_of_one_of_them() -> None:
    several = "comprehend.key-phrases-detection-jobs, comprehend.pii-entities-detection-jobs"
    told = missing(source=several)
    assert open_title("MISSING", several, [told]).startswith(
        "MISSING: no job succeeded by 2026-11-22"
    )
    assert f"What     job of {several} that was to succeed" in body("MISSING", several, [told])


def test_two_missing_runs_in_one_message_are_counted_as_runs() -> None:
    assert body("MISSING", LABEL, [missing(), missing()]).startswith("2 runs: MISSING\n")


def test_a_missing_run_is_filtered_by_its_status() -> None:
    attributes = entry([missing()], RUN_MISSING)["MessageAttributes"]
    assert attributes["status"] == {"DataType": "String", "StringValue": "MISSING"}


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        (["e"], "why"),
        (["e"] * 3, "why (and 2 more)"),
        ([*["e"] * 19, "… 81 more"], "why (and 99 more)"),
        (["e", "… 1200 more"], "why (and 1,200 more)"),
        (["e"] * 20, "why (and at least 19 more)"),
        ([*["e"] * 3, "… and so on, 5 more"], "why (and 3 more)"),
    ],
    ids=["one", "a few", "cut", "cut short", "perhaps cut, unmarked", "a text like a mark"],
)
def test_the_number_of_errors_is_true(errors: list[Any], said: str) -> None:
    """P10: of 100 errors, an event carries 20."""
    failure = {"code": None, "message": "why", "details": errors}
    assert f"Why      {said}\n" in body("FAILED", LABEL, [detail(failure=failure)])


@pytest.mark.parametrize("name", ["job_id", "job_type", "console_url"])
def test_no_control_character_reaches_an_inbox(name: str) -> None:
    """P12: an id came as it was."""
    text = body("FAILED", LABEL, [detail(**{name: "a\x1b[2J\x00b\u202ec\x9b\r\nd"})])
    assert not [c for c in text if c != "\n" and not c.isprintable()]
    assert "a\ufffd[2J\ufffdb\ufffdc\ufffd d" in text


def test_in_an_inbox_our_link_is_one_and_a_strangers_is_not() -> None:
    """S14: mails and chats make links of what looks like one."""
    bad = "https://evil.example/reset now"
    told = detail(
        job_id=f"{bad} of",
        job_type=bad,
        job_name=bad,
        failure={"code": bad, "message": f"Expired\u202e, www.evil.example: {bad}", "details": []},
        details={"S3Url": "s3://bucket/a.csv", "Note": f"{bad} too"},
        parameters={"Id": bad},
    )
    lost = unreachable(error={"code": "Denied", "message": f"see {bad}"}, parameters={"Id": bad})
    text = body("FAILED", LABEL, [told]) + body("UNREACHABLE", LABEL, [lost])
    links = [line for line in text.splitlines() if "http" in line or "www." in line]
    assert links == ["Link     https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1"]
    assert text.count("hxxps://evil[.]example/reset") == len(
        ["title", "what", "kind", "id", "where", "code", "message", "about", "where", "why"]
    )
    assert "S3Url s3://bucket/a.csv" in text
    assert "http" not in open_title("FAILED", LABEL, [told])


def test_what_nobody_sees_reaches_no_inbox_and_machines_get_it_whole() -> None:
    odd = "a\u200db\U000e0041c\ufe0fd\u2028e\ue000f"
    told = json.loads(entry([detail(job_name=odd)])["Message"])
    assert f"What     {LABEL} a\ufffdb\ufffdc\ufffdd e\ufffdf\n" in told["default"]
    assert json.loads(told["sqs"])["detail"]["alerts"][0]["job_name"] == odd


def test_a_secret_in_an_id_reaches_no_inbox() -> None:
    told = detail(job_id="job?X-Amz-Signature=0a1b2c3d", console_url=None)
    for text in (body("FAILED", LABEL, [told]), open_title("FAILED", LABEL, [told])):
        assert "0a1b2c3d" not in text


@pytest.mark.parametrize(
    ("job_id", "details", "called"),
    [
        ("8" * 32, {"ImportDataSource": {"S3Url": "s3://crm/may/contacts.csv"}}, "contacts.csv"),
        ("8" * 32, {"InputDataConfig": {"S3Uri": "s3://texts/may/"}}, "8" * 32),
        ("8" * 32, {"OutputDataConfig": {"S3Uri": "s3://texts/may.csv"}}, "8" * 32),
        ("8" * 32, {"Input": {"A": "s3://crm/a.csv", "B": "s3://crm/b.csv"}}, "8" * 32),
        ("8a4f", {"ImportDataSource": {"S3Url": "s3://crm/may/contacts.csv"}}, "8a4f"),
        ("arn:aws:x:::table/orders", {"Source": {"Url": "s3://crm/a.csv"}}, "table/orders"),
    ],
    ids=["a file", "a folder", "what is written", "two files", "a short id", "an ARN"],
)
def test_a_job_without_a_name_is_called_by_the_shortest_that_tells_it_apart(
    job_id: str, details: Any, called: str
) -> None:
    told = detail(job_id=job_id, details=details)
    assert open_title("FAILED", LABEL, [told]) == f"FAILED: {LABEL} {called} (contact-imports)"
    assert (f"\nId       {job_id}\n" in body("FAILED", LABEL, [told])) is (called != job_id)


def test_days_are_said_once_and_durations_by_their_two_largest_units() -> None:
    told = detail(ended_at="2026-11-23T03:04:05Z", observed_at="2026-11-23T03:04:31Z")
    text = body("FAILED", LABEL, [told | {"duration_seconds": 90_245}])
    assert "ended 2026-11-23 03:04:05, seen 03:04:31 UTC\n" in text
    assert "\nTook     1 d 1 h\n" in text
    for seconds, said in ((0, "0 s"), (59, "59 s"), (3_601, "1 h"), (86_400, "1 d")):
        assert f"\nTook     {said}\n" in body("FAILED", LABEL, [detail(duration_seconds=seconds)])


def test_a_status_that_did_not_change_is_not_said_to_have_been_another() -> None:
    told = detail(status="RUNNING", raw_status="PROCESSING", previous_status="RUNNING")
    assert "before" not in body("STALLED", LABEL, [told])


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"Code": "137", "Reason": "out of memory"}, "137: it ended; Reason out of memory"),
        ({"Message": "it ended", "Part": None, "Lines": [1]}, "137: it ended"),
        ("it ended", "137: it ended"),
    ],
    ids=["more", "no more", "a text"],
)
def test_the_first_error_is_said_whole_and_nothing_of_it_twice(first: Any, said: str) -> None:
    failure = {"code": "137", "message": "it ended", "details": [first]}
    assert f"\nWhy      {said}\n" in body("FAILED", LABEL, [detail(failure=failure)])


def test_a_job_that_has_a_name_is_called_by_it_and_its_id_is_a_line_of_its_own() -> None:
    told = detail(job_name="contacts of May")
    assert open_title("FAILED", LABEL, [told]) == (
        "FAILED: SES import job contacts of May (contact-imports)"
    )
    text = body("FAILED", LABEL, [told])
    assert text.startswith("FAILED: SES import job contacts of May\n")
    assert "\nId       8a4f\n" in text
    assert "\nId " not in body("FAILED", LABEL, [detail()])


@pytest.mark.parametrize(
    ("status", "raw", "said"),
    [
        ("FAILED", "FAILED", "FAILED"),
        ("FAILED", "Failed", "FAILED"),
        ("FAILED", "ERROR", "FAILED (the service says ERROR)"),
        ("UNKNOWN", None, "UNKNOWN (the service says nothing)"),
    ],
)
def test_a_status_is_said_once(status: str, raw: str | None, said: str) -> None:
    text = body(status, LABEL, [detail(status=status, raw_status=raw, previous_status=None)])
    assert f"\nStatus   {said}\n" in text


@pytest.mark.parametrize(
    ("status", "counted", "unit", "said"),
    [
        ("PARTIAL", (10, 10, 0), "records", "10 of 10 records"),
        ("PARTIAL", (10, 8, 2), "records", "8 of 10 records, 2 failed"),
        ("FAILED", (None, None, 0), None, None),
        ("FAILED", (None, 1_200, None), "data sets", "1,200 data sets processed"),
        ("SUCCEEDED", (None, 7, 0), None, "7 processed, 0 failed"),
    ],
)
def test_counts_have_a_unit_and_contradict_no_status(
    status: str, counted: tuple[int | None, ...], unit: str | None, said: str | None
) -> None:
    progress = dict(zip(("total", "processed", "failed"), counted, strict=True))
    text = body(status, LABEL, [detail(status=status, progress=progress)], unit)
    found = [line for line in text.splitlines() if line.startswith("How far")]
    assert found == ([f"How far  {said}"] if said else [])


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (
            {
                "TotalFailures": 1_204,
                "SizeBytes": 5_000_000,
                "Version": 20_261_122,
                "IsTotal": True,
            },
            "TotalFailures 1,204, SizeBytes 5,000,000, Version 20261122, IsTotal yes",
        ),
        (
            {"InputDataConfig": {"S3Uri": "s3://a"}, "OutputDataConfig": {"S3Uri": "s3://b"}},
            "input S3Uri s3://a, output S3Uri s3://b",
        ),
        (
            {"ImportDataSource": {"S3Url": "s3://a", "DataFormat": "CSV"}, "Rows": 3},
            "import source S3Url s3://a, DataFormat CSV, Rows 3",
        ),
        (
            {"Old": {"Engine": "x"}, "New": {"Engine": "y"}, "IsDone": False},
            "old Engine x, new Engine y, IsDone no",
        ),
        (
            {"Pairs": [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}], "Names": ["c", "d"]},
            "Pairs (Key a, Value 1), (Key b, Value 2), Names c, d",
        ),
        (
            {"To": {"Sources": {"Bucket": ["a", "b"], "Key": ["x", "y"]}}, "Model": ""},
            "Sources (Bucket a, Key x), (Bucket b, Key y)",
        ),
        (
            {"Sources": {"Bucket": ["a", "b"], "Key": ["x"]}, "Name": "8a4f"},
            "sources Bucket a, b, Key x",
        ),
    ],
    ids=[
        "counts, and what is none",
        "what is an input",
        "once a part",
        "the same name twice",
        "lists",
        "what was of one item, and nothing",
        "what may be of any item, and the id once more",
    ],
)
def test_what_travels_is_said_with_what_it_is_a_part_of(details: Any, said: str) -> None:
    assert f"\nAbout    {said}\n" in body("FAILED", LABEL, [detail(details=details)])


def test_how_long_a_job_runs_that_runs_for_too_long_is_said() -> None:
    told = detail(status="RUNNING", raw_status="PROCESSING", ended_at=None, duration_seconds=None)
    text = body("OVERRUNNING", LABEL, [told])
    assert "Status   longer than its watch allows, still RUNNING (the service says PROC" in text
    assert "So far   14 min 31 s\n" in text
    assert open_title("OVERRUNNING", LABEL, [told]).startswith("OVERRUNNING: SES import job 8a4f")
    assert "So far" not in body("STALLED", LABEL, [told])


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (840, "14 min 31 s; limit 14 min"),
        (871, "14 min 31 s; limit 14 min 31 s"),
        (900, "14 min 31 s"),
    ],
)
def test_how_long_a_job_may_run_is_said_but_for_a_limit_that_came_later(
    limit: int, said: str
) -> None:
    told = detail(status="RUNNING", ended_at=None, duration_seconds=None)
    assert f"So far   {said}\n" in body("OVERRUNNING", LABEL, [told], limit=limit)


def test_how_long_a_job_stands_still_is_said_beside_the_limit() -> None:
    told = detail(status="RUNNING", moved_at="2026-11-22T00:44:31Z")
    text = body("STALLED", LABEL, [told], limit=5_400)
    assert "So far   1 h 30 min without a change; limit 1 h 30 min\n" in text
    assert "So far" not in body("FAILED", LABEL, [told], limit=5_400)
    assert "So far" not in body("STALLED", LABEL, [told], limit=7_200), "it moved since"
    assert "So far" not in body("STALLED", LABEL, [{**told, "moved_at": told["observed_at"]}])


def test_how_long_a_job_runs_is_said_as_finely_as_its_limit() -> None:
    told = detail(status="RUNNING", created_at="2026-11-20T23:40:12Z", ended_at=None)
    text = body("OVERRUNNING", LABEL, [told], limit=93_600 + 60)
    assert "So far   1 d 2 h 34 min 19 s; limit 1 d 2 h 1 min\n" in text
    assert "So far   1 d 2 h; limit 1 d 2 h\n" in body("OVERRUNNING", LABEL, [told], limit=93_600)


@pytest.mark.parametrize(
    ("label", "several"),
    [
        ("Athena query", "Athena queries"),
        ("EventBridge replay", "EventBridge replays"),
        ("Lex bot analysis", "Lex bot analyses"),
        ("SES Mail Manager archive search", "SES Mail Manager archive searches"),
        ("Auto Scaling instance refresh", "Auto Scaling instance refreshes"),
        ("SES import job", "SES import jobs"),
        # Of a source that nothing is watched of any more, no label is known.
        ("sesv2.import-jobs", "sesv2.import-jobs"),
    ],
)
def test_several_of_a_kind_are_called_as_people_would(label: str, several: str) -> None:
    failed, lost = [detail(job_id=f"j{n}") for n in range(2)], unreachable(parameters={})
    over, end = (["FAILED"] * 2, ["2026-11-22T02:14:07Z"] * 2), "(contact-imports)"
    assert open_title("FAILED", label, failed) == f"FAILED: 2 {several} {end}"
    assert body("FAILED", label, failed).startswith(f"2 {several}: FAILED\n")
    assert resolved_title(label, failed, over[0]) == f"RESOLVED: 2 {several} {end}"
    assert resolved_body(label, failed, *over).startswith(f"2 {several}: RESOLVED\n")
    assert open_title("UNREACHABLE", label, [lost]).startswith(f"UNREACHABLE: {several} in ")
    assert f"{several} can't be read" in body("UNREACHABLE", label, [lost])


def test_many_lost_places_are_counted_as_jobs_are() -> None:
    """P9: of 1,000, 20 were named and nothing told of the others."""
    many = [unreachable(parameters={"ApplicationId": f"a{n}"}) for n in range(1_000)]
    title = "UNREACHABLE: SES import jobs in 1000 places (contact-imports)"
    assert open_title("UNREACHABLE", LABEL, many) == title
    text = body("UNREACHABLE", LABEL, many)
    assert text.count("can't be read") == 20
    assert "and 980 more" in text
    assert text.startswith("SES import jobs in 1000 places: UNREACHABLE\n")


def entry(
    details: Sequence[dict[str, Any]], detail_type: str = JOB_STATUS_CHANGE
) -> dict[str, Any]:
    attributes = alert_attributes(detail_type, details[0])
    status = attributes["status"]
    texts = (open_title(status, LABEL, details), body(status, LABEL, details))
    return message.entry(attributes, *texts, details, len(details))


def test_a_message_carries_text_for_people_and_json_for_machines() -> None:
    told = json.loads(entry([detail()])["Message"])
    assert set(told) == {"default", "sqs", "lambda", "http", "https", "firehose"}
    assert told["default"] == body("FAILED", LABEL, [detail()])
    assert json.loads(told["sqs"]) == {
        "source": "jobwatch",
        "detail-type": "Job Alert",
        "detail": {"count": 1, "alerts": [detail()]},
    }


@pytest.mark.parametrize(
    ("kind", "status"), [(JOB_STALLED, "STALLED"), (JOB_OVERRUNNING, "OVERRUNNING")]
)
def test_attributes_are_single_strings_to_filter_by(kind: str, status: str) -> None:
    assert entry([detail(status="RUNNING")], kind)["MessageAttributes"] == {
        name: {"DataType": "String", "StringValue": value}
        for name, value in {
            "watch": "contact-imports",
            "source": "sesv2.import-jobs",
            "account": "111122223333",
            "region": "eu-west-1",
            "status": status,
        }.items()
    }


WIDE = {
    "four bytes a character": "💥",
    "three bytes a character": "失",
    "quotes": '"',
    "backslashes": "\\",
    "control characters": "\x01",
    "what SNS refuses": "\uffff",
}


@pytest.mark.parametrize("character", WIDE.values(), ids=WIDE)
@pytest.mark.parametrize("count", [1, 100])
def test_an_alert_fits_lists_what_fits_and_counts_all(character: str, count: int) -> None:
    """P2: texts were bounded in characters, messages are in bytes."""
    wide = {
        "failure": {"code": None, "message": character * 2_000, "details": [character * 500] * 20},
        "details": {f"field-{n}": character * 1_000 for n in range(5)},
        "job_type": character * 1_000,
    }
    many = [detail(**wide, job_id=f"{character * 300}{number}") for number in range(count)]
    sent = entry(many)
    assert message.size(sent) == bytes_of(sent) < BYTES_OF_SNS
    told = json.loads(sent["Message"])
    listed = json.loads(told["lambda"])["detail"]
    assert listed["count"] == count
    assert 0 < len(listed["alerts"]) <= count
    assert listed["alerts"][0]["job_id"] == many[0]["job_id"]
    assert count == 1 or f"and {count - told['default'].count('What ')} more" in told["default"]


def test_what_people_read_never_crowds_out_what_machines_do() -> None:
    wide = dict.fromkeys(("job_type", "console_url"), "💥" * 500)
    wide |= {"failure": {"code": None, "message": "💥" * 500, "details": []}}
    wide |= {"parameters": {"Id": "💥" * 500}, "details": {"Name": "💥" * 500}}
    many = [detail(**wide, job_id=f"{number}{'💥' * 500}") for number in range(20)]
    told = json.loads(entry(many)["Message"])["default"]
    shown = told.count("What ")
    assert 0 < shown < 20
    assert f"and {20 - shown} more" in told
    assert len(told.encode()) < 50_000


def bytes_of(sent: dict[str, Any]) -> int:
    """What SNS counts: message, subject, and names, types and values of attributes."""
    attributes = sent["MessageAttributes"].items()
    texts = [sent["Message"], sent["Subject"]]
    texts += [text for name, value in attributes for text in (name, *value.values())]
    return sum(len(text.encode()) for text in texts)


def test_short_alerts_are_all_listed() -> None:
    many = [detail(details={}, console_url=None, job_id=f"j{number}") for number in range(40)]
    listed = json.loads(json.loads(entry(many)["Message"])["sqs"])["detail"]["alerts"]
    assert listed == many


@pytest.mark.parametrize("large", [detail(job_id="💥" * 60_000), unreachable(since="x" * 90_000)])
def test_even_an_alert_that_is_too_large_by_itself_fits(large: dict[str, Any]) -> None:
    sent = entry([large], JOB_STATUS_CHANGE if "job_id" in large else WATCH_UNREACHABLE)
    assert bytes_of(sent) < BYTES_OF_SNS
    assert json.loads(json.loads(sent["Message"])["sqs"])["detail"]["count"] == 1


def test_an_alert_that_is_too_large_for_a_message_leaves_its_details_out() -> None:
    sent = entry([detail(job_id="💥" * 60_000, details={"DataFormat": "CSV"})])
    (alert,) = json.loads(json.loads(sent["Message"])["sqs"])["detail"]["alerts"]
    assert alert["details"] == {}


def test_what_is_no_json_is_never_written_as_if_it_were() -> None:
    """E12: json.loads makes an infinity of 1e999, and json.dumps no JSON of that."""
    with pytest.raises(ValueError, match="Out of range"):
        entry([detail(details={"Size": float("inf")})])


class Outlet:
    """An alerter before a fake topic, and what it put aside."""

    def __init__(self, **given: Any) -> None:
        self.topic = Topic(**given)
        self.letters: list[Any] = []
        self.sent: list[str] = []
        self.logger = Logger(service="test")
        self.put_aside: Any = self.letters.append
        self.policy_of: Any = lambda _: Policy(ON)
        self.memory = memory()

    def send(self, records: list[dict[str, Any]], ends: float = FOR_EVER) -> str | None:
        alerter = Alerter(
            sns=self.topic,
            topic="arn:topic",
            table=TABLE,
            policy_of=self.policy_of,
            labels=LABELS,
            units={"sesv2.import-jobs": "records"},
            account_names={"444455556666": "prod"},
            put_aside=self.put_aside,
            logger=self.logger,
            timer=self.topic.clock,
            on_sent=lambda record: self.sent.append(record.detail["id"]),
            memory=self.memory,
        )
        return alerter.send(records, ends)

    @property
    def aside(self) -> list[str]:
        return [letter.sequence for letter in self.letters]


def test_alerts_that_share_their_attributes_are_one_message() -> None:
    outlet = Outlet()
    records = [change(n, watch="a" if n % 3 else "b") for n in range(9)]
    assert outlet.send(records) is None
    assert outlet.topic.taken == [["j0", "j3", "j6"], ["j1", "j2", "j4", "j5", "j7", "j8"]]
    assert len(outlet.sent) == 9


def told_by(outlet: Outlet) -> list[dict[str, Any]]:
    """The messages that the topic took: attributes, text for people and alerts for machines."""
    found = []
    for sent in outlet.topic.entries:
        said = json.loads(sent["Message"])
        attributes = {n: each["StringValue"] for n, each in sent["MessageAttributes"].items()}
        machine = json.loads(said["sqs"])["detail"]
        found.append({"attributes": attributes, "text": said["default"], **machine})
    return found


def test_an_alert_says_how_bad_it_is_whose_for_whom_and_what_to_do() -> None:
    outlet = Outlet()
    outlet.policy_of = lambda _: Policy(
        ON, to=("data", "oncall"), severity="critical", owner="data", runbook="https://x.example/y"
    )
    assert outlet.send([change(0), change(1, status="PARTIAL", job_name="May")]) is None
    first, second = told_by(outlet)
    assert first["attributes"] == {
        "watch": "contact-imports",
        "source": "sesv2.import-jobs",
        "account": "111122223333",
        "region": "eu-west-1",
        "status": "FAILED",
        "severity": "critical",
        "state": "open",
        "to": '["data", "oncall"]',
    }
    types = {
        n: each["DataType"] for n, each in outlet.topic.entries[0]["MessageAttributes"].items()
    }
    assert types == dict.fromkeys(first["attributes"], "String") | {"to": "String.Array"}
    (alert,) = first["alerts"]
    text = body("FAILED", LABEL, [detail(job_id="j0")], "records")
    last = "Owner    data\nRunbook  https://x.example/y\n"
    assert first["text"] == text + last
    assert {name: alert[name] for name in alert if name not in detail()} == {
        "title": "FAILED: SES import job j0 (contact-imports)",
        "text": text + last,
        "severity": "critical",
        "owner": "data",
        "runbook": "https://x.example/y",
        "dedup_key": alert["dedup_key"],
        "state": "open",
    }
    assert len(alert["dedup_key"]) == 32
    assert second["alerts"][0]["dedup_key"] != alert["dedup_key"]


def test_what_a_watch_does_not_say_is_null_and_to_nobody_is_no_attribute() -> None:
    outlet = Outlet()
    outlet.policy_of = lambda _: Policy(ON)
    assert outlet.send([change(0)]) is None
    (told,) = told_by(outlet)
    assert "to" not in told["attributes"]
    (alert,) = told["alerts"]
    assert (alert["severity"], alert["owner"], alert["runbook"]) == ("error", None, None)
    assert told["text"] == body("FAILED", LABEL, [detail(job_id="j0")], "records")


def test_an_account_that_has_a_name_is_called_by_it() -> None:
    outlet = Outlet()
    lost = json.dumps(unreachable(account="444455556666"))
    records = [change(0, account="444455556666"), stream_record(1, lost, "s", WATCH_UNREACHABLE)]
    assert outlet.send([*records, change(2)]) is None
    failed, gone, other = told_by(outlet)
    assert "Where    account 444455556666 (prod), eu-west-1" in failed["text"]
    assert failed["alerts"][0]["text"] == failed["text"]
    assert (failed["alerts"][0]["account"], failed["attributes"]["account"]) == (
        "444455556666",
        "444455556666",
    )
    assert gone["alerts"][0]["title"] == (
        "UNREACHABLE: SES import jobs in 444455556666 (prod) eu-west-1 (contact-imports)"
    )
    assert "Where    account 111122223333, eu-west-1" in other["text"]


def test_each_of_several_accounts_in_which_a_run_is_missing_is_called_by_its_name() -> None:
    outlet = Outlet()
    ids = "111122223333, 444455556666, and 2 more"
    late = stream_record(0, json.dumps(missing(account=ids)), "runs", RUN_MISSING)
    assert outlet.send([late]) is None
    (told,) = told_by(outlet)
    assert (
        "Where    account 111122223333, 444455556666 (prod), and 2 more, eu-west-1" in told["text"]
    )
    assert told["attributes"]["account"] == ids


def test_of_many_each_has_its_own_text_and_the_owner_is_said_once() -> None:
    outlet = Outlet()
    outlet.policy_of = lambda _: Policy(ON, owner="data")
    assert outlet.send([change(n) for n in range(3)]) is None
    (told,) = told_by(outlet)
    assert told["text"].endswith("\n\nOwner    data\n")
    assert told["text"].count("Owner") == 1
    assert [alert["title"] for alert in told["alerts"]] == [
        f"FAILED: SES import job j{n} (contact-imports)" for n in range(3)
    ]
    assert all(alert["text"].count("What ") == 1 for alert in told["alerts"])


def test_each_watch_alerts_of_its_own_statuses_and_shares_no_message_with_another() -> None:
    outlet = Outlet()
    policies = {
        "failures": Policy(frozenset({"FAILED"}), to=("a",)),
        "all": Policy(frozenset({"FAILED", "SUCCEEDED"}), to=("b",), severity="critical"),
    }
    outlet.policy_of = policies.__getitem__
    records = [
        change(n, watch=watch, status=status)
        for n, (watch, status) in enumerate(
            (watch, status) for status in ("FAILED", "SUCCEEDED") for watch in policies
        )
    ]
    assert outlet.send(records) is None
    said = [
        tuple(told["attributes"][name] for name in ("watch", "status", "severity", "to"))
        for told in told_by(outlet)
    ]
    assert said == [
        ("failures", "FAILED", "error", '["a"]'),
        ("all", "FAILED", "critical", '["b"]'),
        ("all", "SUCCEEDED", "info", '["b"]'),
    ]


def test_alerts_of_one_message_share_all_that_it_is_filtered_by() -> None:
    """The five attributes fix the watch and the status, and these the others."""
    outlet = Outlet()
    outlet.policy_of = lambda watch: Policy(ON, to=(watch,), severity="critical")
    kinds = (JOB_STALLED, JOB_STATUS_CHANGE)
    records = [
        change(n, detail_type=kinds[n % 2], watch=f"w{n % 3}", status=("FAILED", "PARTIAL")[n % 2])
        for n in range(24)
    ]
    assert outlet.send(records) is None
    assert sum(told["count"] for told in told_by(outlet)) == 24
    for told in told_by(outlet):
        for alert in told["alerts"]:
            for name in ("watch", "source", "account", "region", "severity", "state"):
                assert alert[name] == told["attributes"][name]
            assert json.loads(told["attributes"]["to"]) == [alert["watch"]]


@pytest.mark.parametrize(("count", "lines"), [(1, []), (2, [2]), (250, [100, 100, 50])])
def test_the_log_names_every_job_of_an_alert_of_several(count: int, lines: list[int]) -> None:
    outlet, written = Outlet(), StringIO()
    outlet.logger = Logger(service=f"test-{count}", stream=written)
    assert outlet.send([change(n) for n in range(count)]) is None
    said = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [len(each["jobs"]) for each in said] == lines
    assert [job for each in said for job in each["jobs"]] == [
        f"j{n}" for n in range(count) if count > 1
    ]


@pytest.mark.parametrize(
    ("count", "length", "cut"), [(20, 1, False), (21, 1, True), (20, 600, True)]
)
def test_a_text_says_where_the_jobs_are_for_which_it_has_no_room(
    count: int, length: int, cut: bool
) -> None:
    long = dict.fromkeys(("job_id", "job_name", "job_type"), "x" * length)
    failure = {"code": "E", "message": "x" * length, "details": []}
    told = detail(**long, failure=failure, details={"Key": "x" * length})
    text = body("FAILED", LABEL, [told] * count)
    assert ("more, all of them in the alert function's log" in text) == cut


def test_what_asks_for_no_alert_sends_none() -> None:
    outlet = Outlet()
    assert outlet.send([change(n, status="SUCCEEDED") for n in range(3)]) is None
    assert (outlet.topic.calls, outlet.sent) == ([], [])


def test_an_alert_that_is_refused_for_now_is_reported_by_its_first_record() -> None:
    outlet = Outlet(refuse={"j1": ("InternalError", False)})
    assert outlet.send([change(0, watch="a"), *(change(n, watch="b") for n in (1, 2))]) == "001"
    assert outlet.topic.taken == [["j0"]]
    assert outlet.sent == ["e0"]


def test_an_alert_that_is_refused_again_and_again_repeats_no_other() -> None:
    """P1: each try mailed the others of its call once more."""
    outlet = Outlet(refuse={"j0": ("InternalError", False)})
    for _ in range(3):
        assert outlet.send([change(n, watch=f"w{n}") for n in range(5)]) == "000"
    assert outlet.topic.taken == []


def test_an_alert_never_overtakes_an_earlier_one_of_its_job() -> None:
    """Neither by joining an earlier message, nor by sharing a call with it."""
    outlet = Outlet()
    records = [
        change(0, "other"),
        change(1, "j1", JOB_STALLED, status="RUNNING"),
        change(2, "j1"),
        change(3, "j1", JOB_STALLED, status="RUNNING"),
        change(4, "j1"),
    ]
    assert outlet.send([*records[:1], *records[2:4], records[4]]) is None
    assert outlet.topic.taken == [["other", "j1"], ["j1"], ["j1"]]
    assert [len(call) for call in outlet.topic.calls] == [1, 1, 1]
    assert outlet.sent == ["e0", "e2", "e3", "e4"]


@pytest.mark.parametrize(
    ("code", "at_fault"),
    [*((code, False) for code in sorted(OF_TOPIC)), ("SomethingOfTheSender", True)],
)
def test_an_alert_that_the_topic_never_takes_is_put_aside_and_holds_nothing_up(
    code: str, at_fault: bool
) -> None:
    outlet = Outlet(refuse={"j1": (code, at_fault)})
    records = [change(n, watch=f"w{n}") for n in range(4)]
    assert outlet.send(records) is None
    assert outlet.topic.taken == [["j0"], ["j2"], ["j3"]]
    (letter,) = outlet.letters
    assert (letter.sequence, letter.record) == ("001", records[1])
    assert code in letter.reason


@pytest.mark.parametrize(
    ("code", "at_fault"),
    [
        ("AuthorizationError", True),
        ("InternalError", False),
        ("KMSAccessDenied", True),
        ("KMSThrottling", True),
        ("NotFound", True),
        ("Throttled", True),
    ],
)
def test_what_somebody_can_mend_waits_in_the_stream(code: str, at_fault: bool) -> None:
    outlet = Outlet(refuse={"j1": (code, at_fault)})
    assert outlet.send([change(n, watch=f"w{n}") for n in range(4)]) == "001"
    assert outlet.aside == []


def test_of_a_message_that_is_refused_for_good_only_what_it_is_for_is_put_aside() -> None:
    outlet = Outlet(refuse={"j5": ("InvalidParameter", True)})
    assert outlet.send([change(n) for n in range(8)]) is None
    assert outlet.aside == ["005"]
    assert outlet.topic.taken == [["j0", "j1", "j2", "j3"], ["j4"], ["j6", "j7"]]


def test_what_was_not_reached_yet_is_not_passed_over_when_half_a_message_fails() -> None:
    """The stream goes on from what is reported: other messages have records before the half."""
    outlet = Outlet(refuse={"j3": ("InvalidParameter", True), "j6": ("InternalError", False)})
    records = [change(n, watch="b" if n == 1 else "a") for n in range(8)]
    assert outlet.send(records) == "000"
    assert ["j1"] not in outlet.topic.taken


def test_of_a_call_that_is_refused_for_good_only_what_it_is_for_is_put_aside() -> None:
    def refuse(jobs: list[str]) -> None:
        if "j2" in jobs:
            raise refused("InvalidParameter")

    outlet = Outlet(refuse_calls=refuse)
    assert outlet.send([change(n, watch=f"w{n}") for n in range(5)]) is None
    assert outlet.topic.taken == [["j0"], ["j1"], ["j3"], ["j4"]]
    assert outlet.aside == ["002"]


@pytest.mark.parametrize(
    "text",
    ["{", json.dumps(detail(duration_seconds=float("nan"))), json.dumps(unreachable())],
    ids=["no JSON", "not a number", "another shape"],
)
def test_a_record_that_cannot_be_read_is_put_aside_and_holds_nothing_up(text: str) -> None:
    outlet = Outlet()
    assert outlet.send([change(0), stream_record(1, text), change(2)]) is None
    assert outlet.topic.taken == [["j0", "j2"]]
    assert outlet.aside == ["001"]


def test_a_record_of_which_no_alert_can_be_written_is_put_aside_and_holds_nothing_up() -> None:
    """1e999 is JSON; what Python reads from it is not."""
    text = json.dumps(detail(details={"Size": 0})).replace('"Size": 0', '"Size": 1e999')
    outlet = Outlet()
    assert outlet.send([change(0), stream_record(1, text), change(2)]) is None
    assert outlet.topic.taken == [["j0"], ["j2"]]
    assert outlet.aside == ["001"]


def test_a_topic_that_cannot_be_called_is_reported() -> None:
    outlet = Outlet(refuse_calls=down)
    assert outlet.send([change(n) for n in range(3)]) == "000"
    assert (outlet.sent, outlet.aside) == ([], [])


def test_no_call_is_begun_that_could_outlast_the_invocation() -> None:
    """E10: a topic that hangs took all of the function's time, and nothing was reported."""
    outlet = Outlet(clock=Clock(each=LONGEST_CALL))
    failed = outlet.send([change(n, watch=f"w{n}") for n in range(40)], ends=60)
    assert outlet.topic.clock.now <= 60
    assert failed == "031"
