"""From a parent scope to what it holds: what is remembered, what is new, what is quiet."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api import refused
from tests.flow import make_plan
from tests.sim import Simulation
from tests.values import DAY, HOUR, MINUTE

IMPORTS, SEGMENTS = "pinpoint.import-jobs", "pinpoint.segment-import-jobs"


def watching(folder: Path, source: str, **watch: Any) -> Simulation:
    return Simulation(make_plan(folder, {"w": {"source": source, **watch}}))


@pytest.fixture
def apps(tmp_path: Path) -> Simulation:
    """Two applications, in each of which the same job runs."""
    simulation = watching(tmp_path, IMPORTS)
    api = simulation.apis[IMPORTS]
    api.children = {"ApplicationId": ["a", "b"]}
    api.put("p1", "PROCESSING", CreationDate="2026-11-22T11:00:00Z")
    simulation.poll()
    return simulation


def told(simulation: Simulation) -> list[tuple[str, str]]:
    """The jobs that were told since the last look, as (application, job)."""
    simulation.publish()
    found = [
        (e["detail"]["parameters"].get("ApplicationId", ""), e["detail"].get("job_id", ""))
        for e in simulation.told()
    ]
    simulation.bus.events.clear()
    return sorted(found)


def asked(simulation: Simulation, source: str = IMPORTS) -> list[tuple[str, ...]]:
    """The parents for which jobs were listed since the last look."""
    api = simulation.apis[source]
    listing = api.source.listing
    names = [each.parameter for each in api.source.parents if each.parameter in listing.parameters]
    found = [tuple(g[n] for n in names) for o, g in api.calls if o == listing.operation]
    api.calls.clear()
    return list(dict.fromkeys(found))


def test_every_child_is_visited_and_quiet_at_first(apps: Simulation) -> None:
    assert asked(apps) == [("a",), ("b",)]
    assert told(apps) == []
    apps.apis[IMPORTS].put("p1", "FAILED")
    apps.poll()
    assert told(apps) == [("a", "p1"), ("b", "p1")]


def test_children_of_children_are_found_through_both_lists(tmp_path: Path) -> None:
    simulation = watching(tmp_path, SEGMENTS)
    children = {"ApplicationId": ["a", "b"], "SegmentId": ["s1", "s2"]}
    simulation.apis[SEGMENTS].children = children
    simulation.poll()
    assert asked(simulation, SEGMENTS) == [("a", "s1"), ("a", "s2"), ("b", "s1"), ("b", "s2")]


@pytest.mark.parametrize("given", [{"ApplicationId": "a"}, {"ApplicationId": "x"}])
def test_what_the_watch_names_is_not_asked_for(tmp_path: Path, given: Mapping[str, str]) -> None:
    simulation = watching(tmp_path, SEGMENTS, **{"for": dict(given)})
    api = simulation.apis[SEGMENTS]
    api.children = {"ApplicationId": ["a", "b"], "SegmentId": ["s1"]}
    simulation.poll()
    assert api.made("GetApps") == 0
    assert asked(simulation, SEGMENTS) == [(given["ApplicationId"], "s1")]


class TestOneThatAppearsLater:
    def test_tells_a_job_that_began_after_the_watch_at_once(self, apps: Simulation) -> None:
        api = apps.apis[IMPORTS]
        api.children["ApplicationId"].append("late")
        api.put("p2", "PROCESSING", CreationDate="2026-11-22T12:30:00Z")
        apps.poll(HOUR)
        assert told(apps) == [("a", "p2"), ("b", "p2"), ("late", "p2")]

    def test_is_quiet_about_what_is_older_than_the_watch(self, apps: Simulation) -> None:
        api = apps.apis[IMPORTS]
        api.children["ApplicationId"].append("late")
        apps.poll(HOUR)
        assert told(apps) == []
        api.put("p1", "FAILED", CreationDate="2026-11-22T11:00:00Z")
        apps.poll()
        assert ("late", "p1") in told(apps)

    @pytest.mark.parametrize("number", range(12))
    def test_loses_nothing_when_the_function_is_stopped_at_any_call(
        self, apps: Simulation, number: int
    ) -> None:
        api = apps.apis[IMPORTS]
        api.children["ApplicationId"].append("late")
        api.put("p2", "PROCESSING", CreationDate="2026-11-22T12:30:00Z")
        apps.faults.calls.clear()
        apps.faults.stop_at = number
        apps.poll(HOUR)
        apps.faults.restart()
        for _ in range(2):
            apps.poll(6 * MINUTE)
        assert told(apps) == [("a", "p2"), ("b", "p2"), ("late", "p2")]


def test_a_child_whose_first_visit_came_late_is_quiet_all_the_same(apps: Simulation) -> None:
    """What is there when its parent is first listed is not new, however late it is read."""
    simulation = Simulation(apps.plan)
    api = simulation.apis[IMPORTS]
    api.children = {"ApplicationId": ["a", "b"]}
    api.put("p1", "PROCESSING", CreationDate="2026-11-22T11:00:00Z")

    def deny(operation: str, given: Mapping[str, Any]) -> None:
        if operation == "GetImportJobs" and given["ApplicationId"] == "b":
            raise refused("InternalServerErrorException", operation)

    api.fail = deny
    simulation.poll()
    api.put("p2", "PROCESSING", CreationDate="2026-11-22T13:00:00Z")
    api.fail = lambda *_: None
    simulation.poll(2 * HOUR)
    assert told(simulation) == [("a", "p2")]


class TestAListOfParentsThatFails:
    def deny(self, operation: str, _: Mapping[str, Any]) -> None:
        if operation == "GetApps":
            raise refused("AccessDeniedException", operation)

    def test_makes_its_watch_older_and_unreachable_and_takes_that_back(
        self, apps: Simulation
    ) -> None:
        apps.apis[IMPORTS].fail = self.deny
        ages = [summary.ages["w"] for _ in range(4) if (summary := apps.poll())]
        assert ages == [0, 60, 120, 180]
        apps.publish()
        assert [e["detail-type"] for e in apps.told()] == ["Watch Unreachable"]
        apps.apis[IMPORTS].fail = lambda *_: None
        apps.poll()
        apps.publish()
        assert [e["detail-type"] for e in apps.told()][1:] == ["Watch Recovered"]

    def test_costs_no_write_after_the_third_time(self, apps: Simulation) -> None:
        apps.apis[IMPORTS].fail = self.deny
        for _ in range(3):
            apps.poll()
        written = len(apps.dynamodb.records)
        apps.poll()
        assert len(apps.dynamodb.records) == written

    def test_at_first_is_no_first_read(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, IMPORTS)
        api = simulation.apis[IMPORTS]
        api.children = {"ApplicationId": ["a"]}
        api.put("p1", "PROCESSING", CreationDate="2026-11-22T13:00:00Z")
        api.fail = self.deny
        simulation.poll(2 * HOUR)
        api.fail = lambda *_: None
        simulation.poll()
        assert told(simulation) == []


def test_a_thousand_children_are_remembered_as_items_of_their_own(tmp_path: Path) -> None:
    """E16: no item grows with them."""
    simulation = watching(tmp_path, IMPORTS)
    api = simulation.apis[IMPORTS]
    api.page_size = 100
    api.children = {"ApplicationId": [f"application-{n:04}" for n in range(1_000)]}
    simulation.poll()
    sizes = [len(str(item)) for item in simulation.dynamodb.items.values()]
    assert max(sizes) < 4_096
    assert sum(sk.startswith("child#") for _, sk in simulation.dynamodb.items) == 1_000


class TestParentsThatAreListedSeldom:
    """Each 15 minutes, so that 15 turns list them once."""

    @pytest.fixture
    def seldom(self, tmp_path: Path) -> Simulation:
        simulation = watching(tmp_path, IMPORTS, discover_every="15 minutes")
        api = simulation.apis[IMPORTS]
        api.children = {"ApplicationId": ["a", "b"]}
        api.put("p1", "PROCESSING", CreationDate="2026-11-22T11:00:00Z")
        self.listed(simulation, 1)
        self.until_listed(simulation)
        asked(simulation)
        return simulation

    def listed(self, simulation: Simulation, turns: int, *, clocked: bool = True) -> list[bool]:
        """Tell in which turns the parents were listed."""
        api, found = simulation.apis[IMPORTS], []
        for _ in range(turns):
            before = api.made("GetApps")
            simulation.poll(clocked=clocked)
            found.append(api.made("GetApps") > before)
        return found

    def until_listed(self, simulation: Simulation) -> int:
        """Let turns pass until one lists the parents; tell how many."""
        turns = 1
        while not self.listed(simulation, 1)[0]:
            turns += 1
        return turns

    def test_are_listed_in_one_of_so_many_turns_and_visited_in_each(
        self, seldom: Simulation
    ) -> None:
        assert self.listed(seldom, 30) == [*[False] * 14, True] * 2
        for _ in range(3):
            asked(seldom)
            seldom.poll(clocked=True)
            assert asked(seldom) == [("a",), ("b",)]

    def test_cost_one_query_in_between_and_one_write_each_time(self, seldom: Simulation) -> None:
        written = len(seldom.dynamodb.records)
        seldom.faults.calls.clear()
        self.listed(seldom, 14)
        calls = seldom.faults.calls
        assert (calls.count("Query"), calls.count("GetItem")) == (14, 14 * 3)
        assert len(seldom.dynamodb.records) == written
        self.listed(seldom, 15)
        assert len(seldom.dynamodb.records) == written + 1

    def test_are_listed_whenever_a_person_asks_which_writes_nothing(
        self, seldom: Simulation
    ) -> None:
        written = len(seldom.dynamodb.records)
        assert all(self.listed(seldom, 10, clocked=False))
        assert len(seldom.dynamodb.records) == written

    def test_tell_a_job_of_one_that_is_new_once_they_are_listed(self, seldom: Simulation) -> None:
        api = seldom.apis[IMPORTS]
        api.children["ApplicationId"].append("late")
        api.put("p2", "PROCESSING", CreationDate=seldom.now)
        assert self.until_listed(seldom) == 15
        assert told(seldom) == [("a", "p2"), ("b", "p2"), ("late", "p2")]

    def test_that_could_not_all_be_stored_are_listed_again(self, seldom: Simulation) -> None:
        api = seldom.apis[IMPORTS]
        api.children["ApplicationId"] += ["c", "d"]
        self.listed(seldom, 14)
        slow = iter((125, 125))  # of the first of them
        seldom.faults.takes = lambda name: next(slow, 0) if name == "PutItem" else 0
        assert self.listed(seldom, 3) == [True, True, False]
        asked(seldom)
        seldom.poll(clocked=True)
        assert asked(seldom) == [("a",), ("b",), ("c",), ("d",)]

    @pytest.mark.parametrize("number", range(12))
    def test_lose_nothing_when_the_function_is_stopped_at_any_call(
        self, seldom: Simulation, number: int
    ) -> None:
        api = seldom.apis[IMPORTS]
        api.children["ApplicationId"].append("late")
        api.put("p2", "PROCESSING", CreationDate=seldom.now)
        self.listed(seldom, 14)
        seldom.faults.calls.clear()
        seldom.faults.stop_at = number
        seldom.poll(clocked=True)
        seldom.faults.restart()
        for _ in range(20):
            seldom.poll(clocked=True)
        assert told(seldom) == [("a", "p2"), ("b", "p2"), ("late", "p2")]

    def test_are_listed_in_each_turn_while_that_fails_and_told_after_three(
        self, seldom: Simulation
    ) -> None:
        api = seldom.apis[IMPORTS]
        api.fail = TestAListOfParentsThatFails().deny
        self.until_listed(seldom)
        assert self.listed(seldom, 2) == [True, True]
        seldom.publish()
        assert [e["detail-type"] for e in seldom.told()] == ["Watch Unreachable"]
        api.fail = lambda *_: None
        assert self.listed(seldom, 2) == [True, False]
        seldom.publish()
        assert [e["detail-type"] for e in seldom.told()][1:] == ["Watch Recovered"]

    def test_are_settled_only_by_turns_that_list_them(self, seldom: Simulation) -> None:
        """The application went with its job, which the service knows no more."""
        api = seldom.apis[IMPORTS]
        api.children["ApplicationId"] = ["b"]
        api.fail = lambda operation, given: self.deny(operation, given, gone="a")
        assert self.listed(seldom, 6) == [False, False, True, True, True, False]
        seldom.publish()
        details = [event["detail"] for event in seldom.told()]
        assert [(d["job_id"], d["raw_status"]) for d in details] == [("p1", "NOT_FOUND")]
        assert asked(seldom)[-1:] == [("b",)]

    def deny(self, operation: str, given: Mapping[str, Any], *, gone: str) -> None:
        if given.get("ApplicationId") == gone:
            raise refused("NotFoundException", operation)

    def test_are_listed_once_more_where_one_fails_that_is_still_there(
        self, seldom: Simulation
    ) -> None:
        seldom.apis[IMPORTS].fail = lambda *given: self.deny(*given, gone="a")
        assert self.listed(seldom, 6) == [False, False, True, False, False, False]
        seldom.publish()
        assert [e["detail-type"] for e in seldom.told()] == ["Watch Unreachable"]

    def test_are_listed_at_once_by_a_watch_that_begins_to_spare_it(self, apps: Simulation) -> None:
        apps.poll(clocked=True)
        watch = replace(apps.plan.watches["w"], discover_every=900)
        apps.plan = replace(apps.plan, watches={"w": watch})
        assert self.listed(apps, 1) == [True]
        assert sum(self.listed(apps, 15)) == 1
        apps.plan = replace(apps.plan, watches={"w": replace(watch, discover_every=None)})
        assert all(self.listed(apps, 3))

    def test_are_listed_where_the_table_lost_track_of_one(self, seldom: Simulation) -> None:
        (key, _) = [key for key in seldom.dynamodb.items if key[1].startswith("child#")]
        del seldom.dynamodb.items[key]
        assert self.listed(seldom, 2) == [True, True]
        assert asked(seldom) == [("a",), ("b",)]
        assert self.listed(seldom, 1, clocked=False) == [True]
        seldom.poll(DAY, clocked=True)
        assert self.listed(seldom, 2) == [False, False]

    def test_go_on_where_a_turn_stopped_amid_what_they_hold(self, seldom: Simulation) -> None:
        api = seldom.apis[IMPORTS]
        names = [f"c{number}" for number in range(6)]
        api.children["ApplicationId"] = names
        self.until_listed(seldom)
        asked(seldom)
        seldom.pace = 60
        found = []
        for _ in range(6):
            seldom.poll(clocked=True)
            found += asked(seldom)
        turns = [int(name.removeprefix("c")) for (name,) in found]
        assert turns == [n % 6 for n in range(len(turns))]
        assert len(turns) >= 12


@pytest.mark.parametrize("segments", [[], ["s"]])
@pytest.mark.parametrize("minute", range(0, 60, 12))
def test_what_a_parent_holds_in_parents_is_listed_anew_before_its_end_is_an_outage(
    minute: int, segments: list[str], tmp_path: Path
) -> None:
    """An application goes with its segments: neither is called unreachable."""
    simulation = watching(tmp_path, SEGMENTS, discover_every="1 hour")
    api = simulation.apis[SEGMENTS]
    api.children = {"ApplicationId": ["a", "b"], "SegmentId": segments}
    for _ in range(minute + 1):
        simulation.poll(clocked=True)
    api.children["ApplicationId"] = ["b"]

    def deny(operation: str, given: Mapping[str, Any]) -> None:
        if given.get("ApplicationId") == "a":
            raise refused("NotFoundException", operation)

    api.fail = deny
    for _ in range(65):
        simulation.poll(clocked=True)
    simulation.publish()
    assert simulation.told() == []
