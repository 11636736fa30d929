"""A lane's turn: its scopes around the circle, from where the hand stopped, as time allows."""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.deadline import Deadline
from lambdas.lanes import enqueue, turns_of
from lambdas.messages import write_turn
from lambdas.model import OutOfTimeError, Scope
from lambdas.poll.unfinished import Unfinished
from lambdas.store import items
from lambdas.store.table import CALL_SECONDS
from tests.api import refused
from tests.flow import make_plan
from tests.memory import Crash, MemoryQueue
from tests.sim import ACCOUNT, REGION, FakeClients, Simulation
from tests.turns import NAMES, SCOPE_SECONDS, SEGMENTS, asked, hasten
from tests.values import DAY, HOUR, MINUTE, NOW

OWN = (ACCOUNT, REGION)
FOUR: dict[str, Any] = {name: {"source": "sesv2.import-jobs"} for name in ("a", "b", "c", "d")}


@pytest.fixture
def four(tmp_path: Path) -> Simulation:
    simulation = Simulation(make_plan(tmp_path, FOUR))
    simulation.poll()
    return simulation


@pytest.fixture
def segments(tmp_path: Path) -> Simulation:
    simulation = Simulation(make_plan(tmp_path, {"w": {"source": SEGMENTS}}))
    simulation.apis[SEGMENTS].children = {"ApplicationId": ["app"], "SegmentId": [*NAMES]}
    simulation.poll()
    return simulation


class TestTheHand:
    def test_goes_on_where_there_was_no_time_left_and_around_the_circle(
        self, four: Simulation
    ) -> None:
        hasten(four, 3)
        take = asked(four)
        turns = []
        for _ in range(4):
            four.poll()
            turns.append("".join(take()))
        assert turns == ["abc", "dab", "cda", "bcd"]

    def test_stays_where_it_is_though_a_person_asks_for_the_first_watch_again_and_again(
        self, four: Simulation
    ) -> None:
        """The last one was read never, and nothing of that was in the age of the last read."""
        hasten(four, 3)
        take = asked(four)
        turns = []
        for _ in range(4):
            four.poll(clocked=True)
            turns.append("".join(take()))
            first = [four.plan.watches["a"]]
            enqueue(four.queue, "lanes", turns_of(four.plan, first, OWN, four.now, None))
            four.deliver()
            assert take() == ["a"]
        assert turns == ["abc", "dab", "cda", "bcd"]

    def test_begins_anew_once_a_turn_was_long_enough_for_all(self, four: Simulation) -> None:
        hasten(four, 3)
        four.poll()
        four.pace = 0
        take = asked(four)
        four.poll()
        assert take() == ["d", "a", "b", "c"]
        four.poll()
        assert take() == ["a", "b", "c", "d"]

    def test_reaches_every_child_of_a_parent_in_turn(self, segments: Simulation) -> None:
        hasten(segments, 3)
        segments.seconds += 200
        take = asked(segments)
        visited: set[str] = set()
        for _ in range(20):
            segments.poll()
            visited |= {each for each in take() if each.count("/") == 2}
        assert visited == {f"w/app/{name}" for name in NAMES}

    def test_tells_what_came_since_it_passed_though_other_globs_were_deployed(
        self, tmp_path: Path
    ) -> None:
        """A lap takes half an hour: what came amid it was told by none but the first scopes."""
        watches = {f"w{number:02}": FOUR["a"] for number in range(30)}
        simulation = Simulation(make_plan(tmp_path, watches))
        simulation.poll()
        hasten(simulation, 1)
        for _ in range(5):
            simulation.poll()
        api = simulation.apis["sesv2.import-jobs"]
        api.put("new", "FAILED", CreatedTimestamp=simulation.now)
        globs = {"include": {"id": ["n*", "o*"]}}
        simulation.plan = make_plan(tmp_path, {name: {**FOUR["a"], **globs} for name in watches})
        for _ in range(2 * len(watches)):
            simulation.poll()
        simulation.publish()
        assert {event["detail"]["watch"] for event in simulation.told()} == {*watches}

    def test_passes_over_what_is_gone_where_it_stopped(self, segments: Simulation) -> None:
        hasten(segments, 4)
        segments.seconds += 200
        segments.poll()
        segments.pace = 0
        segments.apis[SEGMENTS].children["SegmentId"] = NAMES[:1]
        take = asked(segments)
        summary = segments.poll()
        assert summary is not None
        assert "w/app/s00" in take()
        assert summary.errors == []

    def test_goes_on_below_jobs_by_id_that_take_all_of_each_turn(self, tmp_path: Path) -> None:
        ids = [f"j{number:02}" for number in range(30)]
        watches: dict[str, Any] = {
            name: {"source": source, "for": {"ApplicationId": "app"}}
            for name, source in (("w", SEGMENTS), ("x", "pinpoint.export-jobs"))
        }
        simulation = Simulation(make_plan(tmp_path, watches))
        simulation.apis[SEGMENTS].children = {"SegmentId": [*NAMES]}
        for job_id in ids:
            simulation.apis[SEGMENTS].put(job_id, "PROCESSING")
        simulation.poll()
        watches["w"]["jobs"] = ids
        simulation.plan = make_plan(tmp_path, watches)
        simulation.faults.takes = lambda name: 10 if name == "get_import_job" else 0
        take, visited = asked(simulation), set[str]()
        for _ in range(3 * len(NAMES)):
            simulation.poll()
            visited |= {*take()}
        assert visited == {"w/app", "x/app", *(f"w/app/{name}" for name in NAMES)}

    def test_a_watch_that_was_removed_where_it_stopped_is_passed_over(
        self, four: Simulation, tmp_path: Path
    ) -> None:
        hasten(four, 3)
        four.poll()
        four.plan = make_plan(tmp_path, {name: FOUR[name] for name in "abc"})
        take = asked(four)
        four.pace = 0
        four.poll()
        assert set(take()) == {"a", "b", "c"}


