"""A deployed stack mutes, tells what stands at the end, and that it is over, and sends a test."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.harness import Harness
from demo.records import Moment, job_id, ses_export, ses_import
from lambdas.store.layout import HEARTBEAT
from lambdas.times import iso
from operate.asking import ask
from tests.local import short_story
from tests.schemas import faults

WATCH, JOB = "ses-imports", "muted"
OTHER_WATCH = "ses-exports"
PATIENCE = 90.0
"""Seconds in which all must come through."""


@pytest.fixture(scope="module")
def harness(idle: Harness) -> Harness:
    """That of which parts may be stopped."""
    return idle


class Listening:
    """What was heard: the statuses of the job's events, its alerts by state, and alerts of others.

    `heard` are the ids of other jobs, which are of a watch that is not muted.
    """

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.events: list[str] = []
        self.alerts: list[tuple[str, str]] = []
        self.heard: set[str] = set()

    def show(self, raw: str, **more: Any) -> None:
        now = datetime.now(UTC)
        self.harness.world.show(
            {short_story.SES_IMPORTS: [ses_import(JOB, Moment(raw, now, now, total=1, **more))]}
        )
        self.harness.poller.tick(WATCH)

    def look(self) -> None:
        for event in self.harness.listener.events():
            assert faults(json.loads(event.text)) == []
            self.events += [event.detail["status"]] if event.job[1] == job_id(JOB) else []
        for alert in self.harness.listener.alerts():
            assert faults(alert.document) == []
            told = (each for each in alert.details if each.get("job_id") == job_id(JOB))
            self.alerts += [(each["state"], each["status"]) for each in told]
            self.heard |= {each["job_id"] for each in alert.details if "job_id" in each}

    def wait(self, until: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < ends, (self.events, self.alerts)
            time.sleep(0.5)
            self.look()

    def pass_by(self, name: str) -> None:
        """Wait until all that was stored so far went by the alert function.

        The stream gives in order what was stored: another watch's job, which fails now, comes last.
        """
        now = datetime.now(UTC)
        failed = ses_export(name, Moment("FAILED", now, now, now, total=1, failed=1))
        self.harness.world.show({short_story.SES_EXPORTS: [failed]})
        self.harness.poller.tick(OTHER_WATCH)
        self.wait(lambda: job_id(name) in self.heard)

    def ask(self, event: dict[str, Any]) -> dict[str, Any]:
        return ask(self.harness.aws.client, "Jobwatch", event)

    def beat(self) -> None:
        """Write what the heartbeat's schedule does, which would come within three minutes."""
        names = {name: {"S": HEARTBEAT} for name in ("pk", "sk")}
        item = {**names, "scheduled_at": {"S": datetime.now(UTC).isoformat()}}
        self.harness.aws.client("dynamodb").put_item(TableName=self.harness.stack.table, Item=item)


def test_a_mute_keeps_back_what_fails_and_tells_it_when_it_ends_and_when_it_is_over(
    harness: Harness,
) -> None:
    heard = Listening(harness)
    until = iso(datetime.now(UTC) + timedelta(hours=1))
    said = {"watch": WATCH, "name": None, "why": "a test", "who": "arn:me", "until": until}
    assert [each["watch"] for each in heard.ask({"mute": said})["Mutes"]] == [WATCH]
    harness.poller.wait()
    heard.show("FAILED", failed=1, why="It is sad")
    heard.wait(lambda: "FAILED" in heard.events)
    heard.beat()
    heard.pass_by("amid the mute")
    assert heard.alerts == []

    assert heard.ask({"unmute": {"watch": WATCH}}) == {"Mutes": []}
    heard.beat()
    heard.wait(lambda: bool(heard.alerts))
    assert heard.alerts == [("open", "FAILED")]

    heard.show("COMPLETED")
    heard.wait(lambda: len(heard.alerts) > 1)
    heard.beat()
    heard.pass_by("after all")
    assert heard.alerts == [("open", "FAILED"), ("resolved", "SUCCEEDED")]


def test_a_test_comes_by_the_deployed_way_and_is_over(harness: Harness) -> None:
    harness.listener.alerts()
    assert "Id" in ask(harness.aws.client, "Jobwatch", {"test": {"who": "arn:me"}})
    found: list[Any] = []
    ends = time.monotonic() + PATIENCE
    while len(found) < 2 and time.monotonic() < ends:
        alerts = harness.listener.alerts()
        found += [each for each in alerts if each.attributes["status"] == "TEST"]
        time.sleep(0.5)
    assert [each.attributes["state"] for each in found] == ["open", "resolved"]
    assert [faults(each.document) for each in found] == [[], []]
