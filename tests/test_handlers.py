"""The two functions as Lambda calls them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas import handle_poll
from lambdas.invocation import InvocationError
from lambdas.publish import handler as handle_publish
from lambdas.settings import SettingError, setting
from tests.stage import REGION, Stage, functions_on_stage
from tests.test_alerts import detail

CONTEXT = SimpleNamespace(
    invoked_function_arn=f"arn:aws:lambda:{REGION}:111122223333:function:poll",
    get_remaining_time_in_millis=lambda: 300_000,
)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    watches = {"imports": {"source": "sesv2.import-jobs"}, "jobs": {"source": "dataexchange.jobs"}}
    with functions_on_stage(tmp_path, monkeypatch, watches) as stage:
        yield stage


def test_poll_looks_at_every_watch_and_counts_what_it_did(stage: Stage) -> None:
    stage.apis["sesv2.import-jobs"].put("j1", "PROCESSING")
    assert handle_poll.handler({}, CONTEXT) == {
        "Scopes": 2,
        "Jobs": 1,
        "Changes": 1,
        "ListCalls": 2,
        "GetCalls": 0,
        "Queued": 0,
        "Unread": [],
    }


def test_poll_reads_under_its_own_name_and_to_the_services_budgets(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def make(*_: Any, **options: Any) -> Any:
        given.update(options)
        return stage.clients

    monkeypatch.setattr(handle_poll, "Clients", make)
    handle_poll.handler({}, CONTEXT)
    assert given["name"] == "Jobwatch-Poll"
    assert given["budgets"].of(("sesv2", "111122223333", REGION)) is not None
    assert given["budgets"].of(("dataexchange", "111122223333", REGION)) is None


def test_poll_looks_at_the_watches_that_it_is_given_only(stage: Stage) -> None:
    handle_poll.handler({"watches": ["imports"]}, CONTEXT)
    assert [service for service, _ in stage.clients.asked] == ["sesv2"]


def handed_over(tick: datetime) -> dict[str, Any]:
    """An event of the queue of scopes: one scope of the imports."""
    place = {"watch": "imports", "source": "sesv2.import-jobs", "account": "111122223333"}
    place |= {"abroad": False, "region": REGION, "parameters": {}}
    visit = {**place, "quiet_before": None, "bury": False, "last": False}
    message = {"tick": tick.isoformat(), "due": None, "visits": [visit]}
    return {"Records": [{"body": json.dumps(message)}]}


def test_poll_looks_at_scopes_that_were_handed_over(stage: Stage) -> None:
    stage.apis["sesv2.import-jobs"].put("j1", "PROCESSING")
    answer = handle_poll.handler(handed_over(datetime.now(UTC)), CONTEXT)
    assert (answer["Scopes"], answer["Jobs"]) == (1, 1)


@pytest.mark.usefixtures("stage")
def test_poll_drops_scopes_that_waited_for_longer_than_the_cadence() -> None:
    answer = handle_poll.handler(handed_over(datetime.now(UTC) - timedelta(minutes=2)), CONTEXT)
    assert answer["Scopes"] == 0


def test_poll_names_the_scopes_that_could_not_be_read(stage: Stage) -> None:
    def fail(*_: object) -> None:
        raise TimeoutError("took too long")

    stage.apis["dataexchange.jobs"].fail = fail
    (unread,) = handle_poll.handler({}, CONTEXT)["Unread"]
    assert (unread["watch"], unread["error"]) == ("jobs", "TimeoutError")


@pytest.mark.usefixtures("stage")
def test_poll_refuses_a_watch_that_is_not_there() -> None:
    with pytest.raises(InvocationError, match="found typo, expected names out of"):
        handle_poll.handler({"watches": ["typo"]}, CONTEXT)


@pytest.mark.usefixtures("stage")
def test_poll_fails_when_the_table_does_but_only_after_every_scope_had_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TABLE_NAME", "gone")
    with pytest.raises(handle_poll.PollError, match="2 of the scopes could not be stored"):
        handle_poll.handler({}, CONTEXT)


def record(image: dict[str, Any], number: int) -> dict[str, Any]:
    return {"dynamodb": {"SequenceNumber": str(number), "NewImage": image}}


def test_publish_puts_events_on_the_bus_and_alerts_on_the_topic(stage: Stage) -> None:
    image = {
        "pk": {"S": "p"},
        "sk": {"S": "job#8a4f"},
        "announce": {"S": "Job Status Change"},
        "detail": {"S": json.dumps(detail())},
    }
    assert handle_publish.handler({"Records": [record(image, 1)]}, None) == {
        "batchItemFailures": []
    }
    (event,) = stage.events()
    assert (event["source"], event["detail-type"]) == ("jobwatch", "Job Status Change")
    assert event["detail"] == detail()
    (alert,) = stage.alerts()
    assert alert["Subject"] == "FAILED: SES import job 8a4f (contact-imports)"
    assert json.loads(alert["Message"])["detail"] == {"count": 1, "alerts": [detail()]}
    assert alert["MessageAttributes"]["status"] == {"Type": "String", "Value": "FAILED"}


def test_publish_names_the_first_record_that_it_could_not_publish(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_TOPIC_ARN", stage.publisher.topic + "-gone")
    image = {
        "pk": {"S": "p"},
        "sk": {"S": "job#8a4f"},
        "announce": {"S": "Job Status Change"},
        "detail": {"S": json.dumps(detail())},
    }
    silent = {"pk": {"S": "p"}, "sk": {"S": "scope"}}
    answer = handle_publish.handler({"Records": [record(silent, 1), record(image, 2)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_a_setting_that_is_missing_is_named() -> None:
    with pytest.raises(SettingError, match="NOT_THERE: found nothing"):
        setting("NOT_THERE")
