"""What the watches of a plan come to in a month: how much is looked at, for how many dollars."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.config.files.durations import MINUTE
from infra.config.files.mistakes import Mistake
from infra.config.plan import Compiled
from infra.cost.fleet import Activity, groups_of, leaves_of
from infra.cost.month import lanes, usage
from infra.cost.prices import bill, read_prices
from infra.words import counted, listed, money

DEAREST = 3
"""Watches that are named where all are too dear."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How many lanes there are, how many calls a minute they take, and the list price of a month.

    `calls` are those of each watch, were no service to take longer than the cadence.
    """

    lanes: int
    calls_a_minute: float
    dollars: float
    calls: Mapping[str, float]


def reckon(compiled: Compiled) -> Reckoning:
    """Reckon with as many parents as rows say at most, and else with what is usual."""
    activity = Activity()
    groups = groups_of(compiled.plan, compiled.parents)
    found, leaves = [*lanes(groups, activity)], leaves_of(groups)
    calls: defaultdict[str, float] = defaultdict(float)
    for group in groups:
        ticks = MINUTE / group.every * group.places
        calls[group.watch] += ticks * group.calls_of_place(activity, leaves)
    return Reckoning(
        lanes=sum(lane.places for lane in found),
        calls_a_minute=sum(
            lane.places * lane.calls * MINUTE / max(lane.every, lane.seconds) for lane in found
        ),
        dollars=bill(usage(groups, activity), read_prices()).listed,
        calls=calls,
    )


def too_dear(compiled: Compiled, reckoned: Reckoning) -> Iterator[Mistake]:
    """Find watches that would cost more than their file allows."""
    if reckoned.dollars <= compiled.most_dollars:
        return
    dearest = [
        f"{name} ({counted(round(calls), 'call')} a minute)"
        for name, calls in sorted(reckoned.calls.items(), key=lambda each: -each[1])[:DEAREST]
    ]
    month = f"{money(reckoned.dollars)} a month"
    yield compiled.document.mistake(
        ("most_dollars",),
        f"watches that may cost {month}, most of it for {listed(dearest)}",
        f"at most ${compiled.most_dollars:,}: look less often (`every`, `idle_every`), at fewer "
        f"sources, or allow more: `most_dollars: {_allowing(reckoned.dollars)}`",
    )


def _allowing(dollars: float) -> int:
    """Round up to two digits: a bound that the next change does not break at once."""
    step = 10 ** max(len(f"{dollars:.0f}") - 2, 0)
    return int((dollars // step + 1) * step)
