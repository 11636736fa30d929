"""Scopes that are too many for one invocation are handed over, each is visited, nothing is lost."""

import random
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api import refused
from tests.memory import Crash
from tests.sim import Simulation
from tests.stage import make_plan
from tests.values import HOUR, MINUTE, NOW

ACCOUNTS = [{"id": f"{number:012}", "role": "reader"} for number in range(1, 251)]
REGIONS = ["eu-west-1", "us-east-1", "us-west-2", "ap-south-1"]
THOUSAND = {"all": {"source": "sesv2.import-jobs", "accounts": ACCOUNTS, "regions": REGIONS}}
SEGMENTS = {"segments": {"source": "pinpoint.segment-import-jobs"}}
IDLE = {"idle": {"source": "sesv2.import-jobs", "idle_every": "10 minutes"}}


def remember_places(simulation: Simulation) -> list[tuple[str, str]]:
    """Give the places that are asked for, as they come."""
    places: list[tuple[str, str]] = []
    client = simulation.clients.client

    def ask(service: str, scope: Any, patient: bool = True) -> Any:
        places.append((scope.account, scope.region))
        return client(service, scope, patient)

    simulation.clients.client = ask
    return places


def told(simulation: Simulation) -> list[dict[str, Any]]:
    simulation.publish()
    found = [event["detail"] for event in simulation.told()]
    simulation.bus.events.clear()
    return found


class TestAThousandScopes:
    @pytest.fixture
    def thousand(self, tmp_path: Path) -> Simulation:
        return Simulation(make_plan(tmp_path, THOUSAND))

    def test_each_is_visited_once_by_the_invocations_that_follow(
        self, thousand: Simulation
    ) -> None:
        places = remember_places(thousand)
        summary = thousand.invoke({})
        assert (summary.counts["Queued"], places) == (1_000, [])
        thousand.deliver()
        assert len(places) == len(set(places)) == 1_000
        assert thousand.queue.entries == []

    def test_what_a_stopped_invocation_left_is_made_up_for_by_the_next_tick(
        self, thousand: Simulation
    ) -> None:
        thousand.poll()
        thousand.apis["sesv2.import-jobs"].put("j1", "PROCESSING", CreatedTimestamp=NOW)
        thousand.faults.stop_at = len(thousand.faults.calls) + 500
        thousand.poll()
        thousand.poll(10 * MINUTE)
        found = Counter((d["account"], d["region"]) for d in told(thousand))
        assert len(found) == 1_000
        assert set(found.values()) == {1}

    def test_what_waited_longer_than_the_cadence_is_not_read(self, thousand: Simulation) -> None:
        thousand.invoke({})
        places = remember_places(thousand)
        thousand.now += timedelta(seconds=61)
        thousand.deliver()
        assert places == []


class TestSegments:
    @pytest.fixture
    def segments(self, tmp_path: Path) -> Simulation:
        simulation = Simulation(make_plan(tmp_path, SEGMENTS), most=5)
        names = [f"s{number:02}" for number in range(30)]
        api = simulation.apis["pinpoint.segment-import-jobs"]
        api.children = {"ApplicationId": ["app"], "SegmentId": names}
        api.put("p1", "PROCESSING", CreationDate="2026-11-22T11:00:00Z")
        return simulation

    def test_those_of_one_application_are_handed_over_and_stay_quiet_at_first(
        self, segments: Simulation
    ) -> None:
        """However late: what is there with the application is no news."""
        segments.now += MINUTE
        assert segments.invoke({}).counts["Queued"] == 30
        segments.queue.entries.clear()
        segments.apis["pinpoint.segment-import-jobs"].put(
            "p2", "PROCESSING", CreationDate="2026-11-22T13:00:00Z"
        )
        segments.poll(2 * HOUR)
        segments.poll()
        assert told(segments) == []
        segments.apis["pinpoint.segment-import-jobs"].put("p1", "FAILED")
        segments.poll()
        assert len(told(segments)) == 30

    def test_one_that_appears_later_is_news_though_it_goes_through_the_queue(
        self, segments: Simulation
    ) -> None:
        segments.poll()
        api = segments.apis["pinpoint.segment-import-jobs"]
        api.children["SegmentId"].append("late")
        api.put("p2", "PROCESSING", CreationDate="2026-11-22T12:30:00Z")
        segments.now += HOUR
        segments.invoke({})
        segments.queue.entries.clear()
        segments.poll()
        late = [d["job_id"] for d in told(segments) if d["parameters"]["SegmentId"] == "late"]
        assert late == ["p2"]

    def test_the_jobs_of_those_that_went_are_asked_for_through_the_queue(
        self, segments: Simulation
    ) -> None:
        segments.poll()
        api = segments.apis["pinpoint.segment-import-jobs"]
        api.children["SegmentId"] = api.children["SegmentId"][:20]
        del api.jobs["p1"]
        segments.poll()
        assert [d["raw_status"] for d in told(segments)] == ["NOT_FOUND"] * 30
        segments.poll()
        assert told(segments) == []
        api.calls.clear()
        segments.poll()
        assert api.made("GetImportJob") == 0


