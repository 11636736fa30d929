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
from lambdas.text import clean, withhold
from tests.faults.canaries import Cage, CanaryApi
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


KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"
ID = "AKIA" + "IOSFODNN7EXAMPLE"
TOKEN = "IQoJb3JpZ2luX2VjE" + "Xk9" * 30 + "=="
SIGNED = (
    f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={ID}%2F20261122%2Fus-east-1%2Fs3"
    "%2Faws4_request&X-Amz-Signature=5ec4e7f00d5ec4e7"
)
URL = f"https://bucket.s3.amazonaws.com/key.csv{SIGNED}"
QUOTED = "https%3A%2F%2Fbucket.s3.amazonaws.com%2Fkey%3FX-Amz-Signature%3D5ec4e7f00d5ec4e7"
SECRETS = ("5ec4e7f00d", KEY, ID, TOKEN[:40], "hunter2")
TEXTS = {
    "a signed URL": f"could not read {URL} twice",
    "in upper case": f"could not read {URL.replace('https', 'HTTPS')}",
    "in parentheses": f"could not read ({URL})",
    "in angle brackets": f"could not read <{URL}>",
    "in quotes": f"could not read '{URL}', {URL!r}",
    "in JSON": json.dumps({"url": URL, "header": {"x-api-key": "hunter2"}}),
    "in JSON in JSON": json.dumps(json.dumps({"url": URL, "SecretAccessKey": KEY})),
    "with escaped slashes": "see https:\\/\\/b\\/k?X-Amz-Signature=5ec4e7f00d5ec4e7\\u0026a=b",
    "with escaped ampersands": URL.replace("&", "\\u0026").replace("=", "\\u003d"),
    "as HTML": f'<a href="{URL.replace("&", "&amp;")}">file</a>',
    "percent-encoded": f"redirect={QUOTED} failed",
    "percent-encoded twice": f"redirect={QUOTED.replace('%', '%25')} failed",
    "without its host": f"GET /key.csv{SIGNED} HTTP/1.1",
    "a fragment": "https://app/callback#access_token=5ec4e7f00d5ec4e7",
    "a password in a URL": "postgresql://reader:hunter2@db.example:5432/jobs is down",
    "a percent-encoded password": "https%3A%2F%2Freader:hunter2@db.example%2F is down",
    "a key's id": f"The key {ID} is not allowed",
    "a temporary key's id": f"The key {ID} and ASIA{ID[4:]} are not allowed".replace(ID, "-"),
    "a secret key": f"aws_secret_access_key = {KEY}",
    "a secret key in camel case": f"secretAccessKey: '{KEY}', x",
    "credentials": f"[default]\naws_access_key_id={ID}\naws_secret_access_key={KEY}\n",
    "an environment": f"env AWS_SECRET_ACCESS_KEY={KEY} AWS_SESSION_TOKEN={TOKEN} run",
    "a session token": f"the token {TOKEN} has expired",
    "a session token's header": f"x-amz-security-token:{TOKEN}\nhost:s3",
    "a canonical request": f"GET\n/\nhost:s3\nx-amz-security-token:{TOKEN}\n\nhost;x-amz-date",
    "an authorization header": (
        f"Authorization: AWS4-HMAC-SHA256 Credential={ID}/20261122/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=5ec4e7f00d5ec4e7"
    ),
    "a bearer": "Authorization: Bearer hunter2hunter2hunter2",
    "a lower bearer": "sent {'authorization': 'bearer hunter2hunter2hunter2'}",
    "a bearer alone": "refused: Bearer 5ec4e7f00d5ec4e75ec4e7f00d",
    "basic": "Authorization: Basic aHVudGVyMjpodW50ZXIy hunter2",
    "a digest": 'Authorization: Digest username="u", response="hunter2"',
    "an API key": "x-api-key: hunter2",
    "an API key in a query": "/prod/jobs?apiKey=hunter2&page=2",
    "a cookie": "Set-Cookie: session=hunter2; Path=/",
    "a password": "user=reader;password=hunter2;database=jobs",
    "a quoted password": '{"password": "hunter2, and more"}',
    "a password of two words": "password='correct hunter2'",
    "a web token": "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.5ec4e7f00d5ec4e7 expired",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
    "half a private key": "-----BEGIN PRIVATE KEY-----\nhunter2 5ec4e7f00d",
    "a client secret": "client_secret=hunter2&grant_type=x",
    "a SAS": "https://account.blob.core.windows.net/c/b?sv=2022&sig=hunter2",
    "a Google URL": "https://storage.googleapis.com/b/o?X-Goog-Signature=5ec4e7f00d5ec4e7",
    "an old signed URL": f"https://b.s3.amazonaws.com/k?AWSAccessKeyId={ID}&Signature=hunter2",
    "at the end of a long text": "x " * 30_000 + URL,
    "where a long text is cut": "x" * 960 + " " + URL + " " + KEY.join(["secret_key=", " end"]),
    "where looking ends": "word " * 795 + f"see {URL}",
}
HARMLESS = [
    "The file has a malformed row",
    "s3://bucket/what?is#this.csv",
    "https://docs.aws.amazon.com/ses/latest/dg/import.html",
    "arn:aws:dataexchange:eu-west-1:111122223333:jobs/8a4f",
    "Unexpected token: EOF at line 7",
    "column secretary: expected text, found 12",
    "Access denied for arn:aws:iam::111122223333:role/jobs (basic authentication)",
    "password must not be empty",
]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_secret_in_a_text_that_may_travel_is_withheld(text: str, tally: Counter[str]) -> None:
    for longest in (99, 300, 1_000, 2_000, 100_000):
        told = str(clean(text, longest))
        assert not [secret for secret in SECRETS if secret in told], told
    tally["secrets in texts"] += 1


def test_half_a_secret_at_the_end_of_what_is_looked_at_is_not_told() -> None:
    """What stands before it is withheld, so that the end moves to where it would be told."""
    for end in range(3_960, 4_010):
        text = f"see {URL}&".ljust(end, "y") + f" {ID} is not allowed"
        assert "AKIA" not in clean(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_is_told(text: str) -> None:
    assert withhold(text) == text


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
