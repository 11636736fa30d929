"""No secret travels (P21): canaries in every leaf of every answer, and secrets in what may travel.

What gets out of the functions is gathered from all ends: the table, its stream, the bus, the topic,
the functions' answers, the logs and what they print.
"""

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from infra.config.derived import (
    batch,
    get_completes,
    list_tells_progress,
    list_tells_status,
    names_job,
)
from infra.config.rows import Row
from lambdas.messages import Turn, write_turn
from tests.catalogue import ours
from tests.every.plan import watch_of
from tests.faults.canaries import Cage, CanaryApi, looks_in
from tests.flow import ACCOUNT, REGION, Flow
from tests.functions import Context, Functions, functions_of
from tests.secret_texts import SECRETS, TEXTS

ROWS = ours().rows
ALL = ["PENDING", "RUNNING", "SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED", "UNKNOWN"]


@dataclass
class Watched:
    """The functions over one source, and everything that came out of them."""

    functions: Functions
    out: list[str] = field(default_factory=list)
    _started: dict[str, Any] = field(default_factory=dict)

    def start(self, name: str) -> Any:
        """Give a function's handler, warm after its first start."""
        if name not in self._started:
            self._started[name] = self.functions.start(name)
        return self._started[name]

    @property
    def flow(self) -> Flow:
        return self.functions.flow

    def run(self) -> None:
        """Poll a fake of the job API, publish and alert."""
        summary = self.flow.poll()
        self.out.append(json.dumps([summary.counts, summary.unread], default=str))
        self.hand_over()

    def poll(self) -> None:
        """Let the poll function itself ask, as far as the network."""
        body = write_turn(Turn("dataexchange", ACCOUNT, REGION, ("w",), datetime.now(UTC)))
        answer = self.start("poll")({"Records": [{"body": body}]}, Context())
        self.out.append(json.dumps(answer, default=str))

    def hand_over(self) -> None:
        records = self.flow.records()
        for name in ("publish", "alert"):
            answer = self.start(name)({"Records": records}, Context())
            self.out.append(json.dumps([records, answer], default=str))
        gathered = [self.flow.items(), self.flow.events(), self.flow.alerts()]
        self.out.append(json.dumps(gathered, default=str, ensure_ascii=False))


