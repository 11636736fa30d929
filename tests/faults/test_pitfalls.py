"""What broke in other watchers, as the table of docs/reliability.md numbers it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.api import refused
from tests.flow import make_plan
from tests.sim import Simulation
from tests.values import DAY, HOUR, MINUTE, NOW

SES = {"contacts": {"source": "sesv2.import-jobs"}}


@pytest.fixture
def simulation(tmp_path: Path) -> Simulation:
    return Simulation(make_plan(tmp_path, SES))


def put(simulation: Simulation, job_id: str, raw: str, **more: Any) -> None:
    api = simulation.apis["sesv2.import-jobs"]
    api.put(job_id, raw, **{"CreatedTimestamp": NOW - HOUR, **more})
    api.fuller[job_id] = {"CompletedTimestamp": NOW, **more}


def told(simulation: Simulation) -> list[tuple[str, str]]:
    """Poll and publish; give what reached the bus since the last look, by job."""
    simulation.poll()
    simulation.publish()
    events = [(e["detail"].get("job_id", ""), e["detail"]["status"]) for e in simulation.told()]
    simulation.bus.events.clear()
    return sorted(events)


def test_a_long_job_is_told_though_shorter_ones_began_later_and_ended_earlier(
    simulation: Simulation,
) -> None:
    """P1: no watermark; every unfinished job is remembered until its end."""
    put(simulation, "long", "PROCESSING", CreatedTimestamp=NOW - 20 * DAY)
    assert told(simulation) == []
    put(simulation, "short", "COMPLETED", CreatedTimestamp=NOW - MINUTE)
    assert told(simulation) == [("short", "SUCCEEDED")]
    put(simulation, "long", "FAILED", CreatedTimestamp=NOW - 20 * DAY)
    assert told(simulation) == [("long", "FAILED")]


def test_every_job_that_changed_is_told_not_the_latest(simulation: Simulation) -> None:
    """P3: the difference is one of sets, whatever the order of the list."""
    for number in range(4):
        put(simulation, f"j{number}", "PROCESSING")
    told(simulation)
    for number in (2, 0, 3):
        put(simulation, f"j{number}", "FAILED")
    assert told(simulation) == [("j0", "FAILED"), ("j2", "FAILED"), ("j3", "FAILED")]


def test_the_second_cycle_repeats_nothing(simulation: Simulation) -> None:
    """P9: nothing is sent again for what did not change."""
    told(simulation)
    for number in range(50):
        put(simulation, f"j{number}", "FAILED")
    assert len(told(simulation)) == 50
    alerts = len(simulation.topic.alerts)
    assert told(simulation) == []
    assert len(simulation.topic.alerts) == alerts


def test_a_watch_that_is_added_later_has_a_quiet_beginning_of_its_own(tmp_path: Path) -> None:
    """P10: no flood at the first run, a restart, or a new watch."""
    simulation = Simulation(make_plan(tmp_path, SES))
    put(simulation, "old", "FAILED")
    assert told(simulation) == []
    more = make_plan(tmp_path, {**SES, "others": {"source": "sesv2.import-jobs"}})
    after = Simulation(more, now=simulation.now)
    after.dynamodb.items, after.apis = simulation.dynamodb.items, simulation.apis
    assert told(after) == []


def test_a_job_that_someone_cancelled_is_an_event_but_no_alert(simulation: Simulation) -> None:
    """P13: alerts are for what needs someone."""
    put(simulation, "j1", "PROCESSING")
    told(simulation)
    put(simulation, "j1", "CANCELLED")
    assert told(simulation) == [("j1", "CANCELLED")]
    assert simulation.topic.alerts == []


def test_an_error_text_that_changes_is_no_change(simulation: Simulation) -> None:
    """P14: only the status counts."""
    put(simulation, "j1", "FAILED", FailureInfo={"ErrorMessage": "at 12:00"})
    told(simulation)
    put(simulation, "j1", "FAILED", FailureInfo={"ErrorMessage": "at 12:01"})
    assert told(simulation) == []


def test_a_throttled_call_is_no_state_of_a_job(simulation: Simulation) -> None:
    """P16: what the service says of itself is not said of its jobs."""
    put(simulation, "j1", "PROCESSING")
    told(simulation)

    def throttle(operation: str, _: Mapping[str, Any]) -> None:
        raise refused("TooManyRequestsException", operation)

    simulation.apis["sesv2.import-jobs"].fail = throttle
    assert [told(simulation) for _ in range(3)] == [[], [], [("", "UNREACHABLE")]]


def test_a_finished_job_whose_fields_are_late_is_told_without_them(simulation: Simulation) -> None:
    """P18: what a service does not know yet is null, and holds up nothing."""
    put(simulation, "j1", "PROCESSING")
    told(simulation)
    api = simulation.apis["sesv2.import-jobs"]
    api.put("j1", "FAILED")
    api.fuller["j1"] = {}
    simulation.poll()
    simulation.publish()
    (event,) = simulation.told()
    assert event["detail"]["status"] == "FAILED"
    assert (event["detail"]["ended_at"], event["detail"]["created_at"]) == (None, None)
