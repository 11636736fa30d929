"""What the functions measure: few metrics, few dimensions, and a silence that shows."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas import handle_poll
from lambdas.apis.clients import Clients
from lambdas.invocation import Invocation
from lambdas.model import Scope
from lambdas.publish import handler as handle_publish
from tests.stage import Stage, functions_on_stage, make_plan
from tests.template import of_type
from tests.test_handlers import CONTEXT, record
from tests.values import MINUTE, NOW

WATCHES = {
    "imports": {"source": "sesv2.import-jobs"},
    "exports": {"source": "sesv2.export-jobs"},
    "hourly": {"source": "dataexchange.jobs", "every": "1 hour"},
}

ASKED = Invocation(NOW)

POLLED = {"Jobs", "Changes", "Calls", "Throttles", "AgeOfLastRead"}
PUBLISHED = {"PublishLag"}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Staging")
    with functions_on_stage(tmp_path, monkeypatch, WATCHES) as stage:
        yield stage


class Measured:
    """The metrics in what a function printed: their values by name and dimensions."""

    def __init__(self, printed: str) -> None:
        self.values: dict[tuple[str, ...], list[float]] = {}
        self.kinds: set[tuple[str, ...]] = set()
        for line in printed.splitlines():
            document = json.loads(line)
            for directive in document.get("_aws", {}).get("CloudWatchMetrics", ()):
                self._read(document, directive)

    def _read(self, document: dict[str, Any], directive: dict[str, Any]) -> None:
        (dimensions,) = directive["Dimensions"]
        for metric in directive["Metrics"]:
            self.kinds.add((directive["Namespace"], metric["Name"], *sorted(dimensions)))
            of = {name: document[name] for name in dimensions}
            assert of.pop("service") == "Staging"
            self.values[metric["Name"], *of.values()] = document[metric["Name"]]


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: Measured(capsys.readouterr().out)


def refuse(*_: object) -> None:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "List")


def test_a_poll_measures_jobs_changes_calls_and_throttles(stage: Stage, measured: Any) -> None:
    stage.apis["sesv2.import-jobs"].put("j1", "PROCESSING")
    handle_poll.handler({"watches": ["imports", "exports"]}, CONTEXT)
    found = measured()
    assert found.values == {
        ("Jobs",): [1],
        ("Changes",): [1],
        ("Calls",): [2],
        ("Throttles",): [0],
        ("AgeOfLastRead", "60"): [0],
    }
    assert {name for name, *_ in found.values} == POLLED


@pytest.mark.usefixtures("stage")
def test_the_alarms_hear_what_the_functions_measure(measured: Any) -> None:
    """Namespace, name and dimensions: an alarm on a metric that nobody writes never rings."""
    handle_poll.handler({}, CONTEXT)
    heard = {
        (alarm["Namespace"], alarm["MetricName"], *sorted(d["Name"] for d in alarm["Dimensions"]))
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if not alarm["Namespace"].startswith("AWS/")
    }
    assert heard == {("Jobwatch", "AgeOfLastRead", "every", "service")}
    assert heard <= measured().kinds


@pytest.mark.usefixtures("stage")
def test_every_cadence_that_was_polled_as_a_whole_has_an_age(measured: Any) -> None:
    handle_poll.handler({}, CONTEXT)
    assert {k for k in measured().values if k[0] == "AgeOfLastRead"} == {
        ("AgeOfLastRead", "60"),
        ("AgeOfLastRead", "3600"),
    }
    handle_poll.handler({"watches": ["imports"]}, CONTEXT)
    assert not [k for k in measured().values if k[0] == "AgeOfLastRead"], "half of a cadence"


def test_the_age_of_a_scope_that_cannot_be_read_grows_without_a_write(stage: Stage) -> None:
    """The first failed read in a row is remembered; from the third on nothing is written."""
    stage.poll("imports")
    stage.apis["sesv2.import-jobs"].fail = refuse
    ages = [stage.poll("imports").ages["imports"] for _ in range(6)]
    written = len(stage.records())
    assert ages == [0, 60, 120, 180, 240, 300]
    stage.poll("imports", later=timedelta(hours=5))
    assert len(stage.records()) == 0 < written


def test_the_age_of_a_watch_is_that_of_its_worst_scope(tmp_path: Path) -> None:
    watches = {"imports": {"source": "sesv2.import-jobs", "regions": ["eu-west-1", "us-east-1"]}}
    with mock_aws():
        stage = Stage(make_plan(tmp_path, watches))
        healthy, sick = stage.api, type(stage.api)(stage.api.source)
        stage.clients.apis = {
            "sesv2.import-jobs@eu-west-1": healthy,
            "sesv2.import-jobs@us-east-1": sick,
        }
        sick.fail = refuse
        assert [stage.poll().ages["imports"] for _ in range(3)] == [0, 60, 120]
        sick.fail = lambda *_: None
        assert stage.poll().ages["imports"] == 0


def test_a_parent_that_cannot_be_listed_makes_its_watch_old(tmp_path: Path) -> None:
    with mock_aws():
        stage = Stage(make_plan(tmp_path, {"segments": {"source": "pinpoint.import-jobs"}}))
        stage.api.fail = refuse
        assert [stage.poll().ages["segments"] for _ in range(3)] == [0, 60, 120]


def test_a_parent_that_is_gone_makes_its_watch_no_older(tmp_path: Path) -> None:
    def refuse_lists(operation: str, _: object) -> None:
        if operation == "GetImportJobs":
            refuse()

    with mock_aws():
        stage = Stage(make_plan(tmp_path, {"imports": {"source": "pinpoint.import-jobs"}}))
        stage.api.children["ApplicationId"] = ["app"]
        stage.api.put("j1", "PROCESSING", ApplicationId="app")
        stage.poll()
        stage.api.fail = refuse_lists
        assert [stage.poll().ages["imports"] for _ in range(2)] == [0, 60]
        stage.api.children.clear()
        assert stage.poll().ages["imports"] == 0


@pytest.mark.usefixtures("stage")
def test_a_poll_that_could_not_store_tells_no_age(
    monkeypatch: pytest.MonkeyPatch, measured: Any
) -> None:
    """Its silence is what the alarm hears."""
    monkeypatch.setenv("TABLE_NAME", "gone")
    with pytest.raises(handle_poll.PollError):
        handle_poll.handler({}, CONTEXT)
    assert set(measured().values) == {("Jobs",), ("Changes",), ("Calls",), ("Throttles",)}


def test_a_cadence_with_a_scope_that_could_not_be_stored_has_no_age(stage: Stage) -> None:
    summary = stage.poll()
    assert [every for every, _ in handle_poll._ages(stage.plan, summary, ASKED)] == [60, 3600]
    scope = Scope("exports", "sesv2.export-jobs", "111122223333", "us-east-1")
    summary.errors.append((scope, RuntimeError("no table")))
    assert [every for every, _ in handle_poll._ages(stage.plan, summary, ASKED)] == [3600]


def test_publishing_measures_how_long_each_change_took(stage: Stage, measured: Any) -> None:
    stage.now = datetime.now(UTC) - 4 * MINUTE
    stage.poll("imports")
    stage.records()
    stage.apis["sesv2.import-jobs"].put("j1", "PROCESSING")
    stage.poll("imports")
    stage.apis["sesv2.import-jobs"].put("j2", "PROCESSING")
    stage.poll("imports", later=timedelta(seconds=30))
    handle_publish.handler({"Records": stage.records()}, None)
    found = measured().values
    assert {name for name, *_ in found} == PUBLISHED
    first, second = found[("PublishLag",)]
    assert 120 <= first < 140
    assert 90 <= second < 110


def test_only_what_was_published_is_measured(
    stage: Stage, measured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_TOPIC_ARN", stage.publisher.topic + "-gone")
    stage.poll("imports")
    stage.records()
    for job, status in (("j1", "PROCESSING"), ("j2", "FAILED"), ("j3", "PROCESSING")):
        stage.apis["sesv2.import-jobs"].put(job, status)
        stage.poll("imports")
    records = stage.records()
    answer = handle_publish.handler({"Records": records}, None)
    assert answer["batchItemFailures"] == [
        {"itemIdentifier": records[1]["dynamodb"]["SequenceNumber"]}
    ]
    assert len(measured().values[("PublishLag",)]) == 1


@pytest.mark.usefixtures("stage")
def test_nothing_published_is_nothing_measured(measured: Any) -> None:
    silent = record({"pk": {"S": "p"}, "sk": {"S": "scope"}}, 1)
    handle_publish.handler({"Records": [silent]}, None)
    assert measured().values == {}


class Body:
    """The raw body of a response."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