class TestFairness:
    """P5: a scope that is slow delays only its own lane, and there no other for long."""

    def test_a_list_that_fills_every_turn_lets_the_others_have_theirs(
        self, four: Simulation
    ) -> None:
        """E2."""
        api = four.apis["sesv2.import-jobs"]
        for number in range(30):
            api.put(f"j{number}", "PROCESSING", CreatedTimestamp=NOW)
        hasten(four, 3)
        four.seconds = 300
        take = asked(four)
        turns = [(four.poll(), take())[1] for _ in range(8)]
        for watch in "abcd":
            assert sum(watch in turn for turn in turns) >= 2

    def test_the_age_of_what_waits_for_its_turn_grows_and_falls_when_it_had_it(
        self, four: Simulation
    ) -> None:
        hasten(four, 1)
        ages = []
        for _ in range(9):
            summary = four.poll()
            assert summary is not None
            ages.append(summary.ages["d"])
        assert max(ages) <= 9 * 60
        assert max(ages) >= 4 * 60 - 60
        four.pace = 0
        summary = four.poll()
        assert summary is not None
        assert set(summary.ages.values()) == {0.0}

    def test_a_lane_that_never_comes_around_grows_older_and_older(self, four: Simulation) -> None:
        """What is never looked at rings, whatever was read meanwhile."""
        four.seconds = SCOPE_SECONDS - 20
        four.pace = 1
        ages = [summary.ages["a"] for _ in range(5) if (summary := four.poll())]
        assert ages == [0, 60, 120, 180, 240]

    def test_lanes_hold_up_nobody_else(self, tmp_path: Path) -> None:
        watches = {"a": FOUR["a"], "other": {"source": "dataexchange.jobs"}}
        simulation = Simulation(make_plan(tmp_path, watches))

        def hang(*_: object) -> None:
            raise TimeoutError

        simulation.apis["sesv2.import-jobs"].fail = hang
        summary = simulation.poll()
        assert summary is not None
        assert [place["watch"] for place in summary.unread] == ["a"]
        assert summary.ages["other"] == 0


