"""How publish and alert read the table's stream: each for itself, and only what concerns it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.template import COMPILED, Json, mappings, plain, synthesize

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
    assert mapping == {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumBatchingWindowInSeconds": 1,
        "MaximumRecordAgeInSeconds": 21600,
        "StartingPosition": "TRIM_HORIZON",
    }


def test_publish_wakes_for_all_that_is_to_be_announced() -> None:
    assert [*patterns("<PublishingPublishFunction>")] == [{"announce": {"S": [{"exists": True}]}}]


def test_alert_wakes_for_stalled_jobs_unreachable_watches_and_the_statuses_asked_for() -> None:
    assert [*patterns("<AlertingAlertFunction>")] == [
        {"announce": {"S": ["Job Stalled", "Watch Unreachable"]}},
        {"announce": {"S": [{"exists": True}]}, "status": {"S": ["FAILED", "PARTIAL"]}},
    ]


def test_who_asks_for_no_status_is_still_told_what_is_stalled_or_unreachable() -> None:
    plan = replace(COMPILED.plan, alerts_on=frozenset())
    nothing = synthesize(replace(COMPILED, plan=plan))
    assert [*patterns("<AlertingAlertFunction>", nothing)] == [
        {"announce": {"S": ["Job Stalled", "Watch Unreachable"]}}
    ]
