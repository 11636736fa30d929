"""How the benchmark times ends of jobs, and what it computes where it does not measure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from bench import record
from bench.latency import report
from bench.latency.ends import Ends
from bench.latency.jobs import IN_SCOPE, Flow
from bench.latency.measure import CADENCES, SIZES, watches
from demo.listen import Event
from demo.local_aws import Trouble
from tests.catalogue import compile_plan

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE, MANY = "us-east-1", "eu-west-1"


@dataclass
class Services:
    """Jobs that end at the times that are given."""

    times: Iterable[float]
    numbers: "count[int]" = field(default_factory=count)

    def ask(self, end: str) -> dict[str, Any]:
        return {"job_id": f"{end} {next(self.numbers)}", "at": next(iter(self.times))}


@dataclass
class Listener:
    """Events that came."""

    came: list[Event] = field(default_factory=list)

    def events(self) -> list[Event]:
        came, self.came = self.came, []
        return came


def event(watch: str, job: str, at: float, terminal: bool = True) -> Event:
    detail = {"watch": watch, "job_id": job, "terminal": terminal}
    return Event("Job Status Change", detail, "", at)


def ended(*came: Event) -> Ends:
    """Two jobs that end at second 100 and at second 200, and the events that came."""
    listener = Listener([*came])
    ends = Ends(Services(iter([100.0, 200.0])), listener, {ONE: 1, MANY: 7})  # type: ignore[arg-type]  # what stands for them
    ends.end(ONE)
    ends.end(MANY)
    ends.take()
    return ends


def test_a_time_goes_from_the_end_to_the_first_event_of_it_by_the_watch() -> None:
    one, many = f"{ONE} 0", f"{MANY} 1"
    ends = ended(
        event("often", one, 101, terminal=False),
        event("often", one, 103),
        event("often", one, 109),
        event("minutely", one, 130),
        event("often", many, 205),
        event("often", "nobody's", 205),
    )
    ends.wait(["often"], 0)
    assert ends.took("often") == {1: [3.0], 7: [5.0]}


def test_an_end_whose_event_does_not_come_is_trouble() -> None:
    with pytest.raises(Trouble, match="2 events"):
        ended(event("often", f"{ONE} 0", 101)).wait(["minutely"], 0)


@pytest.mark.parametrize("jobs", [1, 100, 250])
def test_as_many_jobs_are_under_way_whatever_ends(jobs: int) -> None:
    flow = Flow(jobs, NOW, count())
    assert len(flow.apps) == -(-jobs // IN_SCOPE)
    ids = [flow.end(NOW) for _ in range(3)]
    found = {each["Id"]: each["JobStatus"] for each in flow.records}
    assert len({*ids}) == 3
    assert {found[each] for each in ids} <= {"COMPLETED", "FAILED"}
    assert [*found.values()].count("PROCESSING") == jobs


def test_the_watches_look_at_the_same_jobs_as_often_as_is_said(tmp_path: Any) -> None:
    import yaml  # noqa: PLC0415

    file = tmp_path / "watches.yaml"
    file.write_text(yaml.safe_dump(watches(SIZES)), encoding="utf-8")
    plan = compile_plan(file).plan
    assert {name: watch.every for name, watch in plan.watches.items()} == CADENCES


def test_who_polls_waits_for_a_part_of_the_interval_and_for_the_rest() -> None:
    rest = {"p50": 1.0, "p95": 2.0, "max": 3.0}
    assert report.waited(60, rest) == {"p50": 31.0, "p95": 59.0, "max": 63.0}


def test_a_row_says_what_was_measured_and_what_is_computed() -> None:
    text = report.markdown(record.read("latency"))
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in text.splitlines()[3:-3]]
    assert {row[3] for row in rows if row[0] in {"10 s", "60 s"}} == {"measured"}
    assert {row[3] for row in rows if row[0] == "300 s"} == {"computed"}


def test_how_long_ten_thousand_triggers_take_is_not_said() -> None:
    assert report.trigger_cycle(10_000) is None
    a_hundred = report.trigger_cycle(100)
    assert a_hundred
    assert report.trigger_cycle(1) == pytest.approx(a_hundred / 100)
