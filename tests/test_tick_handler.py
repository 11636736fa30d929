"""The function that ticks, as Lambda calls it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.functions import Context, Functions, functions_of

DUE = "2026-11-22T12:00:00Z"
WATCHES = {
    "imports": {"source": "sesv2.import-jobs"},
    "exports": {"source": "sesv2.export-jobs"},
    "jobs": {"source": "dataexchange.jobs"},
}


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    with functions_of(tmp_path, monkeypatch, WATCHES) as functions:
        yield functions


def turns(functions: Functions) -> dict[str, dict[str, Any]]:
    """The turns that were given, by their lanes."""
    found = functions.waiting(functions.lanes)
    return {m["Attributes"]["MessageGroupId"]: json.loads(m["Body"]) for m in found}


SES, DATA = "sesv2:123456789012:eu-west-1", "dataexchange:123456789012:eu-west-1"


@pytest.mark.parametrize("event", [{}, None, [], {"unknown": 1}], ids=str)
def test_an_event_that_names_nothing_gives_every_lane_its_turn_now(
    functions: Functions, event: Any
) -> None:
    before = datetime.now(UTC)
    assert functions.start("tick")(event, Context()) == {"Watches": 3, "Lanes": 2}
    found = turns(functions)
    assert found.keys() == {SES, DATA}
    assert found[SES]["watches"] == ["exports", "imports"]
    assert found[SES]["due"] is None
    assert before <= datetime.fromisoformat(found[SES]["tick"]) <= datetime.now(UTC)


def test_a_person_asks_for_some_watches(functions: Functions) -> None:
    event = {"watches": ["imports", "imports"]}
    assert functions.start("tick")(event, Context()) == {"Watches": 1, "Lanes": 1}
    assert turns(functions)[SES]["watches"] == ["imports"]


def test_watches_that_are_not_there_are_named_and_nobody_gets_a_turn(functions: Functions) -> None:
    with pytest.raises(Exception, match="found typo, expected names out of exports, imports, jobs"):
        functions.start("tick")({"watches": ["imports", "typo"]}, Context())
    assert turns(functions) == {}


def test_a_schedule_says_for_which_time_it_wants_a_turn(functions: Functions) -> None:
    functions.start("tick")({"watches": ["jobs"], "tick": DUE, "every": 60}, Context())
    assert turns(functions)[DATA]["due"] == "2026-11-22T12:00:00+00:00"
    assert functions.waiting(functions.later) == []


@pytest.mark.parametrize("odd", ["<aws.scheduler.scheduled-time>", "", None])
def test_a_schedule_that_does_not_say_it_wants_it_now(functions: Functions, odd: Any) -> None:
    before = datetime.now(UTC)
    functions.start("tick")({"watches": ["jobs"], "tick": odd, "every": 60}, Context())
    due = datetime.fromisoformat(turns(functions)[DATA]["due"])
    assert before <= due <= datetime.now(UTC)


def held_back(*watches: str) -> dict[str, Any]:
    """What an earlier tick held back, as the queue hands it over once its delay is over."""
    body = {"watches": list(watches), "tick": DUE, "due": "2026-11-22T12:00:15+00:00"}
    return {"Records": [{"body": json.dumps(body)}]}


def test_a_cadence_below_a_minute_has_turns_within_it(functions: Functions) -> None:
    functions.start("tick")({"watches": ["jobs"], "tick": DUE, "every": 15}, Context())
    attributes = functions.flow.sqs.get_queue_attributes(
        QueueUrl=functions.later, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )["Attributes"]
    assert attributes == {"ApproximateNumberOfMessagesDelayed": "3"}
    assert list(turns(functions)) == [DATA]


def test_a_later_tick_gives_a_turn_and_holds_nothing_back(functions: Functions) -> None:
    assert functions.start("tick")(held_back("jobs"), Context()) == {
        "Watches": 1,
        "Lanes": 1,
    }
    turn = turns(functions)[DATA]
    assert turn["due"] == "2026-11-22T12:00:15+00:00"
    assert datetime.now(UTC) - datetime.fromisoformat(turn["tick"]) < timedelta(minutes=1)
    assert functions.waiting(functions.later) == []


def test_a_later_tick_passes_over_watches_that_were_removed_meanwhile(
    functions: Functions,
) -> None:
    assert functions.start("tick")(held_back("gone"), Context()) == {
        "Watches": 0,
        "Lanes": 0,
    }


def test_later_ticks_of_a_schedule_that_fires_twice_give_one_turn_each(
    functions: Functions,
) -> None:
    tick = functions.start("tick")
    for _ in range(2):
        tick(held_back("jobs"), Context())
    assert len(functions.waiting(functions.lanes)) == 1


def test_a_queue_that_is_not_there_fails_the_tick_for_its_alarm(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANES_QUEUE_URL", functions.lanes + "-gone")
    with pytest.raises(Exception, match="NonExistentQueue"):
        functions.start("tick")({}, Context())
