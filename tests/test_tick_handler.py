"""The function that ticks, as Lambda calls it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.functions import Context, Functions, functions_of
from tests.measured import Measured

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


@pytest.mark.parametrize(
    "odd", ["<aws.scheduler.scheduled-time>", "", None, "2999-01-01T00:00:00Z"]
)
def test_a_schedule_that_does_not_say_it_wants_it_now(functions: Functions, odd: Any) -> None:
    before = datetime.now(UTC)
    functions.start("tick")({"watches": ["jobs"], "tick": odd, "every": 60}, Context())
    due = datetime.fromisoformat(turns(functions)[DATA]["due"])
    assert before <= due <= datetime.now(UTC)


def test_a_schedule_that_is_older_than_a_deployment_passes_over_watches_that_were_removed(
    functions: Functions,
) -> None:
    event = {"watches": ["jobs", "renamed"], "tick": DUE, "every": 60}
    assert functions.start("tick")(event, Context()) == {"Watches": 1, "Lanes": 1}
    assert turns(functions)[DATA]["watches"] == ["jobs"]


def now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def held_back(*watches: str, due: str | None = None) -> dict[str, Any]:
    """What an earlier tick held back, as the queue hands it over once its delay is over."""
    return {"Records": [{"body": json.dumps({"watches": list(watches), "due": due or now()})}]}


def test_a_cadence_below_a_minute_has_turns_within_it(functions: Functions) -> None:
    functions.start("tick")({"watches": ["jobs"], "tick": DUE, "every": 15}, Context())
    attributes = functions.flow.sqs.get_queue_attributes(
        QueueUrl=functions.later, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )["Attributes"]
    assert attributes == {"ApproximateNumberOfMessagesDelayed": "3"}
    assert list(turns(functions)) == [DATA]


def test_a_later_tick_gives_a_turn_and_holds_nothing_back(functions: Functions) -> None:
    due = now()
    assert functions.start("tick")(held_back("jobs", due=due), Context()) == {
        "Watches": 1,
        "Lanes": 1,
    }
    turn = turns(functions)[DATA]
    assert turn["due"] == due
    assert datetime.now(UTC) - datetime.fromisoformat(turn["tick"]) < timedelta(minutes=1)
    assert functions.waiting(functions.later) == []


def test_a_later_tick_passes_over_watches_that_were_removed_meanwhile(
    functions: Functions,
) -> None:
    assert functions.start("tick")(held_back("gone"), Context()) == {
        "Watches": 0,
        "Lanes": 0,
    }


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        "{}",
        '{"watches": ["jobs"]}',
        '{"watches": 3, "due": "NOW"}',
        '{"watches": [["jobs"]], "due": "NOW"}',
        json.dumps({"watches": ["jobs"], "due": "2999-01-01T00:00:00Z"}),
        json.dumps({"watches": ["jobs"], "due": None}),
        json.dumps({"watches": ["jobs"] * 50_000, "due": "NOW"}),
    ],
    ids=lambda body: body[:40],
)
def test_what_is_no_later_tick_is_dropped_told_and_never_comes_back(
    functions: Functions,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Staging")
    event = {"Records": [{"body": body.replace("NOW", now())}]}
    assert functions.start("tick")(event, Context()) == {"Watches": 0, "Lanes": 0}
    assert functions.waiting(functions.lanes) == []
    assert Measured(capsys.readouterr().out).values == {("Dropped",): [1]}
    (line,) = map(vars, caplog.records)
    assert (line["levelname"], len(line["why"]) < 100) == ("WARNING", True)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"watches": "jobs"}, "watches: found a str, expected a list of names"),
        ({"watches": 3}, "watches: found a int, expected a list of names"),
        ({"watches": [{}]}, "found {}, expected names out of exports"),
        ({"watches": ["jobs"], "tick": DUE, "every": 0}, "every: expected a whole number"),
        ({"watches": ["jobs"], "tick": DUE, "every": "1e9"}, "every: expected a whole number"),
    ],
    ids=str,
)
def test_a_person_who_asks_in_the_wrong_shape_is_told_which(
    functions: Functions, event: dict[str, Any], words: str
) -> None:
    with pytest.raises(Exception, match=words):
        functions.start("tick")(event, Context())


def test_an_error_quotes_only_some_of_many_unknown_names(functions: Functions) -> None:
    event = {"watches": [f"{n}\u202e\x1b" * 1_000 for n in range(1_000)]}
    with pytest.raises(Exception, match="and 980 more") as told:
        functions.start("tick")(event, Context())
    assert len(str(told.value)) < 3_000
    assert str(told.value).isprintable()


def test_later_ticks_of_a_schedule_that_fires_twice_give_one_turn_each(
    functions: Functions,
) -> None:
    tick = functions.start("tick")
    for _ in range(2):
        tick(held_back("jobs"), Context())
    assert len(functions.waiting(functions.lanes)) == 1


class TestNotOffered:
    """A2: in eu-south-2 AWS has SES and no Data Exchange, in cn-north-1 neither."""

    @pytest.fixture
    def printed(self, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
        return lambda: capsys.readouterr().out

    def tick(self, functions: Functions, *events: Any, region: str = "eu-south-2") -> list[Any]:
        context = Context()
        context.invoked_function_arn = context.invoked_function_arn.replace("eu-west-1", region)
        tick = functions.start("tick")
        return [tick(event, context) for event in events]

    def test_what_is_not_offered_here_has_no_lane(self, functions: Functions) -> None:
        assert self.tick(functions, {}) == [{"Watches": 3, "Lanes": 1}]
        assert list(turns(functions)) == [SES.replace("eu-west-1", "eu-south-2")]

    def test_it_is_said_once_however_often_the_clock_ticks(
        self, functions: Functions, caplog: pytest.LogCaptureFixture
    ) -> None:
        due = {"watches": ["imports", "jobs"], "tick": DUE, "every": 60}
        self.tick(functions, due, due, {})
        (line,) = map(vars, caplog.records)
        assert (line["levelname"], line["message"]) == ("INFO", "not offered here")
        where = (line["watch"], line["sources"], line["region"])
        assert where == ("jobs", ["dataexchange.jobs"], "eu-south-2")
        self.tick(functions, due)
        assert len(caplog.records) == 2, "a process of its own says it for itself"

    def test_nothing_is_said_where_all_is_offered(
        self,
        functions: Functions,
        caplog: pytest.LogCaptureFixture,
        printed: Callable[[], str],
    ) -> None:
        self.tick(functions, {}, region="eu-west-1")
        assert (caplog.records, printed()) == ([], "")

    def test_a_cadence_that_a_poll_tells_of_is_left_to_the_poll(
        self, functions: Functions, printed: Callable[[], str]
    ) -> None:
        """Even where only such a watch is asked for: a poll that is dead must ring."""
        self.tick(functions, {}, {"watches": ["jobs"]})
        assert "AgeOfLastRead" not in printed()

    def test_a_cadence_that_no_poll_tells_of_is_not_silent(
        self, functions: Functions, printed: Callable[[], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else its alarm would ring for good, as there is nothing to poll."""
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Staging")
        plan = functions.flow.plan
        jobs = replace(plan.watches["jobs"], every=300)
        functions.flow.plan = replace(plan, watches={**plan.watches, "jobs": jobs})
        due = {"watches": ["jobs"], "tick": DUE, "every": 300}
        self.tick(functions, due, due, {"watches": ["imports"], "tick": DUE, "every": 60})
        found = [Measured(line).values for line in printed().splitlines()]
        assert [each for each in found if each] == [{("AgeOfLastRead", "300"): [0]}] * 2

    def test_a_file_with_only_such_watches_queues_nothing_and_rings_nothing(
        self, functions: Functions, printed: Callable[[], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Staging")
        answers = self.tick(functions, {}, region="cn-north-1")
        assert answers == [{"Watches": 3, "Lanes": 0}]
        assert turns(functions) == {}
        assert Measured(printed()).values == {("AgeOfLastRead", "60"): [0]}


def test_a_queue_that_is_not_there_fails_the_tick_for_its_alarm(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANES_QUEUE_URL", functions.lanes + "-gone")
    with pytest.raises(Exception, match="NonExistentQueue"):
        functions.start("tick")({}, Context())
