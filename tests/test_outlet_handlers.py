"""The functions that publish and alert, as Lambda calls them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lambdas.settings import SettingError, setting
from lambdas.times import iso
from tests.functions import Context, Functions, functions_on_stage
from tests.measured import Measured
from tests.metrics import ALERTED, PUBLISHED
from tests.records import change, detail, stream_record

WATCHES: dict[str, Any] = {"contact-imports": {"source": "sesv2.import-jobs"}}
ALL_SENT: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Staging")
    with functions_on_stage(tmp_path, monkeypatch, WATCHES) as functions:
        monkeypatch.setenv("DEAD_LETTERS_QUEUE_URL", functions.unsent)
        yield functions


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: Measured(capsys.readouterr().out)


def ago(**time: float) -> str:
    return str(iso(datetime.now(UTC) - timedelta(**time)))


def test_publish_puts_events_on_the_bus_and_alert_sends_alerts(functions: Functions) -> None:
    event = {"Records": [change(1, "8a4f")]}
    assert functions.start("publish")(event, Context(60)) == ALL_SENT
    (told,) = functions.stage.events()
    assert (told["source"], told["detail-type"]) == ("jobwatch", "Job Status Change")
    assert told["detail"] == detail(id="e1")
    assert functions.stage.alerts() == []
    assert functions.start("alert")(event, Context(60)) == ALL_SENT
    (alert,) = functions.stage.alerts()
    assert alert["Subject"] == "FAILED: SES import job 8a4f (contact-imports)"
    assert alert["MessageAttributes"]["status"] == {"Type": "String", "Value": "FAILED"}
    assert functions.stage.events() == []


def test_each_measures_how_long_ago_a_change_was_observed(
    functions: Functions, measured: Any
) -> None:
    records = [change(1, observed_at=ago(minutes=2)), change(2, observed_at=ago(seconds=90))]
    for name, metrics in (("publish", PUBLISHED), ("alert", ALERTED)):
        functions.start(name)({"Records": records}, Context(60))
        found = measured().values
        assert {metric for metric, *_ in found} == metrics
        ((first, second),) = found.values()
        assert 120 <= first < 150
        assert 90 <= second < 120


@pytest.mark.parametrize("name", ["publish", "alert"])
def test_nothing_sent_is_nothing_measured(functions: Functions, measured: Any, name: str) -> None:
    assert functions.start(name)({"Records": []}, Context(60)) == ALL_SENT
    assert measured().values == {}


@pytest.mark.parametrize("name", ["publish", "alert"])
def test_the_first_record_that_could_not_be_sent_for_now_is_named(
    functions: Functions, name: str
) -> None:
    handler = functions.start(name)
    answer = handler({"Records": [change(1), change(2)]}, Context(10))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "001"}]}, "no time for a call"


@pytest.mark.parametrize("name", ["publish", "alert"])
def test_what_can_never_be_sent_is_put_aside_and_kept_when_it_was_put_aside_before(
    functions: Functions, name: str
) -> None:
    broken, whole = stream_record(1, "{no json"), change(2)
    handler = functions.start(name)
    assert handler({"Records": [broken, whole]}, Context(60)) == ALL_SENT
    (letter,) = functions.waiting(functions.unsent)
    assert '"sequence": "001"' in letter["Body"]
    answer = handler({"Records": [broken], "keep_refused": True}, Context(60))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "001"}]}


def test_a_setting_that_is_missing_is_named(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVENT_BUS_NAME")
    with pytest.raises(SettingError, match="EVENT_BUS_NAME: found nothing"):
        functions.start("publish")({"Records": []}, Context(60))
    with pytest.raises(SettingError, match="NOT_THERE: found nothing"):
        setting("NOT_THERE")
