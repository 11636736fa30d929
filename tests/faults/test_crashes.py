"""The function is stopped before and after the effect of every call that it makes."""

from pathlib import Path

import pytest

from tests.faults.drama import alerted, drama_plan, play, told
from tests.memory import Faults
from tests.sim import Simulation


def test_a_stop_at_any_call_loses_nothing_and_invents_nothing(
    tmp_path: Path, record_property: pytest.FixtureRequest
) -> None:
    plan = drama_plan(tmp_path)
    undisturbed = Simulation(plan)
    play(undisturbed)
    events, alerts = told(undisturbed), alerted(undisturbed)
    calls = len(undisturbed.faults.calls)
    assert {name for name, *_ in sum(events.values(), [])} == {
        "Job Status Change",
        "Job Stalled",
        "Watch Unreachable",
        "Watch Recovered",
    }
    stops = 0
    for number in range(calls):
        for after in (False, True):
            simulation = Simulation(plan, faults=Faults(number, after))
            play(simulation)
            where = f"stopped {'after' if after else 'before'} call {number}"
            assert told(simulation) == events, where
            assert alerted(simulation) == alerts, where
            stops += 1
    print(f"{stops} stops tried, at {calls} calls: {sorted(set(undisturbed.faults.calls))}")