class TestThrottled:
    def test_a_scope_yields_once_and_counts_as_failed_after_the_others(
        self, tmp_path: Path
    ) -> None:
        watches = {name: {"source": "sesv2.import-jobs"} for name in "abcdefghijkl"}
        simulation = Simulation(make_plan(tmp_path, watches))
        asked: list[str] = []
        client = simulation.clients.client

        def ask(service: str, scope: Any, patient: bool = True) -> Any:
            asked.append(scope.watch)
            if scope.watch == "a":
                raise refused("TooManyRequestsException")
            return client(service, scope, patient)

        simulation.clients.client = ask
        summary = simulation.poll()
        assert summary is not None
        assert [place["watch"] for place in summary.unread] == ["a"]
        assert summary.counts["Scopes"] == 12
        assert Counter(asked) == {**dict.fromkeys("bcdefghijkl", 1), "a": 2}
        assert asked.index("a") < 4
        assert "a" in asked[-4:]

    def test_one_that_is_not_throttled_any_more_is_read_in_the_same_tick(
        self, tmp_path: Path
    ) -> None:
        simulation = Simulation(make_plan(tmp_path, {"a": {"source": "sesv2.import-jobs"}}))
        api = simulation.apis["sesv2.import-jobs"]

        def throttle_once(operation: str, _: Mapping[str, Any]) -> None:
            api.fail = lambda *_: None
            raise refused("TooManyRequestsException", operation)

        simulation.poll()
        api.put("j1", "FAILED")
        api.fail = throttle_once
        summary = simulation.poll()
        assert summary is not None
        assert (summary.unread, summary.counts["Scopes"]) == ([], 1)
        assert [d["job_id"] for d in told(simulation)] == ["j1"]


