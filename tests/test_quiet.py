"""What a tick costs in which nothing changed: one read of one item for each scope, and no write."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.flow import make_plan
from tests.lists import on_the_table
from tests.sim import Simulation
from tests.values import HOUR, MINUTE, NOW

LARGEST_HEALTH = 4_096
"""Bytes that DynamoDB reads for one read unit."""
RUNS = {"sesv2.import-jobs": "PROCESSING", "dataexchange.jobs": "IN_PROGRESS"}
ENDED = {"sesv2.import-jobs": "COMPLETED", "dataexchange.jobs": "COMPLETED"}
WHOLE, SORTED = RUNS


def watching(folder: Path, source: str, number: int, running: int, **watch: Any) -> Simulation:
    """A watch of so many jobs of which some run, after two polls."""
    simulation = Simulation(make_plan(folder, {"jobs": {"source": source, **watch}}))
    api = simulation.apis[source]
    api.page_size = 1_000
    for n in range(number):
        raw = ENDED[source] if n < number - running else RUNS[source]
        at = NOW - HOUR
        api.put(f"job-{n:05}", raw, CreatedTimestamp=at, CreatedAt=at, UpdatedAt=at)
    for _ in range(2):
        summary = simulation.poll()
        assert summary is not None
        assert summary.errors == []
    simulation.faults.calls.clear()
    return simulation


@pytest.mark.parametrize("running", [0, 10, 9, 1])
@pytest.mark.parametrize("source", [WHOLE, SORTED])
def test_it_reads_one_item_and_writes_none_however_many_jobs_run(
    tmp_path: Path, source: str, running: int
) -> None:
    simulation = watching(tmp_path, source, 10, running)
    for _ in range(5):
        simulation.poll()
        assert on_the_table(simulation) == {"GetItem": 1}


@pytest.mark.parametrize("source", [WHOLE, SORTED])
def test_it_reads_one_item_of_jobs_that_are_watched_by_their_ids(
    tmp_path: Path, source: str
) -> None:
    names = [f"job-{number:05}" for number in range(10)]
    simulation = watching(tmp_path, source, 10, 9, jobs=names)
    for _ in range(5):
        simulation.poll()
        assert on_the_table(simulation) == {"GetItem": 1}


def test_a_stall_that_is_waited_for_costs_no_read_until_it_is_due(tmp_path: Path) -> None:
    simulation = watching(tmp_path, WHOLE, 10, 9, stalled_after="2 hours")
    for _ in range(5):
        simulation.poll()
        assert on_the_table(simulation) == {"GetItem": 1}


@pytest.mark.parametrize("later", [MINUTE, 3 * HOUR], ids=["running", "stalled"])
def test_a_job_that_only_its_get_tells_of_costs_no_write(tmp_path: Path, later: timedelta) -> None:
    simulation = Simulation(
        make_plan(tmp_path, {"jobs": {"source": WHOLE, "stalled_after": "2 hours"}}),
        now=NOW + timedelta(milliseconds=123),
    )
    api = simulation.apis[WHOLE]
    api.put("j", RUNS[WHOLE], CreatedTimestamp=NOW - HOUR)
    simulation.poll()
    api.hidden.add("j")
    for _ in range(3):
        simulation.poll(later)
    simulation.faults.calls.clear()
    for _ in range(5):
        simulation.poll()
        assert on_the_table(simulation)["PutItem"] == 0


@pytest.mark.parametrize("source", [WHOLE, SORTED])
def test_a_job_that_may_overrun_costs_no_read_until_it_is_due(tmp_path: Path, source: str) -> None:
    simulation = watching(tmp_path, source, 10, 9, max_duration="2 hours")
    simulation.poll()  # looks up once when they were created
    on_the_table(simulation)
    for _ in range(5):
        simulation.poll()
        assert on_the_table(simulation) == {"GetItem": 1}
    simulation.now += HOUR
    simulation.poll()
    assert on_the_table(simulation)["PutItem"] == 9 + 2  # each job, and twice the health
    for _ in range(2):
        simulation.poll()
    on_the_table(simulation)
    for _ in range(5):
        simulation.poll()
        assert on_the_table(simulation) == {"GetItem": 1}


def test_a_parent_costs_one_read_more(tmp_path: Path) -> None:
    source = "pinpoint.import-jobs"
    simulation = Simulation(make_plan(tmp_path, {"w": {"source": source}}))
    api = simulation.apis[source]
    api.children = {"ApplicationId": ["a", "b", "c"]}
    api.put("j1", "PROCESSING")
    for _ in range(3):
        simulation.poll()
    on_the_table(simulation)
    simulation.poll()
    assert on_the_table(simulation) == {"GetItem": 4}


@pytest.mark.parametrize("source", [WHOLE, SORTED])
def test_the_item_is_one_read_unit_for_ten_thousand_jobs_of_which_most_run(
    tmp_path: Path, source: str
) -> None:
    simulation = watching(tmp_path, source, 10_000, 9_000)
    (item,) = [i for (_, sk), i in simulation.dynamodb.items.items() if sk == "scope"]
    assert size(item) < LARGEST_HEALTH
    simulation.poll()
    assert on_the_table(simulation) == {"GetItem": 1}


@pytest.mark.parametrize("source", [WHOLE, SORTED])
def test_one_that_ends_has_few_others_looked_up(tmp_path: Path, source: str) -> None:
    simulation = watching(tmp_path, source, 2_000, 500)
    asked: list[str] = []
    batch_get_item = simulation.dynamodb.batch_get_item

    def batch_get(**call: Any) -> Any:
        asked.extend(key["sk"]["S"] for key in call["RequestItems"]["seen"]["Keys"])
        return batch_get_item(**call)

    simulation.dynamodb.batch_get_item = batch_get  # type: ignore[method-assign]
    simulation.apis[source].put("job-01990", "FAILED" if source == WHOLE else "ERROR")
    simulation.poll()
    assert len(set(asked)) < (30 if source == WHOLE else 1_600)
    assert on_the_table(simulation)["PutItem"] == 2
    simulation.poll()
    assert on_the_table(simulation) == {"GetItem": 1}


def size(item: dict[str, Any]) -> int:
    """Count an item's bytes as DynamoDB does: names and values."""
    values = [value for typed in item.values() for value in typed.values()]
    written = [v if isinstance(v, bytes) else str(v).encode() for v in values]
    return sum(map(len, item)) + sum(map(len, written))
