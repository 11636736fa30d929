"""Turns go through the queue as text, and what comes out is held against the plan."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.messages import LONGEST, OLDEST, Turn, read_turn, write_turn
from lambdas.plan import Plan
from tests.flow import make_plan
from tests.values import MINUTE, NOW

OWN = ("123456789012", "eu-west-1")
MEMBER = "111122223333"
WATCHES: dict[str, Any] = {
    "imports": {"source": "sesv2.import-jobs"},
    "exports": {"source": "sesv2.export-jobs", "every": "5 minutes"},
    "abroad": {
        "source": "sesv2.import-jobs",
        "accounts": [{"id": MEMBER, "role": "reader", "external_id": "a-word"}],
        "regions": ["us-east-1"],
    },
    "other": {"source": "dataexchange.jobs"},
}
TURN = Turn("sesv2", *OWN, ("exports", "imports"), NOW, NOW - MINUTE)
MESSAGE = json.loads(write_turn(TURN))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(tmp_path_factory.mktemp("plan"), WATCHES)


def read(plan: Plan, **changed: Any) -> Turn | None:
    """Read the message as it is, but for what is given."""
    return read_turn(json.dumps(MESSAGE | changed), plan, OWN, NOW)


@pytest.mark.parametrize(
    "turn", [TURN, replace(TURN, due=None)], ids=["a schedule's", "a person's"]
)
def test_a_turn_is_read_as_it_was_written(plan: Plan, turn: Turn) -> None:
    assert read_turn(write_turn(turn), plan, OWN, NOW) == turn


def test_a_message_names_a_lane_and_its_watches_and_nothing_more() -> None:
    assert MESSAGE == {
        "tick": "2026-11-22T12:00:00+00:00",
        "due": "2026-11-22T11:59:00+00:00",
        "watches": ["exports", "imports"],
        "service": "sesv2",
        "account": "123456789012",
        "region": "eu-west-1",
    }


def test_a_lane_of_a_member_is_read_without_its_role_in_the_message(plan: Plan) -> None:
    turn = Turn("sesv2", MEMBER, "us-east-1", ("abroad",), NOW)
    body = write_turn(turn)
    assert "reader" not in body
    assert "a-word" not in body
    assert read_turn(body, plan, OWN, NOW) == turn


@pytest.mark.parametrize(
    "changed",
    [
        {"account": MEMBER},
        {"account": "999999999999"},
        {"region": "us-east-1"},
        {"region": "evil.example/#"},
        {"service": "dataexchange"},
        {"watches": ["gone"]},
        {"watches": ["abroad", "other"]},
        {"watches": []},
    ],
    ids=str,
)
def test_a_lane_into_which_no_watch_looks_is_not_believed(
    plan: Plan, changed: dict[str, Any]
) -> None:
    """S6: jobs must not be told under an account or a region that nobody watches."""
    assert read(plan, **changed) is None


def test_of_the_watches_only_those_that_look_into_the_lane_are_believed_and_each_once(
    plan: Plan,
) -> None:
    turn = read(plan, watches=["imports", "gone", "abroad", "other", "imports"])
    assert turn is not None
    assert turn.watches == ("imports",)


@pytest.mark.parametrize(
    "changed",
    [
        {"tick": "yesterday"},
        {"tick": None},
        {"tick": {}},
        {"tick": "0001-01-01T00:00:00+14:00"},
        {"due": "soon"},
        {"due": []},
        {"watches": 3},
        {"watches": None},
        {"watches": "imports"},
        {"watches": {"imports": 1}},
        {"watches": ["imports", ["imports"]]},
        {"tick": 10**400},
        {"tick": NOW.timestamp()},
        {"account": 123456789012},
        {"service": {"sesv2": 1}},
    ],
    ids=str,
)
def test_a_message_of_another_shape_is_nobodys_turn(plan: Plan, changed: dict[str, Any]) -> None:
    assert read(plan, **changed) is None


@pytest.mark.parametrize("name", MESSAGE)
def test_a_message_that_lacks_something_is_nobodys_turn(plan: Plan, name: str) -> None:
    left = {key: value for key, value in MESSAGE.items() if key != name}
    assert read_turn(json.dumps(left), plan, OWN, NOW) is None


def test_a_lane_where_the_source_is_not_offered_is_nobodys_turn(plan: Plan) -> None:
    lacking = replace(plan, not_offered=dict.fromkeys(plan.sources, (OWN[1],)))
    assert read_turn(write_turn(TURN), lacking, OWN, NOW) is None


@pytest.mark.parametrize("name", ["tick", "due"])
@pytest.mark.parametrize(
    "time", ["2999-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]
)
def test_a_turn_of_a_time_at_which_nobody_can_have_given_it_is_nobodys(
    plan: Plan, name: str, time: str
) -> None:
    """S6: one of 2999 would never come too late, one of 1970 make the lane look unread."""
    assert read(plan, **{name: time}) is None


def test_a_turn_is_read_as_long_as_a_queue_can_keep_it(plan: Plan) -> None:
    for tick in (NOW - OLDEST, NOW + 9 * MINUTE):
        turn = read(plan, tick=tick.isoformat())
        assert turn is not None
        assert turn.tick == tick


def test_a_message_says_nothing_else_that_a_lane_does(plan: Plan) -> None:
    """S6: neither a page token nor jobs that somebody found."""
    forged = {"token": "eJw", "cursor": {"token": "t"}, "role": "admin", "parameters": {"a": "b"}}
    assert read(plan, **forged) == TURN


def test_the_longest_message_fits_and_a_longer_one_is_not_looked_at(plan: Plan) -> None:
    turn = replace(TURN, watches=tuple(f"{n:048}" for n in range(5_000)))
    assert len(write_turn(turn)) <= LONGEST
    assert read_turn(write_turn(TURN) + " " * LONGEST, plan, OWN, NOW) is None


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"tick"', "[" * 100_000, "9" * 100_000, "H4sIAAAAAAAA/w=="]
)
def test_what_is_no_message_is_nobodys_turn(plan: Plan, body: str) -> None:
    assert read_turn(body, plan, OWN, NOW) is None


def test_a_turn_given_by_a_clock_elsewhere_is_read_in_utc(plan: Plan) -> None:
    turn = read(plan, tick="2026-11-22T13:00:00+01:00", due="2026-11-22T12:00:00")
    assert turn is not None
    assert (turn.tick, turn.due) == (NOW, NOW)
    assert turn.tick.utcoffset() == timedelta(0)
