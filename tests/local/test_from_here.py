"""What needs no deployment, or one to look at, against the local AWS: poll, plan and tail."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from demo import own_jobs
from demo.deploy import WATCHES
from demo.harness import Harness
from demo.local_aws import clean_environment
from lambdas.store.items import JOB
from tests.records import unreachable
from tests.said import Said, run

ROOT = Path(__file__).parents[2]
NOTHING: dict[str, list[str]] = {"queues": [], "rules": []}


@pytest.fixture
def here(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> Harness:
    for name, value in harness.aws.settings().items():
        monkeypatch.setenv(name, value)
    return harness


@pytest.mark.usefixtures("here")
def test_a_deployment_of_the_same_file_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = run(capsys, "plan", "--json", f"--watches={WATCHES}")
    found = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert (found["deployed"], found["changes"]) == (True, False)
    assert found["before"] == found["after"]


def test_of_a_watch_that_is_taken_out_the_known_jobs_are_counted(
    here: Harness, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    less = tmp_path / "watches.yaml"
    text = WATCHES.read_text(encoding="utf-8")
    less.write_text(text.replace("  ses-imports:", "  renamed:"), encoding="utf-8")
    found = json.loads(run(capsys, "plan", "--json", f"--watches={less}").out)
    known = [sk for pk, sk in _keys(here) if pk.startswith("ses-imports#") and sk.startswith(JOB)]
    assert found["added"] == ["renamed"]
    assert found["removed"] == [{"watch": "ses-imports", "known_jobs": len(known)}]
    assert found["permissions"] == {"gained": [], "lost": []}


def test_a_poll_from_here_finds_the_jobs_that_the_stack_does(
    here: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a service that the local AWS has itself: real calls, real answers."""
    export = own_jobs.export_table(here.aws)
    here.poller.poll()
    said: Said = run(capsys, "poll", "--json", "--source=dynamodb.exports")
    found = json.loads(said.out)
    known = {sk for pk, sk in _keys(here) if pk.startswith("table-exports#") and sk.startswith(JOB)}
    assert (said.code, found["unread"], found["events"]) == (0, [], [])
    assert {JOB + job["job_id"] for job in found["jobs"]} == known
    assert JOB + export.job_id in known


def _keys(harness: Harness) -> Iterator[tuple[str, str]]:
    yield from ((item["pk"]["S"], item["sk"]["S"]) for item in harness.items())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_tail_shows_what_is_on_the_bus_and_leaves_nothing(
    here: Harness, how: signal.Signals
) -> None:
    detail = unreachable(id="tail", since="2026-11-22T01:56:00Z")
    with _tail(here) as process:
        assert "Listening" in process.stderr.readline()
        ((queue,), (rule,)) = _there(here).values()
        assert queue == rule
        entry = {
            "EventBusName": here.stack.bus,
            "Source": "jobwatch",
            "DetailType": "Watch Unreachable",
            "Detail": json.dumps(detail),
        }
        here.aws.client("events").put_events(Entries=[entry])
        assert json.loads(process.stdout.readline())["detail"] == detail
        process.send_signal(how)
        assert process.wait(60) == 130
    assert _there(here) == NOTHING


@contextmanager
def _tail(harness: Harness) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "operate", "tail", "--json", "--watch", "*"],
        cwd=ROOT,
        env={**clean_environment(), **harness.aws.settings(), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _there(harness: Harness) -> dict[str, list[str]]:
    """Name the queues and rules of tails."""
    urls = harness.aws.client("sqs").list_queues(QueueNamePrefix="Jobwatch-tail-")
    rules = harness.aws.client("events").list_rules(
        EventBusName=harness.stack.bus, NamePrefix="Jobwatch-tail-"
    )
    return {
        "queues": [url.rpartition("/")[2] for url in urls.get("QueueUrls", ())],
        "rules": [each["Name"] for each in rules["Rules"]],
    }
