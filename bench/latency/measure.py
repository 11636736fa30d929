"""Measures how long it takes from the end of a job to its event, by each cadence."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from bench import record
from bench.latency.ends import Ends, until_quiet
from bench.latency.loop import last_round
from bench.load.driver import PATIENCE, percentiles
from bench.load.run import deployed
from bench.surroundings import Ledger
from demo.poller import Poller
from demo.show import Terminal

SIZES = {"us-east-1": 1, "us-west-2": 100, "eu-west-1": 10_000}
"""How many jobs are under way in each region."""
QUICK = ("us-east-1", "us-west-2")
CADENCES = {"often": 10, "minutely": 60}
"""Seconds between two polls of a watch, by its name: those whose schedules are waited for."""
ROUNDS = 5
"""So many ends in each region are polled at once, to see what takes time beside the schedule."""
WINDOW, ENDS = 120.0, 24
"""Seconds in which so many jobs of each region end."""


def measure(tell: Callable[[str], None], *, quick: bool) -> dict[str, Any]:
    """Measure with the schedules of both watches, and without waiting for one."""
    sizes = {region: SIZES[region] for region in (QUICK if quick else SIZES)}
    window, each = (WINDOW / 2, ENDS // 2) if quick else (WINDOW, ENDS)
    services = ("bench.latency.jobs", json.dumps(sizes))
    file, terminal = watches(sizes), Terminal()
    with deployed("jobs that end", services, file, terminal) as (found, process):
        poller, ledger = Poller(found.aws, found.stack, PATIENCE), Ledger(found.aws.folder)
        ends = Ends(process, found.listener, sizes)
        with terminal.step("Poll for the first time: what exists is remembered quietly"):
            until_quiet(lambda: _poll(poller, ledger))
        with terminal.step("Poll right after an end, some times"):
            overhead = without_waiting(ends, poller)
        with terminal.step(f"Let jobs end for {window:.0f} s, and wait for the schedules"):
            measured = with_schedules(ends, window, each)
        loop = last_round(found.aws)
    tell(f"without waiting: {overhead}")
    return {
        "versions": record.versions("local-aws"),
        "ends": each,
        "overhead": overhead,
        "measured": measured,
        "loop": round(loop, 3),
    }


def watches(sizes: Mapping[str, int]) -> dict[str, Any]:
    """Give the watches file: each cadence looks at the same jobs."""
    regions = list(sizes)
    return {
        "watches": {
            name: {
                "source": "pinpoint.import-jobs",
                "regions": regions,
                "every": f"{every} seconds",
            }
            for name, every in CADENCES.items()
        }
    }


def without_waiting(ends: Ends, poller: Poller) -> dict[str, dict[str, float]]:
    """Poll at once when jobs have ended; give what that takes, by how many jobs there are."""
    watch = "minutely"
    for _ in range(ROUNDS):
        for region in ends.sizes:
            ends.end(region)
        poller.tick(watch)
        ends.wait([watch], PATIENCE)
    return _said(ends, watch)


def with_schedules(ends: Ends, window: float, each: int) -> dict[str, dict[str, dict[str, float]]]:
    """Let jobs end at any time; give what it takes by each cadence."""
    ends.forget()
    ends.spread(window, each)
    ends.wait(CADENCES, PATIENCE)
    return {str(every): _said(ends, name) for name, every in CADENCES.items()}


def _said(ends: Ends, watch: str) -> dict[str, dict[str, float]]:
    return {str(size): percentiles(took) for size, took in ends.took(watch).items()}


def _poll(poller: Poller, ledger: Ledger) -> int:
    """Poll all once; give how much that wrote."""
    ledger.take()
    poller.poll()
    time.sleep(1.0)  # what schedules began meanwhile is over then
    return ledger.take()["writes"]
