"""The stack as it is deployed: what comes off its bus and its topic, in the contract's words."""

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.check import Verdict, distinct, leaks, other_faults, verdicts
from demo.harness import Harness
from demo.listen import Alert
from demo.player import Received
from demo.records import ACCOUNT, Moment, job_id, ses_import
from demo.timeline import Job
from operate.alerts.page import BESIDE
from tests import records as literal
from tests.local import short_story
from tests.schemas import faults

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _last(received: Received, job: Job) -> Mapping[str, Any]:
    """Return the detail of the last event of a job."""
    return [e.detail for e in received.events if e.detail["job_id"] == job.id][-1]


def _verdict(received: Received, watch: str) -> Verdict:
    judged = verdicts(received.expected, received.events, received.alerts)
    return next(verdict for verdict in judged if verdict.expected.watch == watch)


def _alert_of(received: Received, job: Job) -> Alert:
    return next(a for a in received.alerts if job.id in [d["job_id"] for d in a.details])


def test_all_that_the_story_did_is_heard_and_nothing_else(received: Received) -> None:
    judged = verdicts(received.expected, received.events, received.alerts)
    assert {v.expected.name: v.faults for v in judged if v.faults} == {}
    assert other_faults(received.expected, received.events, {}) == []


def test_what_exists_when_the_watch_begins_is_remembered_without_an_event(
    harness: Harness, received: Received
) -> None:
    quiet = short_story.QUIET.id
    assert quiet not in {event.detail["job_id"] for event in received.events}
    assert quiet in {item["sk"]["S"].removeprefix("job#") for item in harness.items()}


def test_the_event_of_a_failed_job_has_every_field_of_the_contract(received: Received) -> None:
    detail = dict(_last(received, short_story.BROKEN))
    changing = {"id", "console_url", "duration_seconds", "created_at", "ended_at", "observed_at"}
    here = {name: detail[name] for name in changing}
    destination = {"ContactListName": "newsletter", "ContactListImportAction": "PUT"}
    assert detail == literal.detail(
        watch="ses-imports",
        account=ACCOUNT,
        region="us-east-1",
        job_id=short_story.BROKEN.id,
        details={
            "ImportDataSource": {"S3Url": "s3://shop-mail/broken.csv", "DataFormat": "CSV"},
            "ImportDestination": {"ContactListDestination": destination},
        },
        **here,
    )
    assert all(TIME.fullmatch(here[name]) for name in ("created_at", "ended_at", "observed_at"))
    assert here["duration_seconds"] in (8, 9, 10)
    assert here["id"]
    assert here["console_url"].startswith("https://us-east-1.console.aws.amazon.com/ses/")


def test_the_event_is_on_the_bus_under_the_contracts_names(received: Received) -> None:
    envelope = json.loads(received.events[0].text)
    assert envelope["source"] == "jobwatch"
    assert envelope["detail-type"] == "Job Status Change"
    assert envelope["account"] == ACCOUNT


def test_every_event_and_every_alert_is_of_its_schema(received: Received) -> None:
    assert received.events
    assert received.alerts
    for message in received.events:
        assert faults(json.loads(message.text)) == []
    for alert in received.alerts:
        assert faults(alert.document) == []


def test_the_first_event_of_a_job_has_no_previous_status(received: Received) -> None:
    first = next(e.detail for e in received.events if e.detail["job_id"] == short_story.BROKEN.id)
    assert (first["raw_status"], first["previous_status"]) == ("CREATED", None)
    assert first["previous_raw_status"] is None


def test_the_alert_of_a_failed_job_is_the_contracts(received: Received) -> None:
    alert = _alert_of(received, short_story.BROKEN)
    assert alert.subject == "FAILED: SES import job broken.csv (ses-imports)"
    assert alert.attributes == {
        "watch": "ses-imports",
        "source": "sesv2.import-jobs",
        "account": ACCOUNT,
        "region": "us-east-1",
        "status": "FAILED",
        "severity": "error",
        "state": "open",
    }
    (told,) = alert.document["detail"]["alerts"]
    assert alert.document == {
        "source": "jobwatch",
        "detail-type": "Job Alert",
        "detail": {"count": 1, "alerts": [told]},
    }
    event = _last(received, short_story.BROKEN)
    assert {name: told[name] for name in event} == event
    assert {*told} - {*event} == {*BESIDE}


def test_a_job_that_half_succeeded_is_partial_and_alerts(received: Received) -> None:
    detail = _last(received, short_story.HALF)
    assert (detail["status"], detail["raw_status"]) == ("PARTIAL", "COMPLETED")
    assert detail["failure"]["message"] == "Line 7: the address has no @"
    assert _alert_of(received, short_story.HALF).attributes["status"] == "PARTIAL"


def test_a_job_that_vanished_is_unknown_and_over(received: Received) -> None:
    detail = _last(received, short_story.FLEETING)
    assert (detail["status"], detail["raw_status"]) == ("UNKNOWN", "NOT_FOUND")
    assert detail["previous_raw_status"] == "CREATED"
    assert detail["terminal"] is True


def test_a_segments_job_names_its_parents(received: Received) -> None:
    (detail,) = [
        e.detail
        for e in distinct(received.events)
        if e.job == ("pinpoint-segment-imports", short_story.HALF.id)
    ]
    assert detail["parameters"] == {
        "ApplicationId": job_id(short_story.APP),
        "SegmentId": job_id(short_story.SEGMENT),
    }


def test_a_job_in_an_application_that_appears_later_is_an_event_at_once(received: Received) -> None:
    late = [e.detail for e in received.events if e.detail["job_id"] == short_story.LATE.id]
    assert late[0]["raw_status"] == "CREATED"
    assert late[0]["parameters"] == {"ApplicationId": job_id(short_story.LATE_APP)}


@pytest.mark.parametrize("watch", ["table-exports", "translations"])
def test_a_job_api_that_only_the_catalogue_knows_reaches_the_bus(
    received: Received, watch: str
) -> None:
    verdict = _verdict(received, watch)
    assert (verdict.status, verdict.faults) == ("SUCCEEDED", ())


def test_no_secret_is_in_an_event_an_alert_the_table_or_the_log(
    harness: Harness, received: Received
) -> None:
    said = [message.text for message in (*received.events, *received.alerts)]
    log = harness.aws.log.read_text(encoding="utf-8", errors="replace")
    assert not any(leaks(text) for text in (*said, str(harness.items()), log))


def test_the_address_of_the_watches_file_is_subscribed_to_the_alerts(harness: Harness) -> None:
    sns = harness.aws.client("sns")
    found = sns.list_subscriptions_by_topic(TopicArn=harness.stack.topic)["Subscriptions"]
    assert ("email", "ops@example.com") in {(s["Protocol"], s["Endpoint"]) for s in found}


def test_throttled_calls_are_no_news(harness: Harness, received: Received) -> None:
    assert harness.world.refused().total() > 0
    assert {event.type for event in received.events} == {"Job Status Change"}


@pytest.mark.usefixtures("received")
def test_the_schedule_polls_by_itself(harness: Harness) -> None:
    now = datetime.now(UTC)
    born = ses_import("born late", Moment("CREATED", now, now, total=1))
    harness.world.show({short_story.SES_IMPORTS: [born]})
    polls, until = harness.poller.polls, time.monotonic() + 90
    events = harness.listener.events()
    while not events and time.monotonic() < until:
        time.sleep(0.5)
        events = harness.listener.events()
    assert job_id("born late") in {event.detail["job_id"] for event in events}
    assert harness.poller.polls == polls
