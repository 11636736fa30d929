"""The function is stopped before and after the effect of every call that it makes.

Once it visits all scopes itself, once it hands most of them over.
"""

from collections import Counter
from pathlib import Path

import pytest

from lambdas.tick import MOST
from tests.faults.drama import alerted, drama_plan, play, told
from tests.memory import Faults
from tests.sim import Simulation


@pytest.mark.parametrize("most", [MOST, 2])
def test_a_stop_at_any_call_loses_nothing_and_invents_nothing(
    tmp_path: Path, tally: Counter[str], most: int
) -> None:
    """P4: nothing is remembered that was not told, and nothing told that is not remembered."""
    plan = drama_plan(tmp_path)
    undisturbed = Simulation(plan, most=most)
    play(undisturbed)
    events, alerts = told(undisturbed), alerted(undisturbed)
    calls = len(undisturbed.faults.calls)
    made = set(undisturbed.faults.calls)
    assert {"Query", "GetItem", "BatchGetItem", "PutItem", "PutEvents", "PublishBatch"} <= made
    assert ("SendMessageBatch" in made) == (most == 2)
    assert {name for of_one in events.values() for name, *_ in of_one} == {
        "Job Status Change",
        "Job Stalled",
        "Watch Unreachable",
        "Watch Recovered",
    }
    for number in range(calls):
        for after in (False, True):
            simulation = Simulation(plan, faults=Faults(number, after), most=most)
            play(simulation)
            where = f"stopped {'after' if after else 'before'} call {number}"
            assert told(simulation) == events, where
            assert alerted(simulation) == alerts, where
            tally["stops of the functions, before and after each call"] += 1
