"""From a parent scope to what it holds: what is remembered, what is new, what is quiet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.api import refused
from tests.flow import make_plan
from tests.sim import Simulation
from tests.values import HOUR, MINUTE

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
