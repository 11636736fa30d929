"""The load test's own judgement: what its script does, and what it takes for a fault."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.load import report
from bench.load.hear import Arrived
from bench.load.judge import MOST, Judge
from bench.load.measure import CallLog, Calls, Processes, percentiles
from bench.load.script import Change, Script, Size, alerts, watches
from demo.listen import Alert, Event
from demo.world import Place
from infra.config.plan import compile_plan

ROOT = Path(__file__).parents[1]
SIZE = Size(scopes=6, jobs=10, changes=20, ticks=4)
BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAILED = Change("us-east-1", "job", "PROCESSING", "FAILED", "FAILED")


def play(size: Size = SIZE) -> tuple[Script, list[list[Change]]]:
    script = Script(size, BEGAN)
    times = (BEGAN + timedelta(minutes=number) for number in range(size.ticks))
    return script, [script.step(now) for now in times]


def statuses(script: Script) -> dict[tuple[str, str], str]:
    return {
        (place.region, record["Id"]): record["JobStatus"]
        for place, records in script.places().items()
        if place.kind == "import-jobs"
        for record in records
    }


def event(change: Change, name: str = "one", **other: Any) -> Event:
    detail = {
        "id": name,
        "region": change.region,
        "job_id": change.job_id,
        "previous_raw_status": change.previous_raw_status,
        "raw_status": change.raw_status,
        "status": change.status,
        **other,
    }
    return Event("Job Status Change", detail, json.dumps(detail))


def alert(names: Sequence[str], count: int | None = None, status: str = "FAILED") -> Alert:
    told = {"count": len(names) if count is None else count, "alerts": [{"id": n} for n in names]}
    return Alert("", {"detail": told}, {"region": "us-east-1", "status": status}, "")


def judge_of(*changes: Change) -> Judge:
    judge = Judge()
    judge.expect(100.0, changes)
    return judge


def test_each_tick_has_as_many_changes_as_asked_for() -> None:
    _, ticks = play()
    assert [len(changes) for changes in ticks] == [SIZE.changes] * SIZE.ticks
    assert all(len({change.job_id for change in changes}) == len(changes) for changes in ticks)


def test_each_change_begins_where_the_last_one_of_that_job_ended() -> None:
    script = Script(SIZE, BEGAN)
    for _ in range(SIZE.ticks):
        before = statuses(script)
        for change in script.step(BEGAN):
            job = (change.region, change.job_id)
            assert before.get(job) == change.previous_raw_status != change.raw_status


def test_the_services_tell_what_the_changes_say() -> None:
    script, ticks = play()
    last = {(c.region, c.job_id): c.raw_status for changes in ticks for c in changes}
    assert last.items() <= statuses(script).items()


def test_every_change_is_made_anew_in_each_run() -> None:
    assert play()[1] == play()[1]


def test_jobs_end_in_every_way() -> None:
    _, ticks = play(Size(scopes=6, jobs=10, changes=40, ticks=9))
    ends = {change.status for changes in ticks for change in changes}
    assert {"SUCCEEDED", "FAILED", "PARTIAL"} <= ends


def test_a_list_stays_as_long_while_jobs_that_ended_are_forgotten() -> None:
    script, _ = play()
    apps = [r["ApplicationId"] for p, rs in script.places().items() for r in rs if "Type" in r]
    assert {apps.count(app) for app in apps} == {SIZE.jobs}
    assert len(set(apps)) == SIZE.scopes


def test_scopes_are_spread_over_the_regions_that_are_watched(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(json.dumps(watches(SIZE)), encoding="utf-8")
    watch = compile_plan(file, ROOT / "catalogue").plan.watches["load"]
    held = {p.region for p, records in Script(SIZE, BEGAN).places().items() if records}
    assert held == set(watch.regions)
    assert len(held) == 4


def test_alerts_are_counted_by_region_and_status() -> None:
    partly = Change("eu-west-1", "other", "PROCESSING", "COMPLETED", "PARTIAL")
    fine = Change("eu-west-1", "third", "PROCESSING", "COMPLETED", "SUCCEEDED")
    assert alerts([FAILED, partly, partly, fine]) == {
        ("us-east-1", "FAILED"): 1,
        ("eu-west-1", "PARTIAL"): 2,
    }


def test_all_that_was_expected_and_nothing_else_is_no_fault() -> None:
    judge = judge_of(FAILED)
    assert judge.hear_events([Arrived(104.5, event(FAILED))]) == [4.5]
    assert judge.hear_alerts([alert(["one"])]) == 1
    assert (judge.missing, judge.alerts_missing, judge.close({})) == (0, 0, [])


def test_a_repeat_with_the_same_id_is_counted_and_no_fault() -> None:
    judge = judge_of(FAILED)
    judge.hear_events([Arrived(104, event(FAILED)), Arrived(105, event(FAILED))])
    judge.hear_alerts([alert(["one"]), alert(["one"])])
    assert (judge.repeats, judge.close({})) == (2, [])


def test_a_change_that_was_not_heard_of_is_lost() -> None:
    faults = judge_of(FAILED).close({})
    assert faults[0].startswith("lost: ")
    assert "1 alerts too few: FAILED in us-east-1" in faults


@pytest.mark.parametrize(
    ("heard", "fault"),
    [
        (event(FAILED, "two"), "nobody made this change"),
        (event(FAILED, "two", raw_status="COMPLETED"), "nobody made this change"),
        (Event("Watch Unreachable", {"id": "two"}, "text"), "not a change of a job"),
    ],
)
def test_an_event_that_nobody_expects_is_a_fault(heard: Event, fault: str) -> None:
    judge = judge_of(FAILED)
    judge.hear_events([Arrived(104, event(FAILED)), Arrived(105, heard)])
    judge.hear_alerts([alert(["one"])])
    (told,) = judge.close({})
    assert told.startswith(fault)


def test_events_of_one_job_in_the_wrong_order_are_a_fault() -> None:
    first = Change("us-east-1", "job", "CREATED", "PROCESSING", "RUNNING")
    then = Change("us-east-1", "job", "PROCESSING", "COMPLETED", "SUCCEEDED")
    events = [Arrived(104, event(first, "one")), Arrived(105, event(then, "two"))]
    judge = judge_of(first, then)
    judge.hear_events(events)
    assert judge.close({}) == []
    judge = judge_of(first, then)
    judge.hear_events(reversed(events))
    assert judge.close({})[0].startswith("out of order, after COMPLETED")


def test_an_alert_counts_what_it_does_not_list() -> None:
    judge = judge_of(FAILED, Change("us-east-1", "other", "PROCESSING", "FAILED", "FAILED"))
    assert judge.hear_alerts([alert(["one"], count=2)]) == 2
    assert judge.alerts_missing == 0


@pytest.mark.parametrize(
    ("heard", "fault"),
    [
        (alert(["one"], count=2), "1 alerts too many: FAILED in us-east-1"),
        (alert(["other"]), "an alert without an event: other"),
    ],
)
def test_an_alert_that_nobody_expects_is_a_fault(heard: Alert, fault: str) -> None:
    judge = judge_of(FAILED)
    judge.hear_events([Arrived(104, event(FAILED))])
    judge.hear_alerts([heard])
    assert judge.close({}) == [fault]


def test_what_is_left_in_a_queue_is_a_fault() -> None:
    assert Judge().close({"dead": 2}) == ["2 messages are left in the queue dead"]


def test_many_faults_are_told_in_short() -> None:
    judge = judge_of(*(Change("r", str(n), None, "CREATED", "PENDING") for n in range(MOST + 5)))
    assert judge.close({})[-1] == "and 5 more"


def test_the_calls_to_the_table_are_counted_since_the_last_time(tmp_path: Path) -> None:
    file = tmp_path / "calls.log"
    file.write_text("Query 7\nGetItem 1\nPutItem 1\nSendMessage 40\nDescribeTable 1\n")
    log = CallLog(file)
    assert log.take() == Calls(reads=2, items_read=8, writes=1, queued=40)
    with file.open("a") as more:
        more.write("BatchGetItem 3\n")
    assert log.take() == Calls(reads=1, items_read=3, writes=0, queued=0)


def test_a_process_is_found_by_its_id() -> None:
    processes = Processes({"this": str(os.getpid()), "none": "a command that nobody runs"})
    processes.look()
    seen = processes.take()
    assert seen["this"]["mb"] > 10
    assert seen["this"]["processes"] == 1
    assert seen["none"] == {"mb": 0, "processes": 0, "cpu_seconds": 0}
    assert processes.take()["this"]["mb"] == 0


def test_a_process_is_found_by_its_command() -> None:
    command = [sys.executable, "-c", "print(flush=True); input()", "found by this"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        processes = Processes({"other": "found by this"})
        processes.look()
        process.communicate(b"\n")
    assert processes.take()["other"]["processes"] == 1


def test_the_processors_time_is_counted_since_the_last_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ps = tmp_path / "ps"
    monkeypatch.setenv("PATH", str(tmp_path))
    processes, seen = Processes({"poll": "worker"}), []
    for time in ("00:01:05", "1-00:01:06", "123:04.50"):
        ps.write_text(f"#!/bin/sh\necho '    7  2048 {time} python worker.py'\n")
        ps.chmod(0o755)
        processes.look()
        taken = processes.take()["poll"]
        assert taken["mb"] == 2
        seen.append(taken["cpu_seconds"])
    assert seen == [65, 86_401, -79_081.5]


def test_percentiles_lie_where_they_should() -> None:
    assert percentiles([float(n) for n in range(101)]) == {"p50": 50, "p95": 95, "max": 100}
    assert percentiles([3.0]) == {"p50": 3, "p95": 3, "max": 3}
    assert percentiles([]) == {"p50": 0, "p95": 0, "max": 0}


def result(faults: Sequence[str] = ()) -> dict[str, Any]:
    tick = {
        "tick": 10,
        "changes": 5_000,
        "events": 5_000,
        "alerts": 1_000,
        "latency": {"p50": 101.2, "p95": 103.4, "max": 105.6},
        "poll_seconds": 107.8,
        "calls": 12_345,
        "queued": 1_000,
        "table_reads": 12_000,
        "table_items_read": 120_000,
        "table_writes": 15_000,
        "processes": {
            "poll": {"mb": 128, "processes": 3, "cpu_seconds": 12.3},
            "publish": {"mb": 99, "processes": 1, "cpu_seconds": 4.4},
            "table": {"mb": 2_000, "processes": 1, "cpu_seconds": 50.2},
        },
        "missing": 0,
    }
    return {
        "date": "2026-11-22",
        "machine": {"system": "Linux x86_64", "processors": 2, "memory_gb": 24},
        "versions": {"Python": "3.11.7", "MiniStack": "1.5.33"},
        "size": {"scopes": 1_000, "jobs": 100, "changes": 5_000, "ticks": 1, "regions": 4},
        "first_look": {"seconds": 300.0, "looks": 2, "table_writes": 101_000},
        "ticks": [tick],
        "repeats": 3,
        "faults": list(faults),
    }


def told(found: dict[str, Any]) -> str:
    """The section as one line: where its lines break is no matter."""
    return " ".join(report.markdown(found).split())


def test_the_largest_figures_fit_a_terminal() -> None:
    console = Console(width=100, file=StringIO())
    console.print(report.table(result()["ticks"]))
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 5
    assert "101.2 / 103.4 / 105.6" in lines[3]
    assert "128 / 99" in lines[3]


def test_the_section_tells_sizes_figures_and_that_nothing_was_lost() -> None:
    text = told(result())
    for said in (
        "1,000 scopes",
        "100,000 jobs",
        "| 10 | 5,000 | 1,000 |",
        "101.2 / 103.4 / 105.6",
        "All 5,000 changes arrived, and nothing else; 3 repeats,",
        "the poll function used 12 s of a processor, the publish function 4 s",
        "one process of Python, 50 s",
        "2 processors, 24 GB",
        "MiniStack 1.5.33",
    ):
        assert said in text


def test_the_section_hides_no_fault() -> None:
    text = told(result(["lost: that one", "lost: another"]))
    assert "**2 faults**, the first: lost: that one" in text
    assert "arrived" not in text.split("| tick")[0].split("faults")[1]


def test_an_application_is_listed_in_its_own_region_only() -> None:
    places = Script(SIZE, BEGAN).places()
    apps = {p.region: {r["Id"] for r in rs} for p, rs in places.items() if p.kind == "apps"}
    for region, ids in apps.items():
        jobs = places[Place("pinpoint", "import-jobs", region)]
        assert {record["ApplicationId"] for record in jobs} == ids
