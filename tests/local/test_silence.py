"""Each part of the road is switched off in turn: the alarm rings that the runbook names.

What an alarm looks at is read where the local AWS has it: the metrics that poll writes into its
log, what its queues hold, and whether a change comes out at the end. In the end nothing was lost.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count

import pytest
from botocore.exceptions import ClientError

from demo.harness import Harness
from demo.local_aws import Trouble
from demo.records import Moment, job_id, ses_import
from tests.local import short_story
from tests.local.lanes import not_fed, not_let_run
from tests.local.roles import roles_of
from tests.schemas import faults

WATCH = "ses-imports"
SOON, PATIENCE = 2.5, 60.0
"""Seconds in which a change comes through if nothing is off, and in which it must."""
NUMBERS = count()


@pytest.fixture(scope="module")
def harness(idle: Harness) -> Harness:
    """That of which parts may be stopped."""
    return idle


@dataclass(frozen=True)
class Seen:
    """What alarms look at, since a job failed."""

    completed: bool
    """Whether poll wrote how old its last read is; no data is what `silent` rings for."""
    lost: int
    """Lanes in their dead-letter queue."""
    event: bool
    """Whether the event is there; one that waits is what `publish-late` rings for."""
    alert: bool

    @property
    def rings(self) -> set[str]:
        """The alarms that would ring if it went on like this."""
        conditions = {
            "silent": not self.completed,
            "lost-lanes": self.lost > 0,
            "publish-late": self.completed and not self.event,
            "alert-late": self.completed and not self.alert,
        }
        return {name for name, holds in conditions.items() if holds}


def stopped(harness: Harness, function: str) -> AbstractContextManager[None]:
    return not_let_run(harness.aws.client("lambda"), getattr(harness.stack, function))


def unfed(harness: Harness, function: str) -> AbstractContextManager[None]:
    return not_fed(harness.aws.client("lambda"), getattr(harness.stack, function))


@contextmanager
def refused(harness: Harness, function: str, action: str) -> Iterator[None]:
    configuration = harness.aws.client("lambda").get_function_configuration
    arn = configuration(FunctionName=getattr(harness.stack, function))["Role"]
    with roles_of(harness.aws, "Jobwatch")[arn].without(action):
        yield


Off = Callable[[Harness], AbstractContextManager[None]]
PARTS: dict[str, tuple[Off, set[str]]] = {
    "tick is not let run": (partial(stopped, function="tick"), {"silent"}),
    "the lanes are not read": (partial(unfed, function="poll"), {"silent"}),
    "poll is not let run": (partial(stopped, function="poll"), {"silent"}),
    "the table can't be read": (
        partial(refused, function="poll", action="dynamodb:GetItem"),
        {"silent", "lost-lanes"},
    ),
    "the table can't be written": (
        partial(refused, function="poll", action="dynamodb:PutItem"),
        {"silent", "lost-lanes"},
    ),
    "publish is not fed": (partial(unfed, function="publish"), {"publish-late"}),
    "publish is not let run": (partial(stopped, function="publish"), {"publish-late"}),
    "the bus refuses": (
        partial(refused, function="publish", action="events:PutEvents"),
        {"publish-late"},
    ),
    "alert is not fed": (partial(unfed, function="alert"), {"alert-late"}),
    "alert is not let run": (partial(stopped, function="alert"), {"alert-late"}),
    "the topic refuses": (partial(refused, function="alert", action="sns:Publish"), {"alert-late"}),
}


class Road:
    """Sends failed jobs along the road, and sees what comes of them."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.events: set[str] = set()
        self.alerts: set[str] = set()
        logs = harness.aws.client("lambda").get_function_configuration(
            FunctionName=harness.stack.poll
        )
        self._group = logs["LoggingConfig"]["LogGroup"]

    def fail(self) -> str:
        """Show a job that failed, and queue its lane if that can be; give the job."""
        now, name = datetime.now(UTC), f"silence {next(NUMBERS)}"
        failed = ses_import(name, Moment("FAILED", now, now, total=1, failed=1, why="It is sad"))
        self.harness.world.show({short_story.SES_IMPORTS: [failed]})
        self.tick()
        return job_id(name)

    def tick(self) -> None:
        with suppress(ClientError, Trouble):
            self.harness.poller.tick(WATCH)

    def look(self) -> None:
        for event in self.harness.listener.events():
            assert faults(json.loads(event.text)) == []
            self.events.add(event.job[1])
        for alert in self.harness.listener.alerts():
            assert faults(alert.document) == []
            self.alerts |= {detail.get("job_id", "") for detail in alert.details}

    def seen(self, job: str, began: float) -> Seen:
        self.look()
        return Seen(
            completed=self._completed(began),
            lost=self.harness.poller.count(self.harness.stack.lost_lanes_queue),
            event=job in self.events,
            alert=job in self.alerts,
        )

    def _completed(self, began: float) -> bool:
        """Say whether poll wrote the metric of its cadence, as it does at the end of a lane."""
        answer = self.harness.aws.client("logs").filter_log_events(
            logGroupName=self._group, startTime=int(began * 1_000)
        )
        return any(
            "AgeOfLastRead" in event["message"] and "CloudWatchMetrics" in event["message"]
            for event in answer["events"]
        )


@pytest.fixture(scope="module")
def road(harness: Harness) -> Road:
    return Road(harness)


@pytest.mark.parametrize("part", PARTS)
def test_what_stops_rings_and_nothing_is_lost(part: str, road: Road) -> None:
    switched_off, rings = PARTS[part]
    road.harness.poller.wait()
    with switched_off(road.harness):
        began = time.time()
        job = road.fail()
        while road.seen(job, began).rings != rings and time.time() < began + PATIENCE:
            time.sleep(0.2)
        time.sleep(SOON)
        assert road.seen(job, began).rings == rings
    road.harness.aws.client("sqs").purge_queue(QueueUrl=road.harness.stack.lost_lanes_queue)
    road.tick()
    until = time.time() + PATIENCE
    while job not in road.events & road.alerts:
        assert time.time() < until, f"{job} was lost: {road.seen(job, began)}"
        time.sleep(0.5)
        road.look()
