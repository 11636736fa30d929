"""Every row goes through the whole engine: its operations, answered out of the service's model.

The answers go over the service's own protocol and are held against its model, as are the requests.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.config.derived import needs
from infra.config.plan import compile_watches
from infra.config.plan_values import source_of
from infra.config.rows import Row
from lambdas.deadline import Deadline
from lambdas.waits.wait import Wait
from lambdas.waits.watched import scopes_of
from tests.catalogue import ours
from tests.every.jobs import Jobs, parents_of
from tests.every.plan import watch_of
from tests.every.standin import StandIn
from tests.sim import ACCOUNT, REGION, Simulation
from tests.values import DAY, HOUR, NOW

KNOWN = ours()
ROWS = KNOWN.rows
FAR = Deadline(float("inf"))
READ_ALONE = sorted(name for name, row in ROWS.items() if row.source.get)


class Watched:
    """A watch of one source, and what there is of its jobs; `more` is what it says besides."""

    def __init__(self, row: Row, folder: Path, **more: Any) -> None:
        file = folder / "watches.yaml"
        text = json.dumps({"watches": {"w": {**watch_of(row), **more}}})
        file.write_text(text, encoding="utf-8")
        plan = compile_watches(file, KNOWN).plan
        self.simulation = Simulation(plan)
        self.standin = StandIn(plan.sources[row.id], parents_of(row), NOW)
        self.simulation.clients = self.standin
        self.jobs = Jobs(row, self.standin)

    def told(self) -> dict[str, dict[str, Any]]:
        """Poll once; give the events since the last look, by job."""
        summary = self.simulation.poll()
        assert summary is not None
        assert not self.standin.wrong, self.standin.wrong
        assert not summary.errors, summary.errors
        assert not [*summary.unread, *summary.failed_gets], (summary.unread, summary.failed_gets)
        self.simulation.publish()
        details = [event["detail"] for event in self.simulation.told()]
        self.simulation.bus.events.clear()
        assert not [each for each in details if "job_id" not in each], details
        return {each["job_id"]: each for each in details}


@pytest.mark.parametrize("source", sorted(ROWS))
def test_a_source_is_followed_from_the_first_read_to_the_last_job(
    source: str, tmp_path: Path
) -> None:
    row = ROWS[source]
    it = Watched(row, tmp_path)
    statuses = {raw: ours for ours, each in row.source.statuses.items() for raw in each}
    ends = [raw for raw in statuses if it.jobs.is_terminal(raw)]
    runs = [raw for raw in statuses if raw not in ends]
    for number, raw in enumerate(statuses):
        it.jobs.put(number, raw, NOW - HOUR)
    assert it.told() == {}, "what was there at first is not announced"

    there = {it.jobs.put(50 + n, raw, NOW): raw for n, raw in enumerate(runs)}
    assert {i: each["raw_status"] for i, each in it.told().items()} == there
    there |= {it.jobs.put(50 + n, raw, NOW): raw for n, raw in enumerate(ends)}
    told = it.told()
    assert {i: told[i]["status"] for i in there if there[i] in ends} == {
        i: statuses[raw] for i, raw in there.items() if raw in ends
    }
    for event in told.values():
        if event["status"] == "FAILED" and row.source.failure.message:
            assert event["failure"]["message"], event
    assert it.told() == {}, "nothing has changed"

    if row.source.partial:
        raw = row.source.statuses["SUCCEEDED"][0]
        counted = it.jobs.put(90, raw, NOW, failed=3)
        assert it.told()[counted]["status"] == "PARTIAL"
    if runs:
        lost = it.jobs.put(91, runs[0], NOW)
        assert {*it.told()} == {lost}
        it.jobs.remove(lost)
        assert it.told() == {}, "missed once, it may come back"
        assert it.told()[lost]["raw_status"] == "NOT_FOUND"


@pytest.mark.parametrize("source", READ_ALONE)
def test_a_source_is_followed_by_the_ids_of_its_jobs_and_waited_for(
    source: str, tmp_path: Path
) -> None:
    """The watch names no more of what they live in than the get operation takes."""
    row = ROWS[source]
    assert row.source.get is not None
    ids = Jobs(row, StandIn(source_of(row), {}, NOW))
    raws = {ids.is_terminal(raw): raw for raw in ids.raws()}
    named = [ids.put(number, raws[True], NOW) for number in range(2)]
    given = {name: parents_of(row)[name] for name in needs(row, row.source.get)}
    it = Watched(row, tmp_path, jobs=named, **{"for": given})
    if False in raws:
        it.jobs.put(0, raws[False], NOW)
    assert it.told() == {}, "what was there at first is not announced"

    assert [it.jobs.put(number, raws[True], NOW) for number in range(2)] == named
    told = it.told()
    assert {i: each["raw_status"] for i, each in told.items()} == dict.fromkeys(named, raws[True])
    for job_id, event in told.items():
        place = {name: event[name] for name in ("source", "account", "region")}
        times = dict.fromkeys(("since", "until", "unseen_until"), NOW + DAY)
        wait = Wait(**place, job_id=job_id, token="t", **times)
        (scope,) = scopes_of(it.simulation.plan, wait, (ACCOUNT, REGION))
        assert job_id in it.simulation.table.find(scope, [job_id], FAR)
