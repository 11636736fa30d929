"""No secret travels (P21): canaries in every leaf of every answer, and secrets in what may travel.

What gets out of the functions is gathered from all ends: the table, its stream, the bus, the topic,
the functions' answers, the logs and what they print.
"""

import json
import logging
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from botocore.exceptions import ClientError

from infra.config.rows import read_catalogue
from lambdas import handle_poll
from lambdas.publish import handler as handle_publish
from tests.faults.canaries import Cage, CanaryApi
from tests.secret_texts import SECRETS, TEXTS
from tests.stage import CATALOGUE, REGION, Stage, functions_on_stage

ROWS = read_catalogue(CATALOGUE).ids
CONTEXT = SimpleNamespace(
    invoked_function_arn=f"arn:aws:lambda:{REGION}:111122223333:function:poll",
    get_remaining_time_in_millis=lambda: 300_000,
)


@dataclass
class Watched:
    """Both functions, their handlers and all, and everything that came out of them."""

    stage: Stage
    api: Any
    out: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Poll and publish."""
        self.out.append(json.dumps(handle_poll.handler({}, CONTEXT), default=str))
        records = self.stage.records()
        answer = handle_publish.handler({"Records": records}, None)
        self.out += [json.dumps(each, default=str) for each in (records, answer)]
        gathered = [self.stage.items(), self.stage.events(), self.stage.alerts()]
        self.out.append(json.dumps(gathered, default=str, ensure_ascii=False))


@pytest.fixture
def watched(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Watched]:
    """The functions over one source, all logs at their loudest."""
    source: str = request.param
    caplog.set_level(logging.DEBUG)
    watches, alerts = {"w": {"source": source}}, {"on": ALL}
    with functions_on_stage(tmp_path, monkeypatch, watches, alerts=alerts) as stage:
        handle_poll._parts()
        handle_publish._parts()
        caplog.set_level(logging.DEBUG, logger="jobwatch")
        yield Watched(stage, stage.api)


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the functions log, as they write it, traces and all."""
    return [LambdaPowertoolsFormatter().format(record) for record in caplog.records]


ALL = ["PENDING", "RUNNING", "SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED", "UNKNOWN"]


@pytest.mark.parametrize("watched", ROWS, indirect=True)
def test_nothing_gets_out_but_what_the_row_lets_through(
    watched: Watched,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    tally: Counter[str],
) -> None:
    (source,) = watched.stage.plan.sources.values()
    cage = Cage(datetime.now(UTC) - timedelta(hours=1))
    api = CanaryApi(source, cage)
    watched.stage.clients.apis = {source.name: api}  # type: ignore[dict-item]
    raws = {ours: raw for raw, ours in source.statuses.items()}
    watched.run()
    api.jobs = {"job-1": raws["RUNNING"], "job-2": raws["FAILED"], "job-3": raws["RUNNING"]}
    watched.run()
    api.jobs = {"job-1": raws["FAILED"], "job-2": raws["FAILED"], "job-4": raws["SUCCEEDED"]}
    watched.run()
    api.jobs["job-4"] = "canary-status"
    watched.run()
    out = "\n".join([*watched.out, *capfd.readouterr(), *logged(caplog)])
    assert out.count('"job-3"') > 0
    assert "NOT_FOUND" in out
    escaped = {look for look in cage.looks - api.allowed if look in out}
    assert escaped == set()
    let_through = {look for look in api.allowed & cage.looks if look in out}
    assert let_through
    tally["canaries"] += len(cage.looks)


EVERYTHING = " | ".join(list(TEXTS.values())[:12])


@pytest.mark.parametrize("watched", ["sesv2.import-jobs"], indirect=True)
def test_a_failure_that_quotes_secrets_is_told_without_them(
    watched: Watched, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Through the whole flow, whatever the message quotes."""
    watched.run()
    for number, text in enumerate(TEXTS.values()):
        watched.api.put(f"j{number}", "FAILED", CreatedTimestamp=datetime.now(UTC))
        source = {"S3Url": text, "DataFormat": text}
        failure = {"FailureInfo": {"ErrorMessage": text}, "ImportDataSource": source}
        watched.api.fuller[f"j{number}"] = failure
    watched.run()
    out = "\n".join([*watched.out, *capfd.readouterr(), *logged(caplog)])
    assert '"j40"' in out
    assert not [secret for secret in SECRETS if secret in out]


@pytest.mark.parametrize("watched", ["sesv2.import-jobs"], indirect=True)
def test_errors_that_quote_a_request_are_told_without_secrets(
    watched: Watched, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """In the answer's `Unread`, in the log, and in the error of `Watch Unreachable`."""
    for text in TEXTS.values():
        for error in (
            ClientError({"Error": {"Code": f"Refused {text}", "Message": text}}, "ListImportJobs"),
            ValueError(text),
        ):
            watched.api.fail = fails_with(error)
            watched.run()
    out = "\n".join([*watched.out, *capfd.readouterr(), *logged(caplog)])
    assert "Watch Unreachable" in out
    assert "withheld" in out
    assert not [secret for secret in SECRETS if secret in out]


@pytest.mark.parametrize("watched", ["sesv2.import-jobs"], indirect=True)
def test_a_table_that_fails_while_a_service_does_shows_no_secret_of_the_service(
    watched: Watched,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The trace of our own error leads past the service's, which quotes the request."""
    watched.api.fail = fails_with(ValueError(EVERYTHING))
    table = handle_poll._parts().table
    error = ClientError({"Error": {"Code": "InternalServerError", "Message": "no"}}, "PutItem")
    monkeypatch.setattr(table.client, "put_item", fails_with(error))
    with pytest.raises(handle_poll.PollError) as raised:
        handle_poll.handler({}, CONTEXT)
    trace = "".join(traceback.format_exception(raised.value))
    out = "\n".join([trace, *capfd.readouterr(), *logged(caplog)])
    assert "InternalServerError" in out
    assert not [secret for secret in SECRETS if secret in out]


def fails_with(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize("watched", ["sesv2.import-jobs"], indirect=True)
def test_a_bus_or_topic_that_quotes_a_request_is_logged_without_its_secrets(
    watched: Watched,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched.run()
    watched.api.put("j1", "FAILED", CreatedTimestamp=datetime.now(UTC))
    handle_poll.handler({}, CONTEXT)
    records = watched.stage.records()
    publisher, _ = handle_publish._parts()
    for client, method in ((publisher.events, "put_events"), (publisher.sns, "publish_batch")):
        for text in list(TEXTS.values())[:20]:
            error = ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": text}}, "x")
            with monkeypatch.context() as patched:
                patched.setattr(client, method, fails_with(error))
                answer = handle_publish.handler({"Records": records}, None)
            assert answer["batchItemFailures"]
    out = "\n".join([*capfd.readouterr(), *logged(caplog)])
    assert "SignatureDoesNotMatch" in out
    assert not [secret for secret in SECRETS if secret in out]
