"""The poll function and its queues: what it puts there is what it later gets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lambdas import handle_poll
from tests.stage import Stage, functions_on_stage
from tests.test_handlers import CONTEXT
from tests.test_metrics import Measured

ACCOUNTS = [{"id": f"{number:012}", "role": "reader"} for number in range(1, 31)]
REGIONS = ["eu-west-1", "us-east-1", "us-west-2", "ap-south-1"]
WATCHES = {
    "many": {"source": "sesv2.import-jobs", "accounts": ACCOUNTS, "regions": REGIONS},
    "quick": {"source": "dataexchange.jobs", "every": "15 seconds"},
}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Staging")
    with functions_on_stage(tmp_path, monkeypatch, WATCHES) as stage:
        yield stage


def delivered(stage: Stage) -> Iterator[dict[str, Any]]:
    """The events that the queue of scopes has for the function, until it is empty."""
    for message in stage._drain("scopes.fifo"):
        yield {"Records": [{"body": message["Body"]}]}


def waiting(stage: Stage, queue: str) -> tuple[int, int]:
    """How many messages can be had, and how many only later."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    url = stage.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = stage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


def test_more_scopes_than_one_invocation_takes_are_visited_by_others(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.apis["sesv2.import-jobs"].put("j1", "PROCESSING")
    answer = handle_poll.handler({"watches": ["many"]}, CONTEXT)
    assert (answer["Scopes"], answer["Queued"]) == (0, 120)
    assert ("AgeOfLastRead", "60") not in Measured(capsys.readouterr().out).values
    answers = [handle_poll.handler(event, CONTEXT) for event in delivered(stage)]
    assert sum(answer["Scopes"] for answer in answers) == 120
    assert sum(answer["Jobs"] for answer in answers) == 120
    assert {answer["Queued"] for answer in answers} == {0}
    places = [(scope.account, scope.region) for _, scope in stage.clients.asked]
    assert len(places) == len(set(places)) == 120
    assert Measured(capsys.readouterr().out).values["AgeOfLastRead", "60"] == [0]


def test_visits_that_came_too_late_tell_how_late(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    handle_poll.handler({"watches": ["many"]}, CONTEXT)
    capsys.readouterr()
    long_ago = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    for event in delivered(stage):
        message = json.loads(event["Records"][0]["body"])
        event["Records"][0]["body"] = json.dumps(message | {"tick": long_ago})
        assert handle_poll.handler(event, CONTEXT)["Scopes"] == 0
        ((_, _, age),) = [
            (*key, value[0])
            for key, value in Measured(capsys.readouterr().out).values.items()
            if key[0] == "AgeOfLastRead"
        ]
        assert 600 <= age < 700


def test_a_watch_that_is_due_four_times_a_minute_is_held_back_three_times(stage: Stage) -> None:
    event = {"watches": ["quick"], "tick": "<aws.scheduler.scheduled-time>", "every": 15}
    assert handle_poll.handler(event, CONTEXT)["Scopes"] == 1
    assert waiting(stage, "later") == (0, 3)


def test_a_turn_that_was_held_back_holds_back_no_other(stage: Stage) -> None:
    tick = datetime.now(UTC).isoformat()
    body = json.dumps({"tick": tick, "due": tick, "watches": ["quick"]})
    assert handle_poll.handler({"Records": [{"body": body}]}, CONTEXT)["Scopes"] == 1
    assert waiting(stage, "later") == (0, 0)
