"""Long lists, little time, calls that fail and functions that are stopped, on top of each other."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lambdas.plan import Plan
from tests.api import FakeApi, refused
from tests.faults import story
from tests.flow import make_plan
from tests.memory import Crash
from tests.sim import Simulation
from tests.values import MINUTE, NOW

SES, SORTED = "sesv2.import-jobs", "dataexchange.jobs"
SEGMENTS = "pinpoint.segment-import-jobs"
SIX, SECOND = 6 * MINUTE, MINUTE / 60


def plan_of(folder: Path, source: str, **watch: Any) -> Plan:
    return make_plan(folder, {"jobs": {"source": source, **watch}})


def watching(folder: Path, source: str, **watch: Any) -> Simulation:
    return Simulation(plan_of(folder, source, **watch))


def api_of(simulation: Simulation) -> FakeApi:
    (api,) = simulation.apis.values()
    return api


def put(simulation: Simulation, raw: str, *job_ids: str) -> None:
    now = simulation.now
    for job_id in job_ids:
        api_of(simulation).put(job_id, raw, CreatedTimestamp=now, CreatedAt=now)


def told(simulation: Simulation) -> list[str]:
    """What was told since the last look: jobs by their ids, all else by its detail type."""
    simulation.publish()
    events = simulation.told()
    simulation.bus.events.clear()
    return sorted(e["detail"].get("job_id", e["detail-type"]) for e in events)


def health(simulation: Simulation) -> dict[str, Any]:
    """The health of the only scope, with its digest beside it."""
    (item,) = (i for (_, sk), i in simulation.dynamodb.items.items() if sk == "scope")
    return {**json.loads(item["health"]["S"]), "digest": item.get("digest")}


def polled(simulation: Simulation, times: int, later: timedelta = MINUTE) -> list[str]:
    for _ in range(times):
        simulation.poll(later)
    return told(simulation)


def fail_later_pages(simulation: Simulation, *, gets: bool = False) -> None:
    def fail(operation: str, parameters: Mapping[str, Any]) -> None:
        if parameters.get("NextToken") or (gets and operation.startswith("Get")):
            raise refused("AccessDeniedException", operation)

    api_of(simulation).fail = fail


def allow(simulation: Simulation) -> None:
    api_of(simulation).fail = lambda *_: None


def stop_after_storing(simulation: Simulation, job_id: str) -> list[str]:
    """Let Lambda stop the function right after it stored a job; give where to see that it did."""
    done: list[str] = []
    store = simulation.dynamodb.put_item

    def store_and_stop(**call: Any) -> dict[str, Any]:
        answer = store(**call)
        if not done and call["Item"]["sk"]["S"] == f"job#{job_id}":
            done.append(job_id)
            raise Crash
        return answer

    simulation.dynamodb.put_item = store_and_stop  # type: ignore[method-assign]
    return done


class TestAFront:
    def test_what_changes_between_its_two_readings_is_told(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SORTED)
        put(simulation, "COMPLETED", *[f"old{n}" for n in range(10)])
        put(simulation, "IN_PROGRESS", *[f"run{n:02}" for n in range(20)])
        polled(simulation, 2)
        api_of(simulation).jobs["run00"]["State"] = "ERROR"
        simulation.pace = 60
        assert polled(simulation, 1) == []
        assert health(simulation)["cursor"]
        simulation.pace = 0
        assert polled(simulation, 2) == ["run00"]
        put(simulation, "ERROR", *[f"new{n}" for n in range(5)])
        assert polled(simulation, 2) == [f"new{n}" for n in range(5)]

    @pytest.fixture
    def undigested(self, tmp_path: Path) -> Simulation:
        """A list that was read in pieces: the next reading finds its front."""
        simulation = watching(tmp_path, SORTED)
        put(simulation, "COMPLETED", *[f"old{n:02}" for n in range(20)])
        simulation.pace = 40
        simulation.poll()
        while health(simulation).get("cursor"):
            simulation.poll()
        simulation.pace = 0
        assert health(simulation)["digest"] is None
        put(simulation, "ERROR", *[f"new{n}" for n in range(4)])
        return simulation

    def test_new_jobs_behind_a_page_that_failed_are_told(self, undigested: Simulation) -> None:
        fail_later_pages(undigested)
        assert polled(undigested, 1) == ["new2", "new3"]
        allow(undigested)
        assert polled(undigested, 2) == ["new0", "new1"]

    def test_new_jobs_behind_a_page_that_was_stored_are_told(self, undigested: Simulation) -> None:
        stopped = stop_after_storing(undigested, "new2")
        undigested.poll()
        assert stopped
        assert polled(undigested, 3, SIX) == ["new0", "new1", "new2", "new3"]

    def test_new_jobs_behind_one_that_is_known_are_told(self, undigested: Simulation) -> None:
        jobs = api_of(undigested).jobs
        for number in range(4):
            for job_id in (f"old1{number}", f"new{number}"):
                jobs[job_id] = jobs.pop(job_id)
        assert polled(undigested, 1) == ["new0", "new1", "new2", "new3"]

    def test_all_of_a_list_that_ends_there_belongs_to_it(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SORTED)
        put(simulation, "COMPLETED", "first")
        simulation.poll()
        jobs = api_of(simulation).jobs
        put(simulation, "ERROR", "same-second")
        jobs["first"] = jobs.pop("first")
        assert polled(simulation, 1) == ["same-second"]

    def test_begins_at_the_first_page_that_is_not_empty(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SORTED)
        put(simulation, "COMPLETED", *[f"old{n}" for n in range(10)])
        api = api_of(simulation)
        page = api._page

        def after_an_empty_one(listing: Any, items: Any, parameters: Any) -> dict[str, Any]:
            if "NextToken" in parameters:
                return page(listing, items, parameters)
            return {"Jobs": [], "NextToken": "0"}

        api._page = after_an_empty_one  # type: ignore[method-assign]
        polled(simulation, 2)
        api.calls.clear()
        simulation.poll()
        assert len(api.calls) == 1


class TestAListThatFails:
    def test_behind_a_page_tells_of_no_stall(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES, stalled_after="10 minutes")
        put(simulation, "PROCESSING", "j0", "j1", "j2")
        simulation.poll()
        fail_later_pages(simulation)
        assert polled(simulation, 1, 11 * MINUTE) == []
        allow(simulation)
        assert polled(simulation, 1) == ["j0", "j1", "j2"]

    def test_tells_at_last_what_the_get_never_completes(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES)
        put(simulation, "PROCESSING", "j0", "j1", "j2")
        simulation.poll()
        put(simulation, "FAILED", "j0")
        fail_later_pages(simulation, gets=True)
        assert "j0" in polled(simulation, 4)

    def test_as_its_token_has_expired_is_not_unreachable(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES)
        put(simulation, "PROCESSING", *[f"j{n:02}" for n in range(8)])
        simulation.pace = 60
        simulation.poll()
        expired = health(simulation)["cursor"]["token"]
        simulation.pace = 0
        api = api_of(simulation)

        def fail(operation: str, parameters: Mapping[str, Any]) -> None:
            if not fresh and parameters.get("NextToken") == expired:
                raise refused("ValidationException", operation)
            fresh.append(operation)

        api.fail = fail
        for _ in range(5):
            fresh: list[str] = []
            simulation.poll()
        assert told(simulation) == []
        assert health(simulation)["failures"] == 0

    def test_for_ever_behind_its_first_piece_is_unreachable(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES)
        put(simulation, "PROCESSING", *[f"j{n:02}" for n in range(60)])
        simulation.pace = 40

        def fail(operation: str, parameters: Mapping[str, Any]) -> None:
            if parameters.get("NextToken") == "12":
                raise refused("ValidationException", operation)

        api_of(simulation).fail = fail
        assert polled(simulation, 12) == ["Watch Unreachable"]


class TestStoppedAmidALongList:
    def test_a_running_job_of_a_later_piece_is_known_to_run(self, tmp_path: Path) -> None:
        watch = {"idle_every": "1 day", "stalled_after": "30 minutes"}
        simulation = watching(tmp_path, SES, **watch)
        put(simulation, "COMPLETED", *[f"j{n:02}" for n in range(8)])
        put(simulation, "PROCESSING", "runs")
        simulation.pace = 60
        simulation.poll(clocked=True)
        simulation.pace = 0
        stopped = stop_after_storing(simulation, "runs")
        simulation.poll(clocked=True)
        assert stopped
        for _ in range(10):
            simulation.poll(SIX, clocked=True)
        assert told(simulation) == ["runs"]  # which stalled

    def test_it_is_read_to_its_end_all_the_same(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES)
        put(simulation, "COMPLETED", *[f"j{n:02}" for n in range(12)])
        simulation.pace = 60
        polled(simulation, 10)
        put(simulation, "PROCESSING", "new0")
        put(simulation, "FAILED", "new1")
        stopped = stop_after_storing(simulation, "new0")
        while not stopped:
            simulation.poll(SIX)
        assert polled(simulation, 10, SIX) == ["new0", "new1"]


class TestJobsById:
    def asked_in_turn(self, folder: Path, there: range, **watch: Any) -> Simulation:
        """Six ids, of which there is time for four in a turn."""
        simulation = watching(folder, SORTED, jobs=[f"j{n}" for n in range(6)], **watch)
        put(simulation, "IN_PROGRESS", *[f"j{n}" for n in there])
        simulation.faults.takes = lambda name: 50 if name == "get_job" else 0
        return simulation

    def test_are_asked_for_at_the_next_tick_though_none_runs_so_far(self, tmp_path: Path) -> None:
        simulation = self.asked_in_turn(tmp_path, range(4, 6), idle_every="1 hour")
        simulation.poll(clocked=True)
        simulation.poll(clocked=True)
        asked = {parameters["JobId"] for _, parameters in api_of(simulation).calls}
        assert asked == {f"j{n}" for n in range(6)}

    def test_are_as_old_as_their_circle(self, tmp_path: Path) -> None:
        simulation = self.asked_in_turn(tmp_path, range(6))
        summaries = [simulation.poll(SIX) for _ in range(12)]
        assert max(s.ages["jobs"] for s in summaries if s) <= (2 * SIX).total_seconds()


class TestJobsThatLeftTheList:
    def test_all_have_their_turn_to_be_asked_for(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES)
        names = [f"j{n}" for n in range(8)]
        put(simulation, "PROCESSING", *names)
        simulation.poll()
        api_of(simulation).hidden = {*names}
        simulation.faults.takes = lambda name: 50 if name == "get_import_job" else 0
        polled(simulation, 12, SIX)
        asked = {p["JobId"] for name, p in api_of(simulation).calls if name == "GetImportJob"}
        assert asked == {*names}

    def test_are_asked_for_once(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SES)
        put(simulation, "PROCESSING", "j0")
        simulation.poll()
        put(simulation, "FAILED", "j0")
        api_of(simulation).hidden = {"j0"}
        assert polled(simulation, 1) == ["j0"]
        assert api_of(simulation).made("GetImportJob") == 1


class TestParents:
    def test_one_with_too_much_to_list_keeps_no_other_waiting(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SEGMENTS)
        api = api_of(simulation)
        api.children = {"ApplicationId": ["big", "small"], "SegmentId": ["s0"]}
        page = api._page

        def without_end(listing: Any, items: Any, parameters: Any) -> dict[str, Any]:
            if parameters.get("ApplicationId") != "big" or listing.operation != "GetSegments":
                return page(listing, items, parameters)
            simulation.faults.elapsed += 30
            number = int(parameters.get("Token", 0)) + 1
            found = {"Item": [{"Id": f"s{number}"}], "NextToken": str(number)}
            return {"SegmentsResponse": found}

        api._page = without_end  # type: ignore[method-assign]
        for _ in range(6):
            simulation.poll(SIX)
        assert "GetSegmentImportJobs" in {name for name, _ in api.calls}
        assert told(simulation) == ["Watch Unreachable"]

    def test_one_that_leaves_no_time_for_what_it_holds_is_unreachable(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, "pinpoint.import-jobs")
        api_of(simulation).children = {"ApplicationId": [f"a{n}" for n in range(6)]}
        simulation.faults.takes = lambda name: 47 if name == "get_apps" else 0
        assert polled(simulation, 4, SIX) == ["Watch Unreachable"]

    def test_one_that_is_gone_with_all_it_held_is_closed_in_turns(self, tmp_path: Path) -> None:
        simulation = watching(tmp_path, SEGMENTS)
        api = api_of(simulation)
        api.page_size = 1_000
        segments = [f"s{n}" for n in range(400)]
        api.children = {"ApplicationId": ["big"], "SegmentId": segments}
        simulation.poll()
        api.children["ApplicationId"] = []
        slow = {"GetItem", "Query", "PutItem", "DeleteItem"}
        simulation.faults.takes = lambda name: 0.5 if name in slow else 0
        assert None not in [simulation.poll(SIX) for _ in range(8)]
        assert not [key for key in simulation.dynamodb.items if key[1].startswith("child#")]


def test_an_idle_scope_rests_no_longer_than_its_watch_bears_now(tmp_path: Path) -> None:
    simulation = watching(tmp_path, SES, idle_every="1 day")
    put(simulation, "COMPLETED", "j0")
    simulation.poll(clocked=True)
    simulation.plan = plan_of(tmp_path, SES, idle_every="5 minutes")
    api_of(simulation).calls.clear()
    for _ in range(60):
        simulation.poll(clocked=True)
    assert 11 <= len(api_of(simulation).calls) <= 13


def test_what_a_layout_of_before_held_is_kept_until_it_was_compared(tmp_path: Path) -> None:
    simulation = Simulation(story.story_plan(tmp_path), now=NOW + SIX)
    for step, _ in story.STEPS[:6]:
        step(simulation)
    story.start_in_a_segment(simulation)
    text = (Path(__file__).parent / "data" / "table-2.json").read_text(encoding="utf-8")
    items = json.loads(text)
    simulation.dynamodb.items = {(i["pk"]["S"], i["sk"]["S"]): i for i in items}
    api = simulation.apis[SEGMENTS]
    api.jobs.clear()
    api.children = {"ApplicationId": [], "SegmentId": []}

    def fail(operation: str, _: Mapping[str, Any]) -> None:
        if operation == "GetApps":
            raise refused("TooManyRequestsException", operation)

    api.fail = fail
    simulation.poll()
    api.fail = lambda *_: None
    assert polled(simulation, 3).count("p2") == 3  # in each of three segments


@pytest.mark.parametrize("newest_first", [False, True], ids=["long", "read on"])
def test_a_token_goes_with_all_else_that_its_list_was_begun_with(
    tmp_path: Path, newest_first: bool
) -> None:
    """SWF demands it, and a period that ends now would be another one in each call."""
    source = "iot.audit-tasks"
    plan = plan_of(tmp_path, source)
    row = replace(plan.sources[source], newest_first=newest_first)
    simulation = Simulation(replace(plan, sources={source: row}))
    api, begun = api_of(simulation), dict[str, Any]()
    followed, torn = set[str](), list[Mapping[str, Any]]()
    for number in range(9):
        api.put(f"t{number}", "COMPLETED" if number else "IN_PROGRESS")

    def follow(operation: str, given: Mapping[str, Any]) -> None:
        simulation.now += SECOND
        if operation != "ListAuditTasks":
            raise refused("ResourceNotFoundException", operation)
        if "nextToken" not in given:
            begun.update(given)
        else:
            followed.add(given["nextToken"])
            torn.extend([given] if given != {**begun, "nextToken": given["nextToken"]} else [])

    api.fail = follow
    simulation.pace = 0 if newest_first else 60
    assert polled(simulation, 12) == []
    assert followed == {"2", "4", "6", "8"}
    assert torn == []