def answer(status: int, body: str) -> AWSResponse:
    return AWSResponse(
        "https://x", status, {"content-type": "application/json"}, Body(body.encode())
    )


@pytest.mark.parametrize(
    ("answers", "throttles"),
    [
        ([(429, '{"code": "TooManyRequestsException"}'), (200, "{}")], 1),
        ([(400, '{"code": "ThrottlingException"}')] * 2, 2),
        ([(500, '{"code": "InternalFailure"}'), (200, "{}")], 0),
        ([(403, '{"code": "AccessDeniedException"}')], 0),
        ([(200, "{}")], 0),
    ],
    ids=["healed by a retry", "to the end", "another error", "no right", "none"],
)
def test_throttled_answers_count_whether_or_not_a_retry_helped(
    monkeypatch: pytest.MonkeyPatch, answers: list[tuple[int, str]], throttles: int
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    once_more = Config(retries={"mode": "standard", "total_max_attempts": 2})
    clients = Clients(botocore.session.Session(), once_more)
    scope = Scope("imports", "sesv2.import-jobs", "111122223333", "eu-west-1")
    client = clients.client("sesv2", scope)
    left = iter(answers)
    client.meta.events.register("before-send", lambda **_: answer(*next(left)))
    with suppress(ClientError):
        client.list_import_jobs()
    assert next(left, None) is None
    assert (clients.throttles.take(), clients.throttles.take()) == (throttles, 0)
