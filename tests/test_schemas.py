"""The schemas of events and alerts: fresh, true of all that is sent, and only ever added to."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from lambdas import details
from lambdas.model import FAILED, TERMINAL, UNKNOWN
from lambdas.outbox.records import _SHAPES
from operate.alerts import page
from operate.alerts.messages import message, resolved
from operate.schemas.__main__ import EXAMPLES, FOLDER, files
from operate.schemas.generated import TYPES
from tests.schemas import ALERT, RELEASED, breaks, faults, faults_within, read

EVENTS = sorted(TYPES.keys() - {ALERT})


def example(detail_type: str) -> dict[str, Any]:
    return read(detail_type, EXAMPLES)


def test_the_schemas_and_their_examples_are_fresh() -> None:
    made = files()
    assert {*FOLDER.glob("*.json"), *EXAMPLES.glob("*.json")} == {*made}
    for file, text in made.items():
        assert file.read_text(encoding="utf-8") == text, "run `make docs`"


def test_each_detail_type_has_a_schema() -> None:
    assert {*EVENTS} == {*_SHAPES}


@pytest.mark.parametrize("detail_type", sorted(TYPES))
def test_an_example_is_of_its_schema(detail_type: str) -> None:
    assert example(detail_type)["detail-type"] == detail_type
    assert faults(example(detail_type)) == []


@pytest.mark.parametrize("detail_type", EVENTS)
def test_what_the_stream_must_carry_is_in_the_schema(detail_type: str) -> None:
    assert _SHAPES[detail_type].keys() <= example(detail_type)["detail"].keys()


def test_the_statuses_are_those_that_there_are() -> None:
    assert {*details.Status.__args__} == {*TERMINAL, "PENDING", "RUNNING", UNKNOWN}  # type: ignore[attr-defined]


@pytest.mark.parametrize("source", sorted(page.examples().families))
def test_each_alert_of_the_pictures_is_of_its_schema(source: str) -> None:
    told = page.told_of(source)
    for kind in told.kinds:
        assert faults(message(told, kind).machine) == []
        if told.is_over(kind):
            assert faults(resolved(told, kind).machine) == []


@pytest.mark.parametrize("detail_type", sorted(TYPES))
def test_every_field_says_what_it_is(detail_type: str) -> None:
    for part in read(detail_type)["$defs"].values():
        for about in part["properties"].values():
            assert about.keys() & {"description", "$ref"}


@pytest.mark.parametrize("detail_type", sorted(TYPES))
def test_a_schema_takes_nothing_away_of_the_one_that_was_released(detail_type: str) -> None:
    """What was added to is copied to tests/data/schemas with the release; else it is version 2."""
    assert breaks(read(detail_type, RELEASED), read(detail_type)) == []


def test_no_schema_that_was_released_is_gone() -> None:
    assert {file.name for file in RELEASED.iterdir()} <= {file.name for file in FOLDER.iterdir()}


Change = Callable[[dict[str, Any]], object]
JOB = "JobDetail"


def fields(schema: dict[str, Any], name: str = JOB) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][name]["properties"]
    return found


CHANGES: dict[str, tuple[str, Change, list[str]]] = {
    "a field is added": (
        "Job Stalled",
        lambda s: fields(s).update(owner={"type": "string"}),
        [],
    ),
    "another description": (
        "Job Stalled",
        lambda s: fields(s)["id"].update(description="Another one."),
        [],
    ),
    "a field is gone": (
        "Job Stalled",
        lambda s: fields(s).pop("job_arn"),
        ["$.detail.job_arn is gone"],
    ),
    "a field of a part is gone": (
        "Job Stalled",
        lambda s: fields(s, "Progress").pop("total"),
        ["$.detail.progress.total is gone"],
    ),
    "a field may be missing": (
        "Job Stalled",
        lambda s: s["$defs"][JOB]["required"].remove("job_id"),
        ["$.detail.job_id may be missing"],
    ),
    "a field is of another type": (
        "Job Stalled",
        lambda s: fields(s)["terminal"].update(type="string"),
        ["$.detail.terminal: type was boolean and is string"],
    ),
    "a field may be null": (
        "Job Stalled",
        lambda s: fields(s).update(job_id={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ["$.detail.job_id is of another type", "$.detail.job_id: type was string and is None"],
    ),
    "a field is never null": (
        "Job Stalled",
        lambda s: fields(s)["job_arn"]["anyOf"].pop(),
        ["$.detail.job_arn is not what it could be any more"],
    ),
    "a field may be a number, too": (
        "Job Stalled",
        lambda s: fields(s)["job_arn"]["anyOf"].append({"type": "integer"}),
        ["$.detail.job_arn may be something else"],
    ),
    "another status": (
        "Job Stalled",
        lambda s: fields(s)["status"]["enum"].append("PAUSED"),
        ["$.detail.status: enum was "],
    ),
    "a status less": (
        "Job Stalled",
        lambda s: fields(s)["status"]["enum"].remove(FAILED),
        ["$.detail.status: enum was "],
    ),
    "another kind of alert": (
        ALERT,
        lambda s: fields(s, "Alerts")["alerts"]["items"]["anyOf"].append({"type": "string"}),
        [],
    ),
    "a kind of alert less": (
        ALERT,
        lambda s: fields(s, "Alerts")["alerts"]["items"]["anyOf"].pop(),
        ["$.detail.alerts[] is not what it could be any more"],
    ),
    "a field of an alert is gone": (
        ALERT,
        lambda s: fields(s, "JobAlert").pop("title"),
        ["$.detail.alerts[] is not what it could be any more"],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_taken_away_is_found(change: str) -> None:
    detail_type, make, expected = CHANGES[change]
    before, after = read(detail_type), deepcopy(read(detail_type))
    make(after)
    found = breaks(before, after)
    assert len(found) == len(expected), found
    for said, begins in zip(sorted(found), expected, strict=True):
        assert said.startswith(begins)


@pytest.mark.parametrize("detail_type", EVENTS)
def test_what_a_schema_does_not_name_is_found(detail_type: str) -> None:
    detail = example(detail_type)["detail"]
    assert faults_within(detail_type, detail) == []
    assert faults_within(detail_type, {**detail, "surprise": 1})
    for name in detail:
        assert faults_within(
            detail_type, {key: each for key, each in detail.items() if key != name}
        )


def test_a_time_without_its_zone_is_found() -> None:
    detail = example("Job Stalled")["detail"]
    assert faults_within("Job Stalled", {**detail, "created_at": "2026-11-22T02:00:00"})
