"""How publish and alert read the table's stream: each for itself, and only what concerns it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from infra import alarms, heartbeat
from lambdas.model import Scope
from lambdas.plan import Policy
from lambdas.store import items
from operate.outlets import fits
from tests.template import COMPILED, Json, mappings, of_type, plain, synthesize

HEARTBEAT = {"pk": {"S": ["heartbeat"]}}
READERS = {
    "<PublishingPublishFunction>": "<PublishingUnpublishedQueue.Arn>",
    "<AlertingAlertFunction>": "<AlertingUnsentQueue.Arn>",
}


def patterns(function: str, among: Json | None = None) -> Iterator[Any]:
    (mapping,) = mappings(function, among)
    for each in mapping["FilterCriteria"]["Filters"]:
        yield json.loads(each["Pattern"])["dynamodb"]["NewImage"]


@pytest.mark.parametrize("function", READERS)
def test_only_its_age_ends_the_retries_of_a_change_and_then_it_is_put_aside(function: str) -> None:
    (mapping,) = mappings(function)
    del mapping["FilterCriteria"]
    assert plain(mapping.pop("EventSourceArn")) == "<StorageTable.StreamArn>"
    failed = mapping.pop("DestinationConfig")["OnFailure"]["Destination"]
    assert plain(failed) == READERS[function]
    # Without a maximum of attempts, only the age of a record ends its retries.
    del mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]
    assert mapping == {
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRecordAgeInSeconds": 21600,
        "StartingPosition": "TRIM_HORIZON",
    }


def test_events_are_put_within_a_second_and_alerts_wait_for_others_like_them() -> None:
    """A storm is so many messages an hour, however many jobs fail."""
    gathered = {}
    for function in READERS:
        (mapping,) = mappings(function)
        gathered[function] = (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"])
    assert gathered == {
        "<PublishingPublishFunction>": (100, 1),
        "<AlertingAlertFunction>": (10_000, 30),
    }


def test_publish_wakes_for_all_that_is_to_be_announced_and_the_heartbeat() -> None:
    assert [*patterns("<PublishingPublishFunction>")] == [
        {"announce": {"S": [{"exists": True}]}},
        HEARTBEAT,
    ]


WHATEVER = [
    *("Job Stalled", "Job Overrunning", "Watch Unreachable", "Watch Recovered"),
    *("Run Missing", "Run Arrived"),
]
"""Alerts, and their ends, that no status is asked of."""


def test_alert_wakes_for_stalled_jobs_unreachable_watches_and_the_statuses_asked_for() -> None:
    assert [*patterns("<AlertingAlertFunction>")] == [
        {"announce": {"S": WHATEVER}},
        {"resolves": {"S": [{"exists": True}]}},
        {
            "announce": {"S": [{"exists": True}]},
            "status": {"S": ["FAILED", "PARTIAL", "SUCCEEDED"]},
        },
        HEARTBEAT,
    ]


def test_who_asks_for_no_status_is_still_told_what_is_stalled_or_unreachable() -> None:
    plan = replace(COMPILED.plan, alerts=Policy(frozenset()))
    nothing = synthesize(replace(COMPILED, plan=plan))
    assert [*patterns("<AlertingAlertFunction>", nothing)] == [
        {"announce": {"S": WHATEVER}},
        {"resolves": {"S": [{"exists": True}]}},
        HEARTBEAT,
    ]


def test_alert_wakes_for_the_statuses_of_any_watch() -> None:
    told = {"a": frozenset({"SUCCEEDED"}), "b": frozenset({"FAILED", "UNKNOWN"})}
    watches: Any = {
        name: SimpleNamespace(alerts=Policy(on), organization=None) for name, on in told.items()
    }
    plan = replace(COMPILED.plan, watches=watches, alerts=Policy(frozenset({"FAILED"})))
    _, _, statuses, _ = patterns(
        "<AlertingAlertFunction>", synthesize(replace(COMPILED, plan=plan))
    )
    assert statuses["status"] == {"S": ["FAILED", "SUCCEEDED", "UNKNOWN"]}


def test_successes_wake_alert_only_where_a_watch_is_told_of_trouble_that_they_end() -> None:
    plan = replace(COMPILED.plan, watches={}, alerts=Policy(frozenset({"RUNNING"})))
    _, _, statuses, _ = patterns(
        "<AlertingAlertFunction>", synthesize(replace(COMPILED, plan=plan))
    )
    assert statuses["status"] == {"S": ["RUNNING"]}


def schedule() -> dict[str, Any]:
    """What writes the heartbeat."""
    found = of_type("AWS::Scheduler::Schedule")
    (schedule,) = [each for name, each in found.items() if name.startswith("Heartbeat")]
    return schedule


def test_the_heartbeat_is_written_by_the_scheduler_itself_and_differs_each_time() -> None:
    """A write that changes nothing would not come into the stream."""
    target = schedule()["Target"]
    assert plain(target["Arn"]) == "arn:<AWS::Partition>:scheduler:::aws-sdk:dynamodb:putItem"
    assert json.loads(plain(target["Input"])) == {
        "TableName": "<StorageTable>",
        "Item": {
            "pk": {"S": "heartbeat"},
            "sk": {"S": "heartbeat"},
            "scheduled_at": {"S": "<aws.scheduler.scheduled-time>"},
        },
    }


def test_the_heartbeat_passes_both_filters_and_what_poll_stores_silently_does_not() -> None:
    beat = json.loads(plain(schedule()["Target"]["Input"]))["Item"]
    scope = Scope("w", "s.jobs", "111122223333", "eu-west-1")
    silent = {**items.key(scope, items.SCOPE), "status": {"S": "FAILED"}}
    for function in READERS:
        through = [fits(beat, pattern) for pattern in patterns(function)]
        assert through == [False] * (len(through) - 1) + [True]
        assert not any(fits(silent, pattern) for pattern in patterns(function))


def test_no_two_periods_of_an_alarm_are_empty_while_at_most_one_heartbeat_in_a_row_is_lost() -> (
    None
):
    assert schedule()["ScheduleExpression"] == "rate(3 minutes)"
    late = timedelta(minutes=1)
    assert 2 * heartbeat.EVERY.to_seconds() + late.total_seconds() < 2 * alarms.PERIOD.to_seconds()
    assert schedule()["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] == 180
