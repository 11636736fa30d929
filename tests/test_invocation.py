"""What each event asks for, and what came too late."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lambdas.handover import Handover
from lambdas.invocation import InvocationError, hold_back, read_invocation
from lambdas.model import Bookmark, Scope, Visit
from lambdas.plan import Plan
from lambdas.scopes import first_scopes
from tests.memory import Faults, MemoryQueue
from tests.stage import make_plan
from tests.values import HOUR, MINUTE, NOW

WATCHES = {
    "quick": {"source": "sesv2.import-jobs"},
    "slow": {"source": "sesv2.export-jobs", "every": "5 minutes"},
}
LATE = timedelta(seconds=61)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(tmp_path_factory.mktemp("plan"), WATCHES)


def scope(plan: Plan, name: str) -> Scope:
    (found,) = first_scopes(plan.watches[name], "123456789012", "eu-west-1")
    return found


def delivered(plan: Plan, *visits: Visit, due: datetime | None = NOW) -> dict[str, Any]:
    """What the function gets of visits that were handed over at NOW."""
    queue = MemoryQueue(Faults())
    Handover(queue, "url", "lost", plan, NOW, due=due).put(visits)
    (entry,) = queue.entries
    return {"Records": [{"body": entry["MessageBody"]}]}


@pytest.mark.parametrize("event", [{}, None, [], {"unknown": 1}])
def test_an_event_that_names_nothing_asks_for_every_watch_now(plan: Plan, event: Any) -> None:
    asked = read_invocation(event, plan, NOW)
    assert (asked.tick, asked.due, asked.every) == (NOW, None, None)
    assert [watch.name for watch in asked.watches] == ["quick", "slow"]


def test_named_watches_are_asked_for_now_and_once(plan: Plan) -> None:
    asked = read_invocation({"watches": ["slow", "slow"]}, plan, NOW)
    assert (asked.tick, asked.due) == (NOW, None)
    assert [watch.name for watch in asked.watches] == ["slow"]


def test_watches_that_are_not_there_are_named(plan: Plan) -> None:
    with pytest.raises(InvocationError, match="found typo, expected names out of quick, slow"):
        read_invocation({"watches": ["slow", "typo"]}, plan, NOW)


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("2026-11-22T11:59:00Z", NOW - MINUTE),
        ("<aws.scheduler.scheduled-time>", NOW),
        ("", NOW),
        (None, NOW),
    ],
)
def test_a_schedule_says_when_it_was_due_or_it_is_now(plan: Plan, said: Any, due: Any) -> None:
    event = {"watches": ["quick"], "tick": said, "every": 15}
    asked = read_invocation(event, plan, NOW)
    assert (asked.tick, asked.due, asked.every) == (NOW, due, 15)


@pytest.mark.parametrize("due", [None, NOW - MINUTE])
def test_visits_that_were_handed_over_are_made_for_the_tick_that_wanted_them(
    plan: Plan, due: datetime | None
) -> None:
    visit = Visit(scope(plan, "quick"))
    asked = read_invocation(delivered(plan, visit, due=due), plan, NOW + MINUTE)
    assert (asked.tick, asked.due, asked.visits) == (NOW, due, [visit])
    assert (asked.watches, asked.late) == ([], {})


def test_visits_older_than_their_cadence_are_dropped_and_their_age_is_told(plan: Plan) -> None:
    quick, slow = Visit(scope(plan, "quick")), Visit(scope(plan, "slow"))
    asked = read_invocation(delivered(plan, quick, slow), plan, NOW + LATE)
    assert asked.visits == [slow]
    assert asked.late == {"quick": 61}


def test_a_bookmark_is_never_too_late(plan: Plan) -> None:
    visit = Visit(scope(plan, "quick"), bookmark=Bookmark(NOW, token="5"))
    asked = read_invocation(delivered(plan, visit), plan, NOW + HOUR)
    assert (asked.visits, asked.late) == ([visit], {})


class Later:
    """A queue that remembers what is held back."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def send_message_batch(self, **call: Any) -> None:
        assert call["QueueUrl"] == "later"
        self.entries += call["Entries"]


@pytest.mark.parametrize(
    ("every", "delays"),
    [(15, [15, 30, 45]), (30, [30]), (20, [20, 40]), (10, [10, 20, 30, 40, 50])],
)
def test_a_watch_that_is_due_within_the_minute_is_held_back_as_often(
    plan: Plan, every: int, delays: list[int]
) -> None:
    event = {"watches": ["quick"], "tick": "2026-11-22T12:00:00Z", "every": every}
    later = Later()
    hold_back(later, "later", read_invocation(event, plan, NOW), NOW)
    assert [entry["DelaySeconds"] for entry in later.entries] == delays
    for entry in later.entries:
        due = NOW + timedelta(seconds=entry["DelaySeconds"])
        asked = read_invocation({"Records": [{"body": entry["MessageBody"]}]}, plan, due)
        assert (asked.tick, asked.due, asked.every) == (due, due, None)
        assert [watch.name for watch in asked.watches] == ["quick"]


def test_a_tick_that_was_held_back_too_long_is_dropped_and_its_age_is_told(plan: Plan) -> None:
    body = {"tick": NOW.isoformat(), "due": NOW.isoformat(), "watches": ["quick", "slow", "gone"]}
    event = {"Records": [{"body": json.dumps(body)}]}
    asked = read_invocation(event, plan, NOW + LATE)
    assert [watch.name for watch in asked.watches] == ["slow"]
    assert asked.late == {"quick": 61}


def test_what_waits_for_a_watch_that_was_removed_is_dropped(plan: Plan, tmp_path: Path) -> None:
    fewer = make_plan(tmp_path, {"slow": WATCHES["slow"]})
    asked = read_invocation(delivered(plan, Visit(scope(plan, "quick"))), fewer, NOW)
    assert (asked.visits, asked.watches, asked.late) == ([], [], {})
