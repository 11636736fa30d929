"""The function is stopped before and after the effect of every call that it makes."""

import os
from collections import Counter
from pathlib import Path

from tests.faults.story import alerted, play, story_plan, told
from tests.memory import Faults
from tests.sim import Simulation


def test_a_stop_at_any_call_loses_nothing_and_invents_nothing(
    tmp_path: Path, tally: Counter[str]
) -> None:
    """P4: nothing is remembered that was not told, and nothing told that is not remembered."""
    plan = story_plan(tmp_path)
    undisturbed = Simulation(plan)
    play(undisturbed)
    events, alerts = told(undisturbed), alerted(undisturbed)
    calls = undisturbed.faults.calls
    made = set(calls)
    assert {"SendMessageBatch", "Query", "GetItem", "BatchGetItem", "PutItem", "DeleteItem"} <= made
    assert {"PutEvents", "PublishBatch"} <= made
    assert {name for of_one in events.values() for name, *_ in of_one} == {
        "Job Status Change",
        "Job Stalled",
        "Watch Unreachable",
        "Watch Recovered",
    }
    for number, after in stops(calls):
        simulation = Simulation(plan, faults=Faults(number, after))
        play(simulation)
        where = f"stopped {'after' if after else 'before'} call {number}"
        assert told(simulation) == events, where
        assert alerted(simulation) == alerts, where
        tally["stops of the functions, before and after each call"] += 1


def stops(calls: list[str]) -> list[tuple[int, bool]]:
    """Choose the calls at which to stop, before or after their effect; a soak takes all.

    Else each third is taken, in turn before and after, and the first of each kind both ways.
    """
    if "JOBWATCH_EXAMPLES" in os.environ:
        return [(number, after) for number in range(len(calls)) for after in (False, True)]
    firsts = {(calls.index(name), after) for name in {*calls} for after in (False, True)}
    return sorted(firsts | {(number, number % 2 == 0) for number in range(0, len(calls), 3)})
