"""What is promised of lanes: nobody starves unheard, and none has all the turns.

A scope whose list was completely read too long ago rings: by the age that the function measures,
by turns that it drops, or by its silence. Only lists that are read to their end are judged: a list
that is sorted newest first is only read as far as it is necessary.
"""

import itertools
from collections.abc import Collection, Iterator

from lambdas.plan import Watch
from tests.simulation.apis import Service
from tests.simulation.configuration import places
from tests.simulation.jobs import Place
from tests.simulation.promises_members import known_since
from tests.simulation.witness import ScopeLog
from tests.simulation.world import World

MOST_PASSED = 5
"""Turns that a place may have while another has none: a lane goes around, but it begins anew with a
deployment or a person's turn, and a message may be handed over twice."""
FOUR_PERIODS = 1200.0
"""Seconds that an alarm and the last calls of a slow service may take."""


def judge_lanes(world: World) -> Iterator[str]:
    """Give each scope that starved while nothing rang, or while another had turn after turn."""
    yield from _passed_over(world)
    for watch in world.plan.watches.values():
        if watch.jobs is not None or watch.idle_every:
            continue
        for where in places(watch):
            service = world.services[where]
            if service.source.newest_first:
                continue
            for place in service.places():
                log = world.witness.scopes.get((watch.name, *where, place))
                if log is not None:
                    yield from _unheard(world, watch, log, service, place)


def _passed_over(world: World) -> Iterator[str]:
    for key, log in world.witness.scopes.items():
        watch = world.plan.watches.get(key[0])
        if watch and not _is_hidden(world, watch, key[1]) and log.most_passed > MOST_PASSED:
            yield f"{key}: a place had {log.most_passed} turns while another had none"


def _is_hidden(world: World, watch: Watch, source: str) -> bool:
    """Tell whether a turn of something may make no call: what rests, or is known to be empty."""
    knows_parents = watch.discover_every is not None and len(world.plan.sources[source].parents) > 1
    return watch.idle_every is not None or knows_parents


def _unheard(
    world: World, watch: Watch, log: ScopeLog, service: Service, place: Place
) -> Iterator[str]:
    for start, end in _gaps(world, watch, log, service.account, service.moves(place)):
        if service.there(place, start) and not _rang(world, watch, start, end):
            yield f"{watch.name} {place}: starved from {start:.0f} to {end:.0f}, and nothing rang"


def allowed(watch: Watch) -> float:
    """Tell after how many seconds without a complete read an alarm is to ring."""
    return 3.0 * watch.every + 900


def _gaps(
    world: World, watch: Watch, log: ScopeLog, account: str, moves: Collection[float]
) -> Iterator[tuple[float, float]]:
    """Give the times between complete reads that are too long; `moves` are its parents'."""
    began = max(log.asked, world.changed(watch), known_since(world, watch, account))
    marks = [began, *sorted(a for a in {*log.complete, *moves} if a > began), world.clock.now]
    # Of a slow cadence, only the next poll tells that it is late.
    noticed = max(FOUR_PERIODS, watch.every + 300)
    for start, end in itertools.pairwise(marks):
        # What comes back while nobody lists it is found once each of its parents was listed.
        if end - start > allowed(watch) + noticed + 2 * (watch.discover_every or 0):
            yield start, end


def _rang(world: World, watch: Watch, start: float, end: float) -> bool:
    """Tell whether anything that has an alarm was to be heard meanwhile."""
    late = start + allowed(watch)
    heard = [m for m in world.metrics if start < m.at <= end and watch.name in m.summary.ages]
    dropped = [m for m in world.metrics if late < m.at <= end and m.summary.counts["Dropped"]]
    times = [start, *(metric.at for metric in heard), end]
    silent = any(b - a > allowed(watch) for a, b in itertools.pairwise(times))
    old = any(m.summary.ages[watch.name] > allowed(watch) / 2 for m in heard if m.at > late)
    return bool(dropped) or silent or old
