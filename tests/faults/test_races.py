"""Functions that run at the same time, overtake each other, or are handed the same thing twice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambdas.publish.publisher import read_news
from tests.sim import Simulation
from tests.stage import make_plan
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
    during(simulation, "ListImportJobs", simulation.poll)
    simulation.poll()
    simulation.publish()
    assert raws(simulation) == [("PROCESSING", "FAILED")]


def test_two_polls_at_the_same_time_tell_a_new_job_once(simulation: Simulation) -> None:
    simulation.poll()
    put(simulation, "j1", "CREATED")
    during(simulation, "ListImportJobs", simulation.poll)
    simulation.poll()
    simulation.publish()
    assert raws(simulation) == [(None, "CREATED")]


def test_a_slow_poll_that_was_overtaken_does_not_turn_back_time(simulation: Simulation) -> None:
    """It has seen PROCESSING; until it writes, another poll has told the end."""
    put(simulation, "j1", "CREATED")
    simulation.poll()
    put(simulation, "j1", "PROCESSING")
    api = simulation.apis["sesv2.import-jobs"]
    slow_page = api.list_import_jobs()

    def overtake() -> dict[str, Any]:
        put(simulation, "j1", "FAILED")
        del api.list_import_jobs  # type: ignore[attr-defined]
        simulation.poll()
        return slow_page

    api.list_import_jobs = lambda **_: overtake()  # type: ignore[attr-defined]
    simulation.poll()
    simulation.poll()
    simulation.publish()
    assert raws(simulation) == [("CREATED", "FAILED")]


def test_two_first_polls_at_the_same_time_stay_quiet(simulation: Simulation) -> None:
    put(simulation, "j1", "CREATED")
    during(simulation, "ListImportJobs", simulation.poll)
    simulation.poll()
    simulation.publish()
    assert raws(simulation) == []


def test_the_same_batch_twice_is_the_same_events_by_their_ids(simulation: Simulation) -> None:
    simulation.poll()
    put(simulation, "j1", "FAILED")
    simulation.poll()
    simulation.publish()
    simulation.position = 0
    simulation.publish()
    assert len(simulation.bus.events) == len(simulation.topic.alerts) == 2
    assert len(simulation.told()) == len(simulation.alerted()) == 1


def test_batches_out_of_order_lose_nothing(simulation: Simulation) -> None:
    """Streams never do this within a scope; other scopes' batches may come in any order."""
    simulation.poll()
    for number in range(6):
        put(simulation, f"j{number}", "FAILED")
    simulation.poll()
    for record in reversed(simulation.dynamodb.records):
        news = read_news(record)
        assert news is None or simulation.publisher.publish([news]) is None
    assert sorted(e["detail"]["job_id"] for e in simulation.told()) == [f"j{n}" for n in range(6)]
