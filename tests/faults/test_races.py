"""Functions that run at the same time, overtake each other, or are handed the same thing twice.

A lane's messages come one after the other; but Lambda may run longer than a message is hidden.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambdas.lanes import enqueue, turns_of
from tests.flow import make_plan
from tests.sim import ACCOUNT, FOR_EVER, REGION, Simulation
from tests.values import HOUR, NOW

WATCHES = {"contacts": {"source": "sesv2.import-jobs"}}


@pytest.fixture
def simulation(tmp_path: Path) -> Simulation:
    return Simulation(make_plan(tmp_path, WATCHES))


def put(simulation: Simulation, job_id: str, raw: str) -> None:
    api = simulation.apis["sesv2.import-jobs"]
    api.put(job_id, raw, CreatedTimestamp=NOW - HOUR)
    api.fuller[job_id] = {"CompletedTimestamp": NOW}


def raws(simulation: Simulation) -> list[tuple[str | None, str]]:
    details = [event["detail"] for event in simulation.told()]
    return [(d["previous_raw_status"], d["raw_status"]) for d in details]


def during(simulation: Simulation, operation: str, happen: Any) -> None:
    """Let something happen once, when an operation of the job API is called next."""
    api = simulation.apis["sesv2.import-jobs"]

    def hook(called: str, _: Mapping[str, Any]) -> None:
        if called == operation:
            api.fail = lambda *_: None
            happen()

    api.fail = hook


def test_two_polls_of_one_scope_at_the_same_time_tell_a_change_once(
    simulation: Simulation,
) -> None:
    put(simulation, "j1", "PROCESSING")
    simulation.poll()
    put(simulation, "j1", "FAILED")
    during(simulation, "ListImportJobs", simulation.poll_beside)
    simulation.poll()
    simulation.publish()
    assert raws(simulation) == [("PROCESSING", "FAILED")]


def test_two_polls_at_the_same_time_tell_a_new_job_once(simulation: Simulation) -> None:
    simulation.poll()
    put(simulation, "j1", "CREATED")
    during(simulation, "ListImportJobs", simulation.poll_beside)
    simulation.poll()
    simulation.publish()
    assert raws(simulation) == [(None, "CREATED")]


def test_two_first_polls_at_the_same_time_stay_quiet(simulation: Simulation) -> None:
    put(simulation, "j1", "CREATED")
    during(simulation, "ListImportJobs", simulation.poll_beside)
    simulation.poll()
    simulation.publish()
    assert raws(simulation) == []


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_what_the_stream_hands_over_twice_is_the_same_events_by_their_ids(
    batch: int, simulation: Simulation
) -> None:
    simulation.poll()
    put(simulation, "j1", "FAILED")
    put(simulation, "j2", "FAILED")
    simulation.poll()
    simulation.publish(batch)
    simulation.places = {"publish": 0, "alert": 0}
    simulation.publish(batch)
    assert len(simulation.bus.events) == len(simulation.topic.alerts) == 4
    assert len(simulation.told()) == len(simulation.alerted()) == 2


def test_a_lane_whose_message_comes_twice_tells_a_change_once(simulation: Simulation) -> None:
    """Both queues deliver at least once."""
    simulation.poll()
    put(simulation, "j1", "FAILED")
    turns = turns_of(
        simulation.plan, simulation.plan.watches.values(), (ACCOUNT, REGION), simulation.now, None
    )
    enqueue(simulation.queue, "lanes", [*turns, *turns])
    simulation.deliver()
    simulation.publish()
    assert raws(simulation) == [(None, "FAILED")]


def test_records_out_of_order_lose_nothing(simulation: Simulation) -> None:
    """Streams never do this within a scope; other scopes' records may come in any order."""
    simulation.poll()
    for number in range(6):
        put(simulation, f"j{number}", "FAILED")
    simulation.poll()
    for record in reversed(simulation.dynamodb.records):
        assert simulation.publisher.publish([record], FOR_EVER) is None
    assert sorted(e["detail"]["job_id"] for e in simulation.told()) == [f"j{n}" for n in range(6)]
