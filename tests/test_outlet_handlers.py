"""The functions that publish and alert as Lambda calls them, before moto's AWS."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.alert import handler as alert
from lambdas.model import JOB_STALLED
from lambdas.outbox.dead_letters import read_letter
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.outbox.handling import CONFIG, LAST_SECONDS, end_of
from lambdas.plan import Policy
from lambdas.publish import handler as publish
from lambdas.settings import SettingError
from lambdas.times import iso
from tests.records import LABELS, TABLE, change, detail, heartbeat, stream_record
from tests.table import create_standing

CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 60_000,
    aws_request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    invoked_function_arn="arn:aws:lambda:eu-west-1:111122223333:function:Jobwatch-Alert",
)
PLAN = SimpleNamespace(
    policy_of=lambda _: Policy(frozenset({"FAILED"}), to=("oncall",)),
    behind_bus=frozenset(),
    pagers=frozenset(),
    machines=frozenset(),
    account_names={},
    watches={"contact-imports": SimpleNamespace(stalled_after=3_600, max_duration=None)},
    recipients={"oncall": "pagerduty"},
    retention=86_400,
    sources={name: SimpleNamespace(label=label, unit=None) for name, label in LABELS.items()},
)


class Account:
    """The bus, the topic and the queues of dead letters; what reaches them, reaches a queue."""

    def __init__(self) -> None:
        self.sqs, self.events, self.sns = map(boto3.client, ("sqs", "events", "sns"))
        self.urls = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("events", "alerts", "unpublished", "unsent")
        }
        self.events.create_event_bus(Name="jobs")
        self.events.put_rule(
            Name="all", EventBusName="jobs", EventPattern='{"source": ["jobwatch"]}'
        )
        target = {"Id": "queue", "Arn": self.arn("events")}
        self.events.put_targets(Rule="all", EventBusName="jobs", Targets=[target])
        self.topic = self.sns.create_topic(Name="alerts")["TopicArn"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=self.arn("alerts"))

    def arn(self, queue: str) -> str:
        found = self.sqs.get_queue_attributes(
            QueueUrl=self.urls[queue], AttributeNames=["QueueArn"]
        )
        return str(found["Attributes"]["QueueArn"])

    def drain(self, queue: str) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", ())]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr(alert, "read_plan", lambda _: PLAN)
    with mock_aws():
        yield Account()
    publish._parts.cache_clear()
    alert._parts.cache_clear()


@pytest.fixture
def publishing(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("EVENT_BUS_NAME", "jobs")
    monkeypatch.setenv("TABLE_ARN", TABLE)
    monkeypatch.setenv("DEAD_LETTERS_QUEUE_URL", account.urls["unpublished"])
    return account


@pytest.fixture
def alerting(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    create_standing(boto3.client("dynamodb"))
    monkeypatch.setenv("ALERT_TOPIC_ARN", account.topic)
    monkeypatch.setenv("ALERTS_TABLE_NAME", "open")
    monkeypatch.setenv("TABLE_ARN", TABLE)
    monkeypatch.setenv("DEAD_LETTERS_QUEUE_URL", account.urls["unsent"])
    return account


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, list[float]]]:
    """The metrics since the last look, by name."""

    def look() -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for line in capsys.readouterr().out.splitlines():
            document = json.loads(line)
            for each in document.get("_aws", {}).get("CloudWatchMetrics", ()):
                for metric in each["Metrics"]:
                    found.setdefault(metric["Name"], []).extend(document[metric["Name"]])
        return found

    return look


def test_alert_says_for_how_long_a_job_stands_still_beside_the_limit_of_its_watch(
    alerting: Account,
) -> None:
    stalled = change(1, detail_type=JOB_STALLED, status="RUNNING")
    stalled["dynamodb"]["NewImage"]["moved_at"] = {"N": "1795309200"}
    assert alert.handler({"Records": [stalled]}, CONTEXT) == {"batchItemFailures": []}
    (message,) = alerting.drain("alerts")
    (told,) = json.loads(message["Message"])["detail"]["alerts"]
    assert "\nSo far   1 h 14 min without a change; limit 1 h\n" in told["text"]
    assert not told.keys() & {"moved_at", "limit"}


@pytest.mark.parametrize("moved_at", [None, "1795309200", {"S": "x"}, {"N": "x"}, {"N": "1e300"}])
def test_alert_tells_of_a_stalled_job_whatever_its_item_says_of_when_it_moved(
    alerting: Account, moved_at: Any
) -> None:
    stalled = change(1, detail_type=JOB_STALLED, status="RUNNING")
    stalled["dynamodb"]["NewImage"]["moved_at"] = moved_at
    assert alert.handler({"Records": [stalled]}, CONTEXT) == {"batchItemFailures": []}
    (message,) = alerting.drain("alerts")
    assert "So far" not in message["Message"]


def test_publish_puts_events_on_the_bus_only(publishing: Account) -> None:
    """P1: it needs no topic, so none can repeat or delay what the bus takes."""
    record = stream_record(1, json.dumps(detail()))
    assert publish.handler({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
    (event,) = publishing.drain("events")
    assert (event["source"], event["detail-type"]) == ("jobwatch", "Job Status Change")
    assert event["detail"] == detail()
    assert publishing.drain("alerts") == []


def test_alert_sends_alerts_to_the_topic_only(alerting: Account) -> None:
    record = stream_record(1, json.dumps(detail()))
    assert alert.handler({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
    (sent,) = alerting.drain("alerts")
    assert sent["Subject"] == "FAILED: SES import job 8a4f (contact-imports)"
    told = json.loads(sent["Message"])["detail"]
    assert told["count"] == 1
    assert [alert.items() >= detail().items() for alert in told["alerts"]] == [True]
    assert sent["MessageAttributes"]["status"] == {"Type": "String", "Value": "FAILED"}
    assert alerting.drain("events") == []


def test_alert_names_the_first_record_whose_alert_it_could_not_send(
    alerting: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_TOPIC_ARN", alerting.topic + "-gone")
    answer = alert.handler({"Records": [change(1, status="RUNNING"), change(2)]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "002"}]}
    assert alerting.drain("unsent") == []


def test_alert_says_what_is_over_and_remembers_it_in_its_own_table(alerting: Account) -> None:
    failed, later = change(1, job_name="May"), change(2, job_name="May", status="SUCCEEDED")
    assert alert.handler({"Records": [failed]}, CONTEXT) == {"batchItemFailures": []}
    (item,) = boto3.client("dynamodb").scan(TableName="open")["Items"]
    assert item["pk"] == {"S": "contact-imports"}
    least = (datetime.now(UTC) + timedelta(days=29)).timestamp()
    assert float(item["expires_at"]["N"]) > least
    alert._parts.cache_clear()  # another container goes on
    over = json.loads(later["dynamodb"]["NewImage"]["detail"]["S"])
    over["ended_at"] = over["observed_at"] = "2026-11-22T03:00:00Z"
    later = stream_record(2, json.dumps(over), "job#j2")
    assert alert.handler({"Records": [later]}, CONTEXT) == {"batchItemFailures": []}
    said = [json.loads(each["Message"])["detail"] for each in alerting.drain("alerts")]
    assert [each["alerts"][0]["state"] for each in said] == ["open", "resolved"]


def test_alert_sends_nothing_that_it_cannot_remember(alerting: Account) -> None:
    boto3.client("dynamodb").delete_table(TableName="open")
    answer = alert.handler({"Records": [change(1), change(2)]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "001"}]}
    assert [alerting.drain(queue) for queue in ("alerts", "unsent")] == [[], []]


def test_alert_mutes_keeps_back_and_tells_what_stands_with_the_heartbeat(alerting: Account) -> None:
    until = iso(datetime.now(UTC) + timedelta(hours=1))
    what = {"watch": "contact-imports", "name": "M*"}
    said = {**what, "why": "upgrade", "who": "arn:me", "until": until}
    answer = alert.handler({"mute": said}, CONTEXT)
    assert [each["name"] for each in answer["Mutes"]] == ["M*"]
    done: dict[str, Any] = {"batchItemFailures": []}
    assert alert.handler({"Records": [change(1, job_name="May"), heartbeat(2)]}, CONTEXT) == done
    assert alerting.drain("alerts") == []
    alert._parts.cache_clear()  # another container goes on
    assert alert.handler({"mutes": {}}, CONTEXT) == answer
    assert alert.handler({"unmute": what}, CONTEXT) == {"Mutes": []}
    assert alert.handler({"Records": [heartbeat(3)]}, CONTEXT) == done
    (sent,) = alerting.drain("alerts")
    assert sent["Subject"] == "FAILED: SES import job May (contact-imports)"
    assert alert.handler({"Records": [heartbeat(4)]}, CONTEXT) == done
    assert alerting.drain("alerts") == []


@pytest.mark.parametrize("outlet", ["publish", "alert"])
def test_the_heartbeat_is_neither_sent_nor_measured_nor_put_aside(
    outlet: str, request: pytest.FixtureRequest, measured: Callable[[], dict[str, list[float]]]
) -> None:
    account = request.getfixturevalue({"publish": "publishing", "alert": "alerting"}[outlet])
    handler = {"publish": publish, "alert": alert}[outlet].handler
    assert handler({"Records": [heartbeat(1)]}, CONTEXT) == {"batchItemFailures": []}
    assert measured() == {}
    assert handler({"Records": [heartbeat(2), change(3)]}, CONTEXT) == {"batchItemFailures": []}
    assert [len(account.drain(queue)) for queue in account.urls] == [
        *(outlet == "publish", outlet == "alert", 0, 0)
    ]


@pytest.mark.parametrize("outlet", ["publish", "alert"])
def test_what_cannot_be_read_goes_to_the_function_s_own_dead_letters(
    outlet: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    account = request.getfixturevalue({"publish": "publishing", "alert": "alerting"}[outlet])
    handler = {"publish": publish, "alert": alert}[outlet].handler
    broken = stream_record(1, json.dumps(detail(duration_seconds=float("nan"))))
    assert handler({"Records": [broken, change(2)]}, CONTEXT) == {"batchItemFailures": []}
    (document,) = account.drain({"publish": "unpublished", "alert": "unsent"}[outlet])
    letter = read_letter(document)
    assert letter is not None
    assert (letter.sequence, letter.record) == ("001", broken)
    assert "A record was put aside" in caplog.messages


@pytest.mark.parametrize("outlet", ["publish", "alert"])
def test_what_was_put_aside_before_is_named_instead_of_being_put_aside_again(
    outlet: str, request: pytest.FixtureRequest
) -> None:
    account = request.getfixturevalue({"publish": "publishing", "alert": "alerting"}[outlet])
    handler = {"publish": publish, "alert": alert}[outlet].handler
    answer = handler({"Records": [stream_record(1, "{")], "keep_refused": True}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "001"}]}
    assert account.drain({"publish": "unpublished", "alert": "unsent"}[outlet]) == []


@pytest.mark.usefixtures("publishing")
def test_publishing_measures_how_long_each_change_took(
    measured: Callable[[], dict[str, list[float]]],
) -> None:
    now = datetime.now(UTC)
    ages = {n: iso(now - timedelta(minutes=n)) for n in (1, 2)}
    records = [change(n, observed_at=at) for n, at in ages.items()]
    publish.handler({"Records": [*records, stream_record(3, "{")]}, CONTEXT)
    found = measured()
    assert list(found) == ["PublishLag"]
    assert found["PublishLag"] == pytest.approx([60, 120], abs=10)


@pytest.mark.usefixtures("alerting")
def test_alerting_measures_what_it_alerted_of(
    measured: Callable[[], dict[str, list[float]]],
) -> None:
    at = iso(datetime.now(UTC) - timedelta(minutes=1))
    records = [change(1, observed_at=at), change(2, observed_at=at, status="SUCCEEDED")]
    alert.handler({"Records": records}, CONTEXT)
    found = measured()
    assert list(found) == ["AlertLag"]
    assert found["AlertLag"] == pytest.approx([60], abs=10)


@pytest.mark.usefixtures("publishing")
def test_nothing_published_is_nothing_measured(
    measured: Callable[[], dict[str, list[float]]],
) -> None:
    publish.handler({"Records": []}, CONTEXT)
    assert measured() == {}


def test_alert_puts_what_is_for_a_recipient_behind_it_on_the_bus_of_alerts(
    alerting: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = SimpleNamespace(**vars(PLAN) | {"behind_bus": frozenset({"oncall"})})
    monkeypatch.setattr(alert, "read_plan", lambda _: behind)
    monkeypatch.setenv("ALERT_BUS_NAME", "jobs")
    assert alert.handler({"Records": [change(0)]}, CONTEXT) == {"batchItemFailures": []}
    (event,) = alerting.drain("events")
    (message,) = alerting.drain("alerts")
    assert event["detail-type"] == "Job Alert"
    assert event["detail"]["to"] == ["oncall"]
    assert event["detail"]["alert"] == json.loads(message["Message"])


def test_a_plan_with_recipients_behind_the_bus_needs_its_name(
    alerting: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alerting
    behind = SimpleNamespace(**vars(PLAN) | {"behind_bus": frozenset({"oncall"})})
    monkeypatch.setattr(alert, "read_plan", lambda _: behind)
    monkeypatch.delenv("ALERT_BUS_NAME", raising=False)
    with pytest.raises(SettingError, match="ALERT_BUS_NAME"):
        alert.handler({"Records": []}, CONTEXT)


@pytest.mark.parametrize("handler", [publish, alert], ids=["publish", "alert"])
@pytest.mark.usefixtures("account")
def test_a_setting_that_is_missing_is_named(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVENT_BUS_NAME", "ALERT_TOPIC_ARN", "TABLE_ARN", "DEAD_LETTERS_QUEUE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingError, match="found nothing"):
        handler.handler({"Records": []}, CONTEXT)


def test_a_call_at_its_worst_fits_several_times_into_an_invocation() -> None:
    """E10: one hung call took all of the function's minute."""
    attempts = CONFIG.retries["total_max_attempts"]
    assert attempts * (CONFIG.connect_timeout + CONFIG.read_timeout) < LONGEST_CALL
    assert 3 * LONGEST_CALL + LAST_SECONDS < 60
    assert end_of(CONTEXT, lambda: 100) == 160 - LAST_SECONDS