@pytest.fixture
def watched(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Watched]:
    """The functions over one source, all logs at their loudest, but for botocore's.

    Its debugging shows each answer whole, and no setting of the functions turns it on.
    """
    source: str = request.param
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="botocore")
    watches, alerts = {"w": watch_of(ROWS[source])}, {"on": ALL}
    with functions_of(tmp_path, monkeypatch, watches, alerts=alerts) as functions:
        caplog.set_level(logging.DEBUG, logger="jobwatch")
        yield Watched(functions)


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the functions log, as they write it, traces and all."""
    return [LambdaPowertoolsFormatter().format(record) for record in caplog.records]


def kind_of(row: Row) -> tuple[object, ...]:
    """How a row is read: what differs here may let something else through."""
    source = row.source
    get = source.get
    several = get is not None and batch(row, get) > 1
    told = (list_tells_status(row), list_tells_progress(row), get_completes(row))
    places = (len(source.parents), any(each.service for each in source.parents), len(source.id))
    place = get and (get.job == "@", get.job.endswith("[0]"), names_job(row))
    return (place, several, *told, *places)


WRITTEN = ("dataexchange", "dynamodb", "pinpoint", "sesv2", "translate")
KINDS = {kind_of(row): name for name, row in ROWS.items()}
SOME = sorted({*KINDS.values(), *(name for name, row in ROWS.items() if row.service in WRITTEN)})
"""One source of each kind; a soak tries all of them."""
TRIED = sorted(ROWS) if "JOBWATCH_EXAMPLES" in os.environ else SOME


@pytest.mark.parametrize("watched", TRIED, indirect=True)
def test_nothing_gets_out_but_what_the_row_lets_through(
    watched: Watched,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    tally: Counter[str],
) -> None:
    (source,) = watched.flow.plan.sources.values()
    cage = Cage(datetime.now(UTC) - timedelta(hours=1))
    api = CanaryApi(ROWS[source.name], source, cage)
    watched.flow.clients.apis = {source.name: api}  # type: ignore[dict-item]
    raws = {ours: raw for raw, ours in source.statuses.items()}
    runs, ends = raws.get("RUNNING", raws.get("PENDING")), raws.get("FAILED", raws["SUCCEEDED"])
    watched.run()
    first, _, lost = api.put(1, runs), api.put(2, ends), api.put(3, runs)
    watched.run()
    api.put(1, ends)
    api.remove(lost)
    api.put(4, raws["SUCCEEDED"])
    watched.run()
    api.put(4, "canary-status")
    watched.run()
    out = "\n".join([*watched.out, *capfd.readouterr(), *logged(caplog)])
    assert out.count(json.dumps(first)) > 0
    assert "NOT_FOUND" in out
    seen = looks_in(out) & cage.looks
    assert seen - api.allowed == set()
    assert seen & api.allowed
    tally["canaries"] += len(cage.looks)


@pytest.mark.parametrize("watched", ["sesv2.import-jobs"], indirect=True)
def test_a_failure_that_quotes_secrets_is_told_without_them(
    watched: Watched, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Through the whole flow, whatever the message quotes."""
    watched.run()
    api = watched.flow.api
    for number, text in enumerate(TEXTS.values()):
        api.put(f"j{number}", "FAILED", CreatedTimestamp=datetime.now(UTC))
        source = {"S3Url": text, "DataFormat": text}
        failure = {"FailureInfo": {"ErrorMessage": text}, "ImportDataSource": source}
        api.fuller[f"j{number}"] = failure
    watched.run()
    out = "\n".join([*watched.out, *capfd.readouterr(), *logged(caplog)])
    assert "j40" in out
    assert not [secret for secret in SECRETS if secret in out]


@pytest.mark.parametrize("watched", ["dataexchange.jobs"], indirect=True)
@pytest.mark.parametrize("kind", ["refused", "broken", "each"])
def test_errors_that_quote_a_request_are_told_without_secrets(
    kind: str,
    watched: Watched,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the answer's `Unread`, in the log, and in the error of `Watch Unreachable`."""
    text = " | ".join(TEXTS.values())
    answers = {
        "refused": [(403, {"code": "Refused", "message": text})] * 3,
        "broken": [ValueError(text)] * 3,
        "each": [(403, {"code": each, "message": each}) for each in TEXTS.values()],
    }
    for answer in answers[kind]:
        watched.functions.apis.answers["ListJobs"] = answer
        watched.poll()
    watched.hand_over()
    out = "\n".join([*watched.out, *capfd.readouterr(), *logged(caplog)])
    assert "Watch Unreachable" in out
    assert "withheld" in out
    assert not [secret for secret in SECRETS if secret in out]


@pytest.mark.parametrize("watched", ["sesv2.import-jobs"], indirect=True)
@pytest.mark.parametrize("outlet", ["publish", "alert"])
def test_a_bus_or_topic_that_is_not_there_is_logged_without_what_was_sent(
    outlet: str,
    watched: Watched,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVENT_BUS_NAME", "nowhere")
    monkeypatch.setenv("ALERT_TOPIC_ARN", f"arn:aws:sns:{REGION}:{ACCOUNT}:nowhere")
    watched.flow.poll()
    watched.flow.api.put("j1", "FAILED", CreatedTimestamp=datetime.now(UTC))
    text = " | ".join(TEXTS.values())
    watched.flow.api.fuller["j1"] = {"FailureInfo": {"ErrorMessage": text}}
    watched.flow.poll()
    records = watched.flow.records()
    answer = watched.functions.start(outlet)({"Records": records}, Context())
    out = "\n".join([json.dumps(answer), *capfd.readouterr(), *logged(caplog)])
    assert out.count("\n") >= 1
    assert not [secret for secret in SECRETS if secret in out]
