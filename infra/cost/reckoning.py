"""What the watches of a plan come to in a month: how much is looked at, for how many dollars."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from statistics import mean

from infra.config.files.durations import MINUTE
from infra.config.files.mistakes import Mistake
from infra.config.plan import Compiled
from infra.config.values import DOLLARS
from infra.cost.fleet import Activity, Group, groups_of, leaves_of
from infra.cost.month import lanes, usage
from infra.cost.prices import bill, read_prices
from infra.words import listed, money

DEAREST = 3
"""Watches that are named where all are too dear."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How many lanes there are, how many calls a minute they take, and what a month costs."""

    lanes: int
    calls_a_minute: float
    dollars: float


def reckon(compiled: Compiled) -> Reckoning:
    """Reckon with as many parents as rows say at most, and else with what is usual."""
    groups, activity = groups_of(compiled.plan, compiled.parents), Activity(**from_file(compiled))
    found = [*lanes(groups, activity)]
    return Reckoning(
        lanes=sum(lane.places for lane in found),
        calls_a_minute=sum(
            lane.places * lane.calls * MINUTE / max(lane.every, lane.seconds) for lane in found
        ),
        dollars=bill(usage(groups, activity), read_prices()).listed,
    )


def from_file(compiled: Compiled) -> dict[str, int]:
    """Give what the file says of what goes on: to whom an alert goes, and if it has a dashboard.

    Emails are those of a watch, on average and rounded up. Of pagers and of topics, those of chats
    among them, all are counted: they have an alarm each. So is a key of the user's own.
    """
    watches = compiled.plan.watches.values()
    emails = mean([len(compiled.emails_of(watch.alerts)) for watch in watches] or [0])
    kinds = Counter(compiled.plan.recipients.values())
    topics = kinds["slack"] + kinds["teams"] + kinds["topic"]
    return {
        "emails": math.ceil(emails),
        "pagers": kinds["pagerduty"],
        "topics": topics,
        "dashboards": int(compiled.dashboard),
        "keys": int(compiled.own.key is not None),
    }


def too_dear(compiled: Compiled, reckoned: Reckoning) -> Iterator[Mistake]:
    """Find watches that would cost more than their file allows."""
    if reckoned.dollars <= compiled.most_dollars:
        return
    alone = sorted(_each_alone(compiled).items(), key=lambda each: -each[1])
    dearest = [f"{name} ({money(dollars)} alone)" for name, dollars in alone[:DEAREST]]
    month = f"{money(reckoned.dollars)} a month"
    yield compiled.document.mistake(
        ("most_dollars",),
        f"watches that may cost {month}, the dearest being {listed(dearest)}",
        f"at most ${compiled.most_dollars:,}: {_what_helps(compiled, reckoned.dollars)}",
    )


def _what_helps(compiled: Compiled, dollars: float) -> str:
    less, allowing = "look less often (`every`, `idle_every`)", _allowing(dollars)
    if compiled.plan.units:
        less += ", in fewer accounts (`most` of `organization`)"
    if allowing > max(DOLLARS):
        return f"{less} or at fewer sources"
    return f"{less}, at fewer sources, or allow more: `most_dollars: {allowing}`"


def _each_alone(compiled: Compiled) -> Mapping[str, float]:
    """Reckon each watch by itself, with its share of what goes on."""
    groups: defaultdict[str, list[Group]] = defaultdict(list)
    for group in groups_of(compiled.plan, compiled.parents):
        groups[group.watch].append(group)
    leaves, prices = leaves_of([*chain(*groups.values())]), read_prices()
    return {
        name: bill(usage(own, _share(leaves_of(own) / leaves)), prices).listed
        for name, own in groups.items()
    }


def _share(part: float) -> Activity:
    usual = Activity()
    shared = {name: getattr(usual, name) for name in ("jobs", "unfinished", "changes", "alerts")}
    return replace(usual, **{name: round(number * part) for name, number in shared.items()})


def _allowing(dollars: float) -> int:
    """Round up to two digits: a bound that the next change does not break at once."""
    step = 10 ** max(len(f"{dollars:.0f}") - 2, 0)
    return int((dollars // step + 1) * step)