class TestOutOfTime:
    def test_nothing_is_begun_and_nothing_counts_as_failed(self, four: Simulation) -> None:
        take = asked(four)
        four.seconds = 100
        for _ in range(4):
            summary = four.poll()
            assert summary is not None
            assert (summary.unread, summary.errors, take()) == ([], [], [])
        four.seconds = 300
        four.publish()
        assert four.told() == []

    def test_a_turn_that_finds_the_hand_where_it_left_it_writes_only_the_round(
        self, four: Simulation
    ) -> None:
        four.seconds = 100
        four.poll()
        written = len(four.dynamodb.records)
        four.poll()
        assert len(four.dynamodb.records) <= written + 1

    def test_a_parent_that_holds_more_than_a_whole_turn_can_list_is_unreachable(
        self, segments: Simulation
    ) -> None:
        """Otherwise it would be begun anew for ever, and nobody would know."""
        api = segments.apis[SEGMENTS]
        api.children["ApplicationId"] = [f"app-{number}" for number in range(40)]
        clock = [0.0]

        def slow(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "GetApps":
                clock[0] += 40

        api.fail = slow
        segments._seconds = lambda: clock[0]  # type: ignore[method-assign]
        summary = segments.poll()
        assert summary is not None
        assert [place["error"] for place in summary.unread] == ["OutOfTime"]

    @pytest.fixture
    def too_many(self, segments: Simulation) -> Simulation:
        """An application with more segments than a turn has time to list, beside another watch."""
        segments.apis[SEGMENTS].children["SegmentId"] += [f"x{n:03}" for n in range(300)]
        segments.apis[SEGMENTS].page_size = 1
        segments.faults.takes = lambda call: 0.5 if call == "get_segments" else 0
        return segments

    def test_what_is_known_of_a_parent_that_holds_too_much_goes_on_being_visited(
        self, too_many: Simulation
    ) -> None:
        take = asked(too_many)
        for _ in range(2):
            visited: set[str] = set()
            for _ in range(2):
                summary = too_many.poll()
                assert summary is not None
                assert [place["error"] for place in summary.unread] == ["OutOfTime"]
                visited |= {each for each in take() if each.count("/") == 2}
            assert visited == {f"w/app/{name}" for name in NAMES}

    def test_a_child_may_have_any_name_while_its_parent_is_settled(self, tmp_path: Path) -> None:
        source = "pinpoint.segment-import-jobs"
        named = {"source": source, "for": {"ApplicationId": "app"}, "jobs": ["j0"]}
        lane = Simulation(make_plan(tmp_path, {"w": named}))
        lane.apis[source].children = {"ApplicationId": ["app"], "SegmentId": ["s", "\U0010ffff"]}
        lane.apis[source].put("j0", "PROCESSING")
        lane.poll()
        del named["jobs"]
        lane.plan = make_plan(tmp_path, {"w": named})
        for _ in range(3):
            summary = lane.poll()
            assert summary is not None
            assert summary.errors == []

    def test_a_parent_that_holds_too_much_is_listed_again_though_no_turn_comes_around(
        self, too_many: Simulation
    ) -> None:
        def takes(call: str) -> float:
            return {"get_segments": 0.5, "get_segment_import_jobs": 30}.get(call, 0)

        too_many.faults.takes = takes
        for _ in range(4):
            too_many.poll()
        too_many.apis[SEGMENTS].page_size = 1_000
        for _ in range(8):
            summary = too_many.poll()
        assert summary is not None
        assert summary.unread == []


def stop_amid(simulation: Simulation, *places: str) -> None:
    """Let Lambda stop the function amid each visit of these, given as `watch/innermost`."""
    client = simulation.clients.client

    def ask(service: str, scope: Scope, patient: bool = True) -> Any:
        if "/".join([scope.watch, *scope.parameters.values()]) in places:
            raise Crash
        return client(service, scope, patient)

    simulation.clients.client = ask


class TestAWatchOfSeveralSources:
    """Each of its sources in a service is a root of the lane, beside those of other watches."""

    EXPORTS, IMPORTS = "sesv2.export-jobs", "sesv2.import-jobs"
    ROOTS = (f"all {EXPORTS}", f"all {IMPORTS}", f"all-else {IMPORTS}")
    LATER = MemoryQueue.HIDDEN + MINUTE

    @pytest.fixture
    def several(self, tmp_path: Path) -> Simulation:
        watches = {"all": {"source": "sesv2.*"}, "all-else": {"source": self.IMPORTS}}
        simulation = Simulation(make_plan(tmp_path, watches))
        simulation.poll()
        return simulation

    def asked(self, simulation: Simulation) -> Callable[[], list[str]]:
        """Give what tells the scopes that were asked since, as the watch and its source."""
        return asked(simulation, lambda scope: f"{scope.watch} {scope.source}")

    def test_has_each_of_them_read_in_turn(self, several: Simulation) -> None:
        hasten(several, 2)
        take = self.asked(several)
        found = []
        for _ in range(3):
            several.poll()
            found.append(take())
        first, second, third = self.ROOTS
        assert found == [[first, second], [third, first], [second, third]]

    def test_tells_the_events_of_each_with_its_own_source(self, several: Simulation) -> None:
        for name, api in several.apis.items():
            api.put(f"j of {name}", "FAILED", CreatedTimestamp=NOW)
        several.poll()
        several.publish()
        found = [(e["detail"]["watch"], e["detail"]["source"]) for e in several.told()]
        assert sorted(found) == [
            ("all", self.EXPORTS),
            ("all", self.IMPORTS),
            ("all-else", self.IMPORTS),
        ]

    def test_is_as_old_as_that_which_was_read_last(self, several: Simulation) -> None:
        def deny(name: str, _: Any) -> None:
            raise refused("AccessDeniedException", name)

        several.apis[self.EXPORTS].fail = deny
        several.poll()
        summary = several.poll()
        assert summary is not None
        assert summary.ages == {"all": 60, "all-else": 0}
        assert [(each["watch"], each["source"]) for each in summary.unread] == [
            ("all", self.EXPORTS)
        ]

    def test_has_the_others_read_where_the_function_is_stopped_amid_one(
        self, several: Simulation
    ) -> None:
        take, client = self.asked(several), several.clients.client

        def ask(service: str, scope: Scope, patient: bool = True) -> Any:
            if (scope.watch, scope.source) == ("all", self.IMPORTS):
                raise Crash
            return client(service, scope, patient)

        several.clients.client = ask
        for _ in range(6):
            several.poll(self.LATER)
        several.publish()
        first, _, third = self.ROOTS
        assert {*take()} == {first, third}
        (event,) = several.told()
        assert (event["detail-type"], event["detail"]["source"]) == (
            "Watch Unreachable",
            self.IMPORTS,
        )

    def test_goes_on_where_it_was_when_it_gets_one_more(self, tmp_path: Path) -> None:
        """What the table remembers of a watch with one source is of that source."""
        lane = Simulation(make_plan(tmp_path, {"w": {"source": self.IMPORTS}}))
        lane.apis[self.IMPORTS].put("j1", "PROCESSING", CreatedTimestamp=NOW)
        lane.poll()
        more = Simulation(make_plan(tmp_path, {"w": {"source": "sesv2.*"}}), now=lane.now)
        more.dynamodb, more.table = lane.dynamodb, lane.table
        more.apis[self.IMPORTS].put("j1", "PROCESSING", CreatedTimestamp=NOW)
        more.apis[self.EXPORTS].put("j2", "PROCESSING", CreatedTimestamp=NOW)
        more.poll()
        more.publish()
        assert more.told() == []
        for name, api in more.apis.items():
            api.put("j1" if name == self.IMPORTS else "j2", "FAILED", CreatedTimestamp=NOW)
        more.poll()
        more.publish()
        assert sorted(e["detail"]["job_id"] for e in more.told()) == ["j1", "j2"]

    def test_stands_with_its_first_where_a_watch_with_one_stands(self, several: Simulation) -> None:
        """So the places that a table holds of an earlier version go on."""
        hasten(several, 1)
        first = Scope("all", self.EXPORTS, ACCOUNT, REGION)
        found = []
        for _ in range(3):
            several.poll()
            found.append(several.table.read_health(first).round.resume_at)
        assert found == [(f"all {self.IMPORTS}",), ("all-else",), ("all",)]


def deliver_late(simulation: Simulation, later: timedelta) -> None:
    """Let a schedule's turn be taken so long after its tick."""
    plan, tick = simulation.plan, simulation.now
    turns = turns_of(plan, plan.watches.values(), (ACCOUNT, REGION), tick, tick)
    enqueue(simulation.queue, "lanes", turns)
    simulation.now += later
    with suppress(Crash):
        simulation.deliver()


class TestAScopeAmidWhichTheFunctionIsStopped:
    """It may take all memory, or time where no call looks at the clock: other scopes go on."""

    LATER = MemoryQueue.HIDDEN + MINUTE

    def test_is_passed_over_and_told_as_unreachable_until_it_can_be_read(
        self, four: Simulation
    ) -> None:
        take, quick = asked(four), four.clients.client
        stop_amid(four, "a")
        four.apis["sesv2.import-jobs"].put("j1", "FAILED", CreatedTimestamp=NOW)
        for _ in range(4):
            assert four.poll(self.LATER) is None
        assert {*take()} == {"b", "c", "d"}
        for _ in range(2):
            four.poll(self.LATER)
        four.publish()
        assert [(e["detail"]["watch"], e["detail-type"]) for e in four.told()] == [
            *((name, "Job Status Change") for name in "bcd"),
            ("a", "Watch Unreachable"),
        ]
        assert four.told()[-1]["detail"]["error"]["code"] == "Stopped"
        four.clients.client = quick
        summary = four.poll(self.LATER)
        four.publish()
        assert {e["detail-type"] for e in four.told()[4:]} == {
            "Watch Recovered",
            "Job Status Change",
        }
        assert summary is not None
        assert four.poll() is not None

    def test_lets_the_others_have_turns_though_there_are_several(self, four: Simulation) -> None:
        take = asked(four)
        stop_amid(four, "a", "c")
        for _ in range(8):
            four.poll(self.LATER)
        turns = take()
        assert {*turns} == {"b", "d"}

    def test_may_be_among_those_of_a_parent_or_the_parent_itself(
        self, segments: Simulation
    ) -> None:
        take = asked(segments)
        stop_amid(segments, "w/app/s00", "w/app/s04")
        for _ in range(8):
            segments.poll(self.LATER)
        assert {each for each in take() if each.count("/") == 2} == {
            f"w/app/{name}" for name in NAMES if name not in {"s00", "s04"}
        }

    def test_may_be_a_parent_that_is_listed(self, tmp_path: Path) -> None:
        lane = Simulation(make_plan(tmp_path, {n: {"source": SEGMENTS} for n in "vw"}))
        lane.apis[SEGMENTS].children = {"ApplicationId": ["app"], "SegmentId": ["s"]}
        lane.poll()
        take = asked(lane)
        stop_amid(lane, "v/app")
        for _ in range(4):
            lane.poll(self.LATER)
        assert "w/app/s" in take()

    def test_is_noticed_where_each_message_that_comes_again_is_too_late(
        self, four: Simulation
    ) -> None:
        take = asked(four)
        stop_amid(four, "a")
        for _ in range(60):
            four.poll(clocked=True)
        assert {*take()} == {"b", "c", "d"}

    def test_holds_up_no_watch_of_another_cadence(self, tmp_path: Path) -> None:
        watches = {"a": FOUR["a"], "b": {**FOUR["b"], "every": "1 hour"}}
        lane = Simulation(make_plan(tmp_path, watches))
        lane.poll()
        take = asked(lane)
        stop_amid(lane, "a")
        for _ in range(30):
            lane.poll(clocked=True)
        assert take() == ["b"]

    def test_is_tried_in_every_other_turn_so_that_those_of_other_watches_are_not_always_late(
        self, four: Simulation
    ) -> None:
        stop_amid(four, "a")
        polls = [four.poll(self.LATER, clocked=True) for _ in range(8)]
        assert [poll is None for poll in polls[2:]] == [False, True] * 3

    def test_is_noticed_where_a_late_turn_comes_again_so_late_that_it_is_dropped_unseen(
        self, four: Simulation
    ) -> None:
        stop_amid(four, "a")
        deliver_late(four, timedelta(minutes=5))
        four.now += timedelta(minutes=6)
        deliver_late(four, timedelta(minutes=6))
        four.now += MemoryQueue.HIDDEN
        assert four.deliver().counts == {"Dropped": 1}
        take = asked(four)
        four.poll(clocked=True)
        assert take() == ["b", "c", "d"]

    def test_costs_writes_until_a_turn_has_come_around(self, four: Simulation) -> None:
        four.faults.stop_at = len(four.faults.calls) + 3
        assert four.poll() is None
        written, many = len(four.dynamodb.records), []
        for _ in range(3):
            four.poll(self.LATER)
            many.append(len(four.dynamodb.records) - written)
            written = len(four.dynamodb.records)
        assert many == [5, 0, 0]

    def test_is_noted_as_far_as_that_can_be_written(self, four: Simulation) -> None:
        four.faults.stop_at = len(four.faults.calls) + 3
        assert four.poll() is None
        four.now += self.LATER
        take = asked(four)
        fail_call(four, "PutItem", 1)
        summary = four.poll()
        assert summary is not None
        assert (len(summary.errors), {*take()}) == (1, {*"abcd"})

    @pytest.mark.parametrize("watches", [1, 4])
    def test_is_not_made_up_where_a_write_took_effect_that_was_called_an_error(
        self, tmp_path: Path, watches: int
    ) -> None:
        """Else no later one would be stored, and the place be left noted."""
        plan = make_plan(tmp_path, dict([*FOUR.items()][:watches]))
        simulation = Simulation(plan)
        simulation.poll()
        simulation.faults.stop_at = len(simulation.faults.calls) + 2
        assert simulation.poll() is None
        simulation.now += self.LATER
        put_item, made = simulation.dynamodb.put_item, []

        def fail_after(**call: Any) -> None:
            put_item(**call)
            made.append(call)
            if len(made) == 1:
                error = {"Code": "InternalServerError", "Message": "no"}
                raise ClientError({"Error": error}, "PutItem")

        simulation.dynamodb.put_item = fail_after  # type: ignore[method-assign]
        for _ in range(2):
            summary = simulation.poll()
            assert summary is not None
            assert summary.unread == []

    def test_is_none_where_somebody_gives_poll_a_turn_beside_the_lanes_own(
        self, four: Simulation
    ) -> None:
        """As if its message had come again: the scope where that one is at work can be read."""
        (turn,) = turns_of(four.plan, four.plan.watches.values(), (ACCOUNT, REGION), four.now, None)
        api = four.apis["sesv2.import-jobs"]
        for _ in range(4):
            own: list[Any] = []

            def meanwhile(_operation: str, _parameters: object, own: Any = own) -> None:
                api.fail = lambda *_: None
                own.append(four.invoke(write_turn(turn)))

            api.fail = meanwhile
            beside = four.invoke(write_turn(turn), again=True)
            assert [*own[0].unread, *beside.unread] == []
        four.publish()
        assert four.told() == []

    @pytest.mark.parametrize("is_of_before", [True, False])
    def test_is_passed_over_at_once_where_a_version_before_noted_it(
        self, four: Simulation, *, is_of_before: bool
    ) -> None:
        """It did not say how long it might be there: nobody waits for that."""
        (turn,) = turns_of(four.plan, four.plan.watches.values(), (ACCOUNT, REGION), four.now, None)
        stop_amid(four, "a")
        with suppress(Crash):
            four.invoke(write_turn(turn), again=True)
        ((key, item),) = [
            each for each in four.dynamodb.items.items() if '"amid_until"' in str(each[1])
        ]
        health = json.loads(item["health"]["S"])
        assert health["round"]["amid"] == ["a"]
        if is_of_before:
            del health["round"]["amid_until"]
        four.dynamodb.items[key] = {**item, "health": {"S": json.dumps(health)}}
        take = asked(four)
        with suppress(Crash):
            four.invoke(write_turn(turn), again=True)
        assert ("a" not in take()) == is_of_before

    def test_is_passed_over_where_the_watches_know_no_such_place_any_more(
        self, segments: Simulation, tmp_path: Path
    ) -> None:
        stop_amid(segments, "w/app/s00")
        for _ in range(2):
            segments.poll(self.LATER)
        segments.plan = make_plan(
            tmp_path, {"w": {"source": SEGMENTS, "for": {"ApplicationId": "app"}}}
        )
        for _ in range(3):
            segments.poll(self.LATER)
        summary = segments.poll(self.LATER)
        assert summary is None or summary.errors == []


class TestAScopeOfWhichTheTableKeepsTooMuch:
    A = Scope("a", "sesv2.import-jobs", ACCOUNT, REGION)

    def slow(self, four: Simulation, key: str, **values: str) -> list[str]:
        """Let each page of what is asked for with a key take a minute; note the calls for one."""
        read, calls = four.dynamodb.paginate, list[str]()

        def paginate(**call: Any) -> Any:
            found = call["ExpressionAttributeValues"]
            is_slow = found.get(key) == {"S": values["of"]}
            calls.extend([key] * is_slow)
            four.faults.takes = lambda name: 60 if is_slow and name == "NextQuery" else 0
            yield from read(**call)

        four.dynamodb.paginate = paginate  # type: ignore[method-assign]
        return calls

    def of_finished_jobs(self, four: Simulation) -> list[str]:
        """Let many have ended; give the calls for all of the items of a scope."""
        api = four.apis["sesv2.import-jobs"]
        for number in range(30):
            api.put(f"j{number:02}", "FAILED", CreatedTimestamp=NOW - HOUR)
        api.put("open", "PROCESSING", CreatedTimestamp=NOW)
        four.poll()
        four.publish()
        four.bus.events.clear()
        return self.slow(four, ":pk", of=items.partition(self.A))

    def told(self, four: Simulation) -> list[tuple[str, str]]:
        four.publish()
        found = [(e["detail"]["watch"], e["detail"].get("job_id", "")) for e in four.told()]
        return [each for each in found if each[0] == "a"]

    def test_once_a_day_nothing_is_read_of_what_has_ended_and_is_listed_no_more(
        self, four: Simulation
    ) -> None:
        calls = self.of_finished_jobs(four)
        four.apis["sesv2.import-jobs"].put("new", "FAILED", CreatedTimestamp=NOW)
        four.now += DAY
        for _ in range(6):
            summary = four.poll()
            assert summary is not None, "Lambda stopped the function"
            assert summary.unread == []
        assert calls == []
        assert self.told(four) == [("a", "new")]

    def test_a_turn_that_is_nearly_over_tells_nothing_of_how_much_there_is(
        self, four: Simulation
    ) -> None:
        self.of_finished_jobs(four)
        four.dynamodb.paginate = self.never_ends  # type: ignore[method-assign]
        unsure = replace(four.table.read_health(self.A), unfinished_checksum=None)
        for left, is_noted in ((140, False), (290, True)):
            deadline = Deadline(left, timer=partial(next, count(step=10)))
            unfinished = Unfinished(four.table, self.A, deadline, unsure, lambda: four.now)
            with pytest.raises(OutOfTimeError):
                unfinished.read()
            assert (four.table.read_health(self.A).overlong_at is not None) is is_noted

    def never_ends(self, **_: Any) -> Iterator[dict[str, Any]]:
        while True:
            yield {"Items": [], "LastEvaluatedKey": {"pk": {"S": "more"}}}

    def test_is_read_whole_once_a_day_at_most_and_the_index_believed_meanwhile(
        self, four: Simulation
    ) -> None:
        calls = self.of_finished_jobs(four)
        health = four.table.read_health(self.A)
        unsure = replace(health, version=health.version + 1, unfinished_checksum=None)
        assert four.table.put_health(self.A, unsure)
        api = four.apis["sesv2.import-jobs"]
        api.put("new", "FAILED", CreatedTimestamp=NOW)
        del api.jobs["open"]
        for _ in range(12):
            assert four.poll() is not None, "Lambda stopped the function"
        assert calls == [":pk"]
        assert self.told(four) == [("a", "new"), ("a", "open")]
        after = four.table.read_health(self.A)
        assert (after.unfinished_checksum, after.failures) == (0, 0)
        unsure = replace(after, version=after.version + 1, unfinished_checksum=None)
        assert four.table.put_health(self.A, unsure)
        four.now += DAY
        for _ in range(6):
            assert four.poll() is not None, "Lambda stopped the function"
        assert calls == [":pk"] * 2

    def test_what_was_closed_there_is_looked_for_once_a_day(self, four: Simulation) -> None:
        calls = self.of_finished_jobs(four)
        health = four.table.read_health(self.A)
        unsure = replace(health, version=health.version + 1, reopens=True)
        assert four.table.put_health(self.A, unsure)
        four.apis["sesv2.import-jobs"].put("new", "FAILED", CreatedTimestamp=NOW)
        for _ in range(8):
            assert four.poll() is not None, "Lambda stopped the function"
        assert calls == [":pk"]
        assert self.told(four) == [("a", "new")]
        four.faults.takes = lambda _: 0
        vars(four.dynamodb).pop("paginate")
        four.now += DAY
        four.poll()
        assert not four.table.read_health(self.A).reopens

    def test_a_long_list_goes_on_though_what_was_closed_waits_for_its_day(
        self, tmp_path: Path
    ) -> None:
        lane = Simulation(make_plan(tmp_path, {"a": FOUR["a"]}))
        lane.poll()
        health = lane.table.read_health(self.A)
        waits = replace(health, version=health.version + 1, reopens=True, overlong_at=lane.now)
        assert lane.table.put_health(self.A, waits)
        api = lane.apis["sesv2.import-jobs"]
        for number in range(20):
            api.put(f"j{number:02}", "COMPLETED", CreatedTimestamp=NOW)
        lane.pace = 60
        for _ in range(40):
            assert lane.poll() is not None, "Lambda stopped the function"
        assert lane.table.read_health(self.A).reopens
        assert {job_id for _, job_id in self.told(lane)} == {*api.jobs}

    def test_is_told_as_unreachable_and_the_others_have_their_turn(self, four: Simulation) -> None:
        """Once a day all of its jobs are looked up: those that are unfinished take too long."""
        api = four.apis["sesv2.import-jobs"]
        for number in range(30):
            api.put(f"j{number:02}", "PROCESSING", CreatedTimestamp=NOW - HOUR)
        four.poll()
        self.slow(four, ":open", of=items.open_key(self.A))
        api.put("new", "FAILED", CreatedTimestamp=NOW)
        four.now += DAY
        unread = set[tuple[str, str]]()
        for _ in range(6):
            summary = four.poll()
            assert summary is not None, "Lambda stopped the function"
            unread |= {(place["watch"], place["error"]) for place in summary.unread}
        assert unread == {("a", "OutOfTime")}
        four.publish()
        assert ("a", "Watch Unreachable") in [
            (e["detail"]["watch"], e["detail-type"]) for e in four.told()
        ]
        assert [
            e["detail"]["watch"] for e in four.told() if e["detail"].get("job_id") == "new"
        ] == [*"bcd"]

    def test_may_be_a_parent_that_held_very_much(self, tmp_path: Path) -> None:
        """What it holds is read page after page, each of which may take its time."""
        watches = {"w": {"source": SEGMENTS}, "x": {"source": "sesv2.import-jobs"}}
        lane = Simulation(make_plan(tmp_path, watches))
        held = [f"s{number:02}" for number in range(60)]
        lane.apis[SEGMENTS].children = {"ApplicationId": ["app"], "SegmentId": held}
        lane.poll()
        lane.faults.takes = lambda call: CALL_SECONDS if call == "NextQuery" else 0
        held.append("new")
        take = asked(lane)
        for _ in range(4):
            summary = lane.poll()
            assert summary is not None, "Lambda stopped the function"
            assert [place["error"] for place in summary.unread] == ["OutOfTime"]
            assert "x" in take()
        lane.apis[SEGMENTS].children = {"ApplicationId": [], "SegmentId": []}
        for _ in range(4):
            summary = lane.poll()
            assert summary is not None, "Lambda stopped the function"
            assert summary.errors == []
            assert "x" in take()


class TestATurnThatCameTooLate:
    @pytest.fixture
    def late(self, four: Simulation) -> Simulation:
        """A lane whose every message waits for two minutes."""
        take = four.queue.take

        def take_late(now: Any) -> Any:
            entry = take(now)
            four.now += 2 * MINUTE if entry else timedelta(0)
            return entry

        four.queue.take = take_late  # type: ignore[method-assign]
        return four

    def test_is_dropped_and_the_age_of_its_watches_is_told(self, late: Simulation) -> None:
        take = asked(late)
        ages = []
        for _ in range(3):
            summary = late.poll(clocked=True)
            assert summary is not None
            assert (summary.counts["Dropped"], take()) == (1, [])
            ages.append(summary.ages)
        assert [age["a"] for age in ages] == [age["d"] for age in ages] == [120, 300, 480]

    def test_is_taken_all_the_same_where_turns_came_too_late_for_long(
        self, late: Simulation
    ) -> None:
        """Turns of other cadences left those of a quick one no time at which they were young."""
        take = asked(late)
        worked = [(late.poll(clocked=True), bool(take()))[1] for _ in range(7)]
        assert worked == [False, False, False, False, True, False, False]

    def test_is_dropped_where_one_that_was_taken_for_that_was_stopped_only_now(
        self, late: Simulation
    ) -> None:
        """Else those of other cadences, which wait behind these, would be forgotten unseen."""
        stop_amid(late, "a")
        polls = [late.poll(clocked=True) for _ in range(10)]
        told = ["stopped" if poll is None else poll.counts["Dropped"] for poll in polls]
        assert told == [1, 1, 1, 1, "stopped", 0, 0, 0, 5, 0]

    def test_is_made_up_for_by_the_next_that_comes_in_time(self, late: Simulation) -> None:
        late.poll(clocked=True)
        del late.queue.take  # type: ignore[method-assign]
        for expected in (0, 0):
            summary = late.poll()
            assert summary is not None
            assert (summary.counts["Scopes"], summary.ages["a"]) == (4, expected)

    def test_leaves_the_hand_where_it_was(self, four: Simulation, late: Simulation) -> None:
        taken = late.queue.take
        del late.queue.take  # type: ignore[method-assign]
        hasten(four, 3)
        four.poll()
        late.queue.take = taken  # type: ignore[method-assign]
        four.poll(clocked=True)
        del late.queue.take  # type: ignore[method-assign]
        take = asked(four)
        four.poll()
        assert "".join(take()) == "dab"

    def test_is_worked_on_all_the_same_where_a_person_asked_for_it(self, late: Simulation) -> None:
        """A schedule's turn behind it would leave idle scopes alone."""
        take = asked(late)
        summary = late.poll()
        assert summary is not None
        assert (summary.counts["Dropped"], len(take())) == (0, 4)

    @pytest.mark.parametrize(("minutes", "dropped"), [(59, 0), (61, 1)])
    def test_is_dropped_an_hour_after_a_person_asked_for_it(
        self, tmp_path: Path, minutes: int, dropped: int
    ) -> None:
        """Who asked for a watch all the time kept a lane at that, for a day where one is daily."""
        watches = {"a": FOUR["a"], "daily": {"source": SEGMENTS, "every": "1 day"}}
        simulation = Simulation(make_plan(tmp_path, watches))
        (turn,) = turns_of(
            simulation.plan, [simulation.plan.watches["a"]], (ACCOUNT, REGION), NOW, None
        )
        simulation.now = NOW + minutes * MINUTE
        summary = simulation.invoke(write_turn(turn))
        assert (summary.counts["Dropped"], summary.counts["Scopes"]) == (dropped, 1 - dropped)


class TestErrorsOfOurs:
    @pytest.mark.parametrize("number", range(10))
    def test_a_write_that_fails_stops_no_other_scope_and_loses_nothing(
        self, tmp_path: Path, number: int
    ) -> None:
        watches = {"contacts": FOUR["a"], "audience": {"source": SEGMENTS}}
        simulation = Simulation(make_plan(tmp_path, watches))
        segments, contacts = simulation.apis[SEGMENTS], simulation.apis["sesv2.import-jobs"]
        segments.children = {"ApplicationId": ["app"], "SegmentId": ["s1", "s2"]}
        segments.put("p1", "PROCESSING")
        contacts.put("j1", "PROCESSING", CreatedTimestamp=NOW - HOUR)
        fail_call(simulation, "PutItem", number)
        summary = simulation.poll()
        assert summary is not None
        assert len(summary.errors) <= 1
        simulation.faults.meddle = lambda _name: None
        simulation.poll()
        contacts.put("j1", "FAILED", CreatedTimestamp=NOW - HOUR)
        segments.put("p1", "FAILED")
        simulation.poll()
        simulation.publish()
        assert sorted(e["detail"]["job_id"] for e in simulation.told()) == ["j1", "p1", "p1"]

    @pytest.mark.parametrize("number", range(4))
    def test_a_read_that_fails_is_told_and_the_other_scopes_have_their_turn(
        self, four: Simulation, number: int
    ) -> None:
        """The first is the lane's own: without it, nobody knows where the hand is."""
        take = asked(four)
        fail_call(four, "GetItem", number)
        summary = four.poll()
        assert summary is not None
        assert len(summary.errors) == 1
        assert len(take()) == (0 if number == 0 else 3)
        four.faults.meddle = lambda _name: None
        summary = four.poll()
        assert summary is not None
        assert (summary.errors, len(take())) == ([], 4)

    def test_an_answer_that_leads_to_one_is_a_failed_read_until_there_is_another(
        self, segments: Simulation
    ) -> None:
        """It was in the dead letters only: the scope looked as if it had been read."""
        segments.clients.client = answering_nonsense(segments, "s03")
        for age in (0, 60, 120):
            summary = segments.poll()
            assert summary is not None
            ((scope, error),) = summary.errors
            assert (scope.innermost, type(error)) == ("s03", TypeError)
            assert [each["error"] for each in summary.unread] == ["UnexpectedAnswer"]
            assert summary.ages == {"w": age}
        segments.clients.client = FakeClients(segments.apis).client
        segments.poll()
        segments.publish()
        told = [(e["detail-type"], e["detail"]["parameters"]["SegmentId"]) for e in segments.told()]
        assert told == [
            ("Watch Unreachable", "s03"),
            ("Watch Recovered", "s03"),
        ]

    def test_what_the_table_takes_never_is_a_failed_read(self, four: Simulation) -> None:
        def refuse(**call: Any) -> None:
            if call["Item"]["sk"]["S"].endswith("long"):
                raise refused("ValidationException", "PutItem")
            put_item(**call)

        put_item = four.dynamodb.put_item
        four.dynamodb.put_item = refuse  # type: ignore[method-assign]
        four.apis["sesv2.import-jobs"].put("long", "FAILED", CreatedTimestamp=NOW)
        for _ in range(3):
            four.poll()
        four.publish()
        assert [e["detail-type"] for e in four.told()] == 4 * ["Watch Unreachable"]


def fail_call(simulation: Simulation, call: str, number: int) -> None:
    """Let the table refuse one call."""
    made = []

    def fail(name: str) -> None:
        if name == call:
            made.append(name)
            if len(made) == number + 1:
                error = {"Code": "ProvisionedThroughputExceededException", "Message": "no"}
                raise ClientError({"Error": error}, name)

    simulation.faults.meddle = fail


def answering_nonsense(simulation: Simulation, name: str) -> Callable[..., Any]:
    """Let the lists of one scope be a number."""
    client, source = simulation.clients.client, simulation.plan.sources[SEGMENTS]

    class Nonsense:
        def __getattr__(self, _: str) -> Callable[..., Any]:
            return lambda **_: {source.listing.items.split(".")[0]: {"Item": 5}}

    def give(service: str, scope: Scope, patient: bool = True) -> Any:
        odd = scope.parameters.get("SegmentId") == name
        return Nonsense() if odd else client(service, scope, patient)

    return give


class TestIdle:
    IDLE: Mapping[str, Any] = {"idle": {**FOUR["a"], "idle_every": "10 minutes"}}

    @pytest.fixture
    def idle(self, tmp_path: Path) -> Simulation:
        simulation = Simulation(make_plan(tmp_path, self.IDLE))
        simulation.poll()
        return simulation

    def asked(self, simulation: Simulation, ticks: int, *, clocked: bool = True) -> list[bool]:
        """Tell in which ticks the list was asked for."""
        api, found = simulation.apis["sesv2.import-jobs"], []
        for _ in range(ticks):
            before = len(api.calls)
            simulation.poll(clocked=clocked)
            found.append(len(api.calls) > before)
        return found

    def told(self, simulation: Simulation) -> list[str]:
        simulation.publish()
        return [event["detail"]["raw_status"] for event in simulation.told()]

    def test_a_scope_without_unfinished_jobs_is_asked_in_one_of_so_many_ticks(
        self, idle: Simulation
    ) -> None:
        found = self.asked(idle, 30)
        assert sum(found) == 3
        assert found[:10] * 3 == found

    def test_resting_writes_nothing(self, idle: Simulation) -> None:
        written = len(idle.dynamodb.records)
        found = self.asked(idle, 30)
        assert len(idle.dynamodb.records) == written + sum(found)

    def test_a_person_is_always_answered(self, idle: Simulation) -> None:
        assert all(self.asked(idle, 10, clocked=False))

    def test_a_job_that_runs_has_it_asked_in_each_tick_until_it_ends(
        self, idle: Simulation
    ) -> None:
        api = idle.apis["sesv2.import-jobs"]
        api.put("j1", "PROCESSING")
        assert sum(self.asked(idle, 10)) >= 1
        assert all(self.asked(idle, 10))
        api.put("j1", "COMPLETED")
        assert sum(self.asked(idle, 11)) <= 3
        assert self.told(idle) == ["PROCESSING", "COMPLETED"]

    def test_one_that_is_to_be_read_otherwise_does_not_rest(self, idle: Simulation) -> None:
        """It was read otherwise, and told of newer ids, only once it had rested."""
        api, watch = idle.apis["sesv2.import-jobs"], idle.plan.watches["idle"]
        api.put("j1", "COMPLETED")
        self.asked(idle, 12)
        otherwise: list[dict[str, Any]] = [
            {"include": {"id": ("j*",)}},
            {"jobs": ("j1",)},
            {"jobs": ("j1", "j2")},
            {},
        ]
        for said in otherwise:
            idle.plan = replace(idle.plan, watches={"idle": replace(watch, **said)})
            assert self.asked(idle, 12)[0], said

    @pytest.mark.parametrize("operation", ["ListImportJobs", "GetImportJob"])
    def test_one_that_could_not_be_read_does_not_rest(
        self, idle: Simulation, operation: str
    ) -> None:
        api = idle.apis["sesv2.import-jobs"]

        def fail(name: str, _: Mapping[str, Any]) -> None:
            if name == operation:
                raise refused("InternalFailure", name)

        api.fail = fail
        api.put("j1", "FAILED")
        while not self.asked(idle, 1)[0]:
            pass
        assert self.asked(idle, 1) == [True]
        api.fail = lambda *_: None
        assert self.asked(idle, 1) == [True]
        assert [each for each in self.told(idle) if each == "FAILED"] == ["FAILED"]

    def test_not_all_scopes_are_asked_in_the_same_tick(self, tmp_path: Path) -> None:
        accounts = [{"id": f"{number:012}", "role": "reader"} for number in range(1, 21)]
        watches = {"idle": {**self.IDLE["idle"], "accounts": accounts}}
        simulation = Simulation(make_plan(tmp_path, watches))
        simulation.poll()
        api, asked = simulation.apis["sesv2.import-jobs"], []
        for _ in range(10):
            before = len(api.calls)
            simulation.poll(clocked=True)
            asked.append(len(api.calls) - before)
        assert sum(asked) == 20
        assert max(asked) < 10


def test_hundreds_of_lanes_have_a_turn_each_and_a_stop_is_made_up_for(tmp_path: Path) -> None:
    accounts = [{"id": f"{number:012}", "role": "reader"} for number in range(1, 101)]
    regions = ["eu-west-1", "us-east-1", "us-west-2", "ap-south-1"]
    watches = {"all": {**FOUR["a"], "accounts": accounts, "regions": regions}}
    simulation = Simulation(make_plan(tmp_path, watches))
    summary = simulation.poll()
    assert summary is not None
    assert summary.counts["Scopes"] == 400
    simulation.apis["sesv2.import-jobs"].put("j1", "PROCESSING", CreatedTimestamp=NOW)
    simulation.faults.stop_at = len(simulation.faults.calls) + 300
    simulation.poll()
    simulation.poll(10 * MINUTE)
    simulation.publish()
    found = [(e["detail"]["account"], e["detail"]["region"]) for e in simulation.told()]
    assert len(found) == len(set(found)) == 400


def test_after_a_day_a_lane_still_costs_one_read_of_each_parent(segments: Simulation) -> None:
    for _ in range(3):
        segments.poll(DAY)
    segments.faults.calls.clear()
    segments.poll()
    found = segments.faults.calls
    assert (found.count("Query"), found.count("PutItem")) == (0, 0)
    assert found.count("GetItem") == 2 + len(NAMES)


def damage(simulation: Simulation, sort_key: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Make an item of the table what no version of ours writes; `change` gets its attributes."""
    found = [item for key, item in simulation.dynamodb.items.items() if key[1] == sort_key]
    assert found
    for item in found:
        change(item)


def in_health(**members: Any) -> Callable[[dict[str, Any]], None]:
    """Give what changes members of a health's JSON."""
    return lambda item: item.update(
        health={"S": json.dumps(json.loads(item["health"]["S"]) | members)}
    )


BOMB = {"B": zlib.compress(bytes(50_000_000))}
CURSOR = {"began": "soon", "token": "t", "digest": "eJwDAAAAAAE=", "examined": None}
HEALTHS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no JSON": lambda item: item.update(health={"S": "{"}),
    "a list": lambda item: item.update(health={"S": "[]"}),
    "deep": lambda item: item.update(health={"S": "[" * 100_000}),
    "none": lambda item: item.pop("health"),
    "of another kind": lambda item: item.update(health={"N": "3"}),
    "a digest that inflates": lambda item: item.update(digest=BOMB),
    "a short digest": lambda item: item.update(digest={"B": zlib.compress(b"x")}),
    "no digest": lambda item: item.update(digest={"B": b"no zlib"}),
    "a cursor": in_health(cursor=CURSOR),
    "a round": in_health(round={"hand": [1, {}]}),
    "parts": in_health(suspects=[99_999]),
    "parts in words": in_health(suspects=["x"]),
    "failures": in_health(failures="many"),
    "a boundary": in_health(boundary=["j"]),
    "waits": in_health(waits=[1]),
    "ids": in_health(ended=[[]], held_before=3),
    "retention": in_health(retention="long"),
}
JOBS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no status": lambda item: item.pop("status"),
    "a status of another kind": lambda item: item.update(status={"N": "3"}),
    "no progress": lambda item: item.update(progress={"S": "[1, 2, 3, 4]"}),
    "no time": lambda item: item.update(moved_at={"N": "1e99"}),
    "no detail": lambda item: item.update(detail={"S": "[1]"}),
    "a deep detail": lambda item: item.update(detail={"S": "[" * 100_000}),
    "no end": lambda item: item.update(expires_at={"N": "9" * 30}),
}


class TestADamagedItem:
    """S6: only poll writes the table, but another version of it may have, and hands slip."""

    @pytest.fixture
    def four(self, four: Simulation) -> Simulation:
        api = four.apis["sesv2.import-jobs"]
        api.put("old", "FAILED")
        api.put("j", "CREATED")
        four.poll()
        four.publish()
        four.bus.events.clear()
        return four

    @pytest.fixture
    def damaged(self, four: Simulation) -> list[str]:
        keys: list[str] = []
        four.table = replace(four.table, on_damaged=keys.append)
        return keys

    def end(self, four: Simulation) -> list[tuple[str, str]]:
        """Let the jobs fail; give what is told of them, which is each once."""
        api = four.apis["sesv2.import-jobs"]
        for job_id in api.jobs:
            api.put(job_id, "FAILED")
        for _ in range(3):
            summary = four.poll()
            assert summary is not None
            assert summary.errors == []
            assert summary.counts["Scopes"] == 4
        four.publish()
        return sorted((e["detail"]["watch"], e["detail"]["job_id"]) for e in four.bus.events)

    @pytest.mark.parametrize(
        ("key", "change"),
        [
            pytest.param(key, change, id=f"{key}: {what}")
            for key, changes in (("scope", HEALTHS), ("job#j", JOBS))
            for what, change in changes.items()
        ],
    )
    def test_counts_as_unknown_so_that_what_there_is_by_now_is_told(
        self,
        four: Simulation,
        damaged: list[str],
        key: str,
        change: Callable[[dict[str, Any]], Any],
    ) -> None:
        damage(four, key, change)
        assert self.end(four) == [(name, "j") for name in ("a", "b", "c", "d")]
        assert len(set(damaged)) == 4

    def test_of_a_scope_has_a_job_told_that_ended_meanwhile(self, four: Simulation) -> None:
        damage(four, "scope", HEALTHS["no JSON"])
        times = {"CreatedTimestamp": four.now - HOUR, "CompletedTimestamp": four.now}
        four.apis["sesv2.import-jobs"].put("k", "FAILED", **times)
        four.poll()
        four.publish()
        told = [(event["detail"]["watch"], event["detail"]["job_id"]) for event in four.bus.events]
        assert sorted(told) == [(name, "k") for name in ("a", "b", "c", "d")]

    def test_that_cannot_be_replaced_holds_nothing_else_up(self, four: Simulation) -> None:
        damage(four, "job#j", lambda item: item.update(version={"N": "x"}))
        damage(four, "job#old", lambda item: item.pop("status"))
        damage(four, "scope", lambda item: item.pop("version"))
        four.apis["sesv2.import-jobs"].put("k", "CREATED")
        told = self.end(four)
        assert {(name, "k") for name in ("a", "b", "c", "d")} <= set(told)
        assert len(told) == len(set(told))

    def test_of_what_a_parent_holds_is_found_anew(self, segments: Simulation) -> None:
        damage(segments, "child#s03", lambda item: item.pop("id"))
        damage(segments, "child#s04", lambda item: item.update(id={"N": "4"}))
        take = asked(segments)
        summary = segments.poll(DAY)
        assert summary is not None
        assert summary.errors == []
        assert len(take()) == len(NAMES) + 2

    def test_of_an_unreachable_scope_still_has_its_recovery_told(self, four: Simulation) -> None:
        def fail(_operation: str, _parameters: Mapping[str, Any]) -> None:
            raise refused("AccessDeniedException")

        api = four.apis["sesv2.import-jobs"]
        answers, api.fail = api.fail, fail
        for _ in range(3):
            four.poll()
        damage(four, "scope", HEALTHS["no JSON"])
        four.poll()
        api.fail = answers
        four.poll()
        four.publish()
        told = [event["detail-type"] for event in four.bus.events]
        assert sorted(told) == ["Watch Recovered"] * 4 + ["Watch Unreachable"] * 4
