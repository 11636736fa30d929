"""The page of events: its examples are fresh, and its patterns take what they are said to take."""

import ast
import re
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operate.schemas.generated import TYPES
from operate.schemas.page import PAGE, WHEN, events_page
from tests.patterns import event, matches, shown

TEXT = PAGE.read_text(encoding="utf-8")
OTHERS = [event(each) for each in ("Job Stalled", "Watch Unreachable", "Run Missing")]
TAKES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "Jobs that ended": (
        [event(), event(status="SUCCEEDED")],
        [event(status="RUNNING", terminal=False), *OTHERS],
    ),
    "Imports of contacts": (
        [event(status="SUCCEEDED"), event(status="PARTIAL")],
        [event(), event(status="SUCCEEDED", source="glue.job-runs"), *OTHERS],
    ),
    "All that is trouble": (
        [event(), event(status="PARTIAL"), *OTHERS, event("Job Overrunning")],
        [event(status="SUCCEEDED"), event("Watch Recovered"), event("Run Arrived")],
    ),
    "Failures of production": (
        [event()],
        [event(account="444455556666"), event(status="PARTIAL"), *OTHERS],
    ),
    "Jobs of one service": (
        [event(source="glue.job-runs", job_name="prod-orders")],
        [event(source="glue.job-runs", job_name="test"), event(job_name="prod-orders"), *OTHERS],
    ),
    "New jobs": ([event(previous_status=None, previous_raw_status=None)], [event(), *OTHERS]),
    "More than a thousand": (
        [event(progress={"total": None, "processed": 9, "failed": 1_001})],
        [
            event(progress={"total": None, "processed": 9, "failed": 1_000}),
            event(progress={"total": None, "processed": None, "failed": None}),
            *OTHERS,
        ],
    ),
    "Jobs that are gone": (
        [event(status="UNKNOWN", raw_status="NOT_FOUND")],
        [event(status="UNKNOWN", raw_status="PAUSED"), *OTHERS],
    ),
}
"""What each pattern takes, and what it does not."""


def test_the_page_is_fresh() -> None:
    assert events_page(TEXT) == TEXT, "run `make docs`"
    assert WHEN.keys() == TYPES.keys()


def test_each_pattern_of_the_page_is_tried() -> None:
    assert len(shown()) == len(TAKES)


@pytest.mark.parametrize("words", TAKES)
def test_a_pattern_takes_what_it_is_said_to_take(words: str) -> None:
    (pattern,) = [each for said, each in shown().items() if said.startswith(words)]
    takes, leaves = TAKES[words]
    assert [matches(pattern, each) for each in takes] == [True] * len(takes)
    assert [matches(pattern, each) for each in leaves] == [False] * len(leaves)


def test_the_function_that_drops_repeats_does_the_work_of_an_event_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="done",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        names: dict[str, Any] = {}
        exec(compile(ast.parse(code), "events.md", "exec"), names)  # noqa: S102  it is the page's
        first, again, other = event(), {**event(), "id": "another"}, event("Job Stalled")
        did = [names["handler"](each, None) for each in (first, again, other)]
    assert did == ["done", "done before", "done"]
