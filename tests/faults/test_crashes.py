"""The function is stopped before and after the effect of every call that it makes."""

from collections import Counter
from pathlib import Path

from tests.faults.drama import alerted, drama_plan, play, told
from tests.memory import Faults
from tests.sim import Simulation


def test_a_stop_at_any_call_loses_nothing_and_invents_nothing(
    tmp_path: Path, tally: Counter[str]
) -> None:
    """P4: nothing is remembered that was not told, and nothing told that is not remembered."""
    plan = drama_plan(tmp_path)
    undisturbed = Simulation(plan)
    play(undisturbed)
    events, alerts = told(undisturbed), alerted(undisturbed)
    calls = len(undisturbed.faults.calls)
    made = set(undisturbed.faults.calls)
    assert {"SendMessageBatch", "Query", "GetItem", "BatchGetItem", "PutItem", "DeleteItem"} <= made
    assert {"PutEvents", "PublishBatch"} <= made
    assert {name for of_one in events.values() for name, *_ in of_one} == {
        "Job Status Change",
        "Job Stalled",
        "Watch Unreachable",
        "Watch Recovered",
    }
    for number in range(calls):
        for after in (False, True):
            simulation = Simulation(plan, faults=Faults(number, after))
            play(simulation)
            where = f"stopped {'after' if after else 'before'} call {number}"
            assert told(simulation) == events, where
            assert alerted(simulation) == alerts, where
            tally["stops of the functions, before and after each call"] += 1
