"""The load test's own judgement: what its scenario does, and what it takes for a fault."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from bench.load import report, services
from bench.load.driver import percentiles
from bench.load.expected import MOST, Expected
from bench.load.scenario import SLOW_REGION, Change, Scenario, Size, watches
from demo.listen import Alert, Event
from demo.world import Place, World
from tests.catalogue import compile_plan

ROOT = Path(__file__).parents[1]
SIZE = Size(scopes=6, jobs=10, changes=20, ticks=4)
BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAILED = Change("us-east-1", "job", "PROCESSING", "FAILED", "FAILED")


def play(size: Size = SIZE) -> tuple[Scenario, list[list[Change]]]:
    scenario = Scenario(size, BEGAN)
    times = (BEGAN + timedelta(minutes=number) for number in range(size.ticks))
    return scenario, [scenario.step(now) for now in times]


def statuses(scenario: Scenario) -> dict[tuple[str, str], str]:
    return {
        (place.region, record["Id"]): record["JobStatus"]
        for place, records in scenario.places().items()
        if place.kind == "import-jobs"
        for record in records
    }


def detail(change: Change, name: str = "one", **other: Any) -> dict[str, Any]:
    names = ("region", "job_id", "previous_raw_status", "raw_status", "status")
    return {"id": name, **{each: getattr(change, each) for each in names}, **other}


def event(at: float, change: Change, name: str = "one", **other: Any) -> Event:
    return Event("Job Status Change", detail(change, name, **other), "text", at)


def alert(at: float, names: Sequence[str], count: int | None = None) -> Alert:
    alerts = [detail(FAILED, name) for name in names]
    document = {"detail": {"count": len(names) if count is None else count, "alerts": alerts}}
    return Alert("", document, {"region": "us-east-1", "status": "FAILED"}, "", at)


def expecting(*changes: Change) -> Expected:
    expected = Expected()
    expected.expect(100.0, changes)
    return expected


def test_each_tick_has_as_many_changes_as_asked_for_the_same_in_each_run() -> None:
    _, ticks = play()
    assert [len(changes) for changes in ticks] == [SIZE.changes] * SIZE.ticks
    assert all(len({change.job_id for change in changes}) == len(changes) for changes in ticks)
    assert play()[1] == ticks


def test_each_change_begins_where_the_last_one_of_that_job_ended() -> None:
    scenario = Scenario(SIZE, BEGAN)
    for _ in range(SIZE.ticks):
        before = statuses(scenario)
        for change in scenario.step(BEGAN):
            job = (change.region, change.job_id)
            assert before.get(job) == change.previous_raw_status != change.raw_status
            assert statuses(scenario)[job] == change.raw_status


def test_jobs_end_in_every_way() -> None:
    _, ticks = play(Size(scopes=6, jobs=10, changes=40, ticks=9))
    ends = {change.status for changes in ticks for change in changes}
    assert {"SUCCEEDED", "FAILED", "PARTIAL"} <= ends


def test_a_list_stays_as_long_while_jobs_that_ended_are_forgotten() -> None:
    scenario, _ = play()
    apps = [r["ApplicationId"] for p, rs in scenario.places().items() for r in rs if "Type" in r]
    assert {apps.count(app) for app in apps} == {SIZE.jobs}
    assert len(set(apps)) == SIZE.scopes


def test_scopes_are_in_the_regions_that_are_watched_with_their_applications(
    tmp_path: Path,
) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(json.dumps(watches(SIZE)), encoding="utf-8")
    plan = compile_plan(file, ROOT / "catalogue").plan
    places = Scenario(SIZE, BEGAN).places()
    (regions,) = plan.watches["load"].sources.values()
    assert {*regions} == {p.region for p in places} - {SLOW_REGION}
    assert [*plan.watches["slow"].sources.values()] == [(SLOW_REGION,)]
    for region in regions:
        jobs, apps = (places[Place("pinpoint", kind, region)] for kind in ("import-jobs", "apps"))
        assert {job["ApplicationId"] for job in jobs} == {app["Id"] for app in apps}


def test_the_slow_lane_alone_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    client = Client(services.Paced(World()))
    for region in ("us-east-1", SLOW_REGION):
        signed = f"Credential=test/20261122/{region}/mobiletargeting/aws4_request"
        answer = client.get("/pinpoint/v1/apps", headers={"Authorization": signed})
        assert answer.status_code == 200
    assert waited == [1.0]


def test_all_that_was_expected_and_nothing_else_is_no_fault() -> None:
    expected = expecting(FAILED)
    assert expected.take_events([event(104.5, FAILED)]) == [4.5]
    assert expected.take_alerts([alert(106, ["one"])]) == [6]
    assert (expected.missing, expected.alerts_missing, expected.close({})) == (0, 0, [])


def test_a_repeat_with_the_same_id_is_counted_and_no_fault() -> None:
    expected = expecting(FAILED)
    expected.take_events([event(104, FAILED), event(105, FAILED)])
    assert expected.take_alerts([alert(106, ["one"]), alert(107, ["one"])]) == [6]
    assert (expected.repeats, expected.close({})) == (2, [])


def test_an_alert_counts_more_than_it_lists() -> None:
    expected = expecting(FAILED, *(Change("us-east-1", f"{n}", "A", "B", "FAILED") for n in "12"))
    expected.take_alerts([alert(104, ["one"], count=3)])
    assert expected.alerts_missing == 0


def test_a_change_that_did_not_arrive_is_lost() -> None:
    faults = expecting(FAILED).close({"dead": 2})
    assert faults[0].startswith("lost: ")
    assert faults[1:] == [
        "1 alerts too few: FAILED in us-east-1",
        "2 messages are left in the queue dead",
    ]


@pytest.mark.parametrize(
    ("arrived", "fault"),
    [
        (event(105, FAILED, "two"), "nobody made this change"),
        (event(105, FAILED, "two", raw_status="COMPLETED"), "nobody made this change"),
        (Event("Watch Unreachable", {"id": "two"}, "", 105), "not a change of a job"),
    ],
)
def test_an_event_that_nobody_expects_is_a_fault(arrived: Event, fault: str) -> None:
    expected = expecting(FAILED)
    expected.take_events([event(104, FAILED), arrived])
    expected.take_alerts([alert(104, ["one"])])
    (named,) = expected.close({})
    assert named.startswith(fault)


def test_events_of_one_job_in_the_wrong_order_are_a_fault() -> None:
    first = Change("us-east-1", "job", "CREATED", "PROCESSING", "RUNNING")
    then = Change("us-east-1", "job", "PROCESSING", "COMPLETED", "SUCCEEDED")
    for order, faults in (((first, then), 0), ((then, first), 1)):
        expected = expecting(first, then)
        expected.take_events([event(104, each, str(n)) for n, each in enumerate(order)])
        assert len(expected.close({})) == faults


def test_an_alert_without_an_event_is_a_fault_and_many_faults_are_counted() -> None:
    expected = expecting(FAILED)
    expected.take_events([event(104, FAILED)])
    expected.take_alerts([alert(104, ["other"])])
    assert expected.close({}) == ["an alert without an event: other"]
    many = expecting(*(Change("us-east-1", f"{n}", "A", "B", "RUNNING") for n in range(99)))
    faults = many.close({})
    assert (len(faults), faults[-1]) == (MOST + 1, f"and {99 - MOST} more")


def test_percentiles_lie_where_they_should() -> None:
    assert percentiles([float(n) for n in range(101)]) == {"p50": 50, "p95": 95, "max": 100}
    assert percentiles([3.0]) == {"p50": 3, "p95": 3, "max": 3}
    assert percentiles([]) == {"p50": 0, "p95": 0, "max": 0}


def tick(number: int, alerts: float) -> dict[str, Any]:
    return {
        "tick": number,
        "slow": number % 2 == 0,
        "events": 5_000,
        "alerts": 1_000,
        "latency": {
            "events": {"p50": 101.2, "p95": 103.4, "max": 105.6},
            "alerts": {"p50": 101.2, "p95": alerts, "max": 105.6},
        },
        "polled_seconds": 107.8,
        "calls": 12_345,
        "lanes": 5,
        "table_reads": 12_000,
        "table_writes": 15_000,
    }


def result(faults: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "date": "2026-11-22",
        "machine": {"system": "Linux x86_64", "processors": 2, "python": "3.11.7"},
        "versions": {"MiniStack": "1.5.33"},
        "size": {"scopes": 1_000, "jobs": 100, "changes": 5_000, "ticks": 2, "regions": 4},
        "first_read": {"seconds": 300.0, "table_writes": 101_000},
        "ticks": [tick(1, 103.4), tick(2, 104.4)],
        "repeats": 3,
        "faults": list(faults),
    }


def test_the_largest_figures_fit_a_terminal() -> None:
    lines = report.table(result()["ticks"]).splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[3].startswith("| 2 + slow | 5,000 | 1,000 | 101.2 / 103.4 / 105.6 |")


def test_the_section_says_sizes_that_nothing_was_lost_and_what_a_slow_lane_does() -> None:
    text = report.markdown(result())
    for said in (
        "1,000 scopes with 100,000 jobs",
        "All 10,000 changes arrived, and nothing else; 3 repeats,",
        "95 of 100 alerts were there 103.4 s after the change; 104.4 s beside a lane that takes",
        "MiniStack 1.5.33",
    ):
        assert said in text


def test_the_section_hides_no_fault() -> None:
    text = report.markdown(result(["lost: that one", "lost: another"]))
    assert "**2 faults**, the first: lost: that one" in text
    assert "arrived" not in text