class TestIdle:
    @pytest.fixture
    def idle(self, tmp_path: Path) -> Simulation:
        simulation = Simulation(make_plan(tmp_path, IDLE))
        simulation.poll()
        return simulation

    def asked(self, simulation: Simulation, ticks: int, *, clocked: bool = True) -> list[bool]:
        """Tell in which ticks the list was asked for."""
        api = simulation.apis["sesv2.import-jobs"]
        found = []
        for _ in range(ticks):
            before = len(api.calls)
            simulation.poll(clocked=clocked)
            found.append(len(api.calls) > before)
        return found

    def test_a_scope_without_unfinished_jobs_is_asked_in_one_of_so_many_ticks(
        self, idle: Simulation
    ) -> None:
        found = self.asked(idle, 30)
        assert sum(found) == 3
        assert found[:10] * 3 == found

    def test_resting_writes_nothing(self, idle: Simulation) -> None:
        written = len(idle.dynamodb.records)
        self.asked(idle, 30)
        assert len(idle.dynamodb.records) == written

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
        assert sum(self.asked(idle, 11)) == 2
        assert [d["raw_status"] for d in told(idle)] == ["PROCESSING", "COMPLETED"]

    def test_one_that_could_not_be_read_does_not_rest(self, idle: Simulation) -> None:
        api = idle.apis["sesv2.import-jobs"]

        def fail(*_: object) -> None:
            raise TimeoutError

        api.fail = fail
        assert sum(self.asked(idle, 10)) >= 1
        found = self.asked(idle, 10)
        assert all(found)

    def test_one_with_a_get_that_failed_does_not_rest(self, idle: Simulation) -> None:
        api = idle.apis["sesv2.import-jobs"]

        def fail(operation: str, _: Mapping[str, Any]) -> None:
            if operation == "GetImportJob":
                raise TimeoutError

        api.fail = fail
        api.put("j1", "FAILED")
        while not self.asked(idle, 1)[0]:
            pass
        api.fail = lambda *_: None
        assert self.asked(idle, 1) == [True]
        assert [d["raw_status"] for d in told(idle)] == ["FAILED"]

    def test_not_all_scopes_are_asked_in_the_same_tick(self, tmp_path: Path) -> None:
        regions = {"idle": {**IDLE["idle"], "accounts": ACCOUNTS[:20]}}
        simulation = Simulation(make_plan(tmp_path, regions))
        simulation.poll()
        api = simulation.apis["sesv2.import-jobs"]
        asked = []
        for _ in range(10):
            before = len(api.calls)
            simulation.poll(clocked=True)
            asked.append(len(api.calls) - before)
        assert sum(asked) == 20
        assert max(asked) < 10

    def test_a_long_list_is_read_to_its_end_whatever_the_turn(self, tmp_path: Path) -> None:
        """Its last unfinished job ends in its first piece: the scope seems idle from then on."""
        simulation = Simulation(make_plan(tmp_path, IDLE))
        api = simulation.apis["sesv2.import-jobs"]
        for number in range(12):
            api.put(f"j{number:02}", "COMPLETED")
        api.put("j00", "PROCESSING")
        simulation.poll()
        api.put("j00", "FAILED")
        api.put("new", "FAILED")
        simulation.pace = 25
        for _ in range(3):
            simulation.poll(clocked=True)
            assert simulation.queue.entries == []
        simulation.poll()
        assert sorted(d["job_id"] for d in told(simulation)) == ["j00", "new"]


@pytest.mark.parametrize("seed", range(12))
def test_however_a_list_is_cut_the_same_is_told(tmp_path: Path, seed: int) -> None:
    """Random jobs, changes and cuts, beside an engine that has all the time of the world."""
    source = ["sesv2.import-jobs", "dataexchange.jobs"][seed % 2]
    raws = [["PROCESSING", "FAILED"], ["IN_PROGRESS", "ERROR"]][seed % 2]
    dice = random.Random(seed)  # noqa: S311  it decides what happens, nothing else
    plan = make_plan(tmp_path, {"jobs": {"source": source}})
    whole, cut = Simulation(plan), Simulation(plan)
    for tick in range(12):
        for number in range(dice.randrange(6)):
            job_id = f"{tick}-{number}"
            raw = dice.choice(raws)
            for simulation in (whole, cut):
                simulation.apis[source].put(job_id, raw)
        running = sorted(j for j, job in whole.apis[source].jobs.items() if raws[0] in job.values())
        for job_id in dice.sample(running, dice.randrange(len(running) + 1)):
            for simulation in (whole, cut):
                simulation.apis[source].put(job_id, raws[1])
        cut.pace = dice.choice([13, 16, 25, 61])
        whole.poll()
        assert cut.poll() is not None
    cut.pace = 0
    cut.poll(20 * MINUTE)

    def lives(simulation: Simulation) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for detail in told(simulation):
            found.setdefault(detail["job_id"], []).append(detail["raw_status"])
        return found

    assert lives(cut) == lives(whole)


def test_a_stop_in_a_message_is_a_stop(tmp_path: Path) -> None:
    """What these tests rely on: a message whose invocation was stopped shows up again later."""
    simulation = Simulation(make_plan(tmp_path, SEGMENTS), most=0)
    simulation.invoke({})
    simulation.faults.stop_at = len(simulation.faults.calls)
    with pytest.raises(Crash):
        simulation.deliver()
    simulation.faults.restart()
    assert simulation.queue.take(simulation.now) is None
    assert simulation.queue.take(simulation.now + 7 * MINUTE) is not None
