"""A run: a seed, the ingredients that are off, and how long it lasts; and how one is shrunk."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random

from tests.simulation import windows
from tests.simulation.apis import BEHIND
from tests.simulation.configuration import places, slowest
from tests.simulation.ingredients import (
    DRAWN,
    INGREDIENTS,
    MOSTLY_OFF,
    OFTEN_OFF,
    ONLY_IN_STORMS,
)
from tests.simulation.promises import broken
from tests.simulation.promises_members import LISTED_AFTER
from tests.simulation.promises_runs import bound
from tests.simulation.storms import (
    FRONTS,
    HOURS,
    LATEST,
    NEWER,
    NEWEST,
    ORGANIZATIONS,
    STORMS,
    WEEKS,
    Storm,
)
from tests.simulation.world import World

TURNS = (*STORMS, None)
"""The storms of runs, in turn; one of them has a bit of everything."""
NEWER_EACH, NEWEST_EACH, WEEKS_EACH = 5, 25, 125
"""In one of so many rounds, the newer storms take turns and then the latest, in one of so many the
newest, and in one of so many those that last for weeks."""
ORGANIZATIONS_AT = 10
"""Which of so many rounds as `NEWEST_EACH` is all in organizations."""
FRONTS_AT = 21
"""Which of so many rounds as `WEEKS_EACH` is all about what is behind the front of a list."""
ALL = STORMS | NEWER | LATEST | NEWEST | WEEKS | ORGANIZATIONS | FRONTS


def off_in(storm: str | None) -> frozenset[str]:
    """Name what is always off in a storm, or in none."""
    if storm is None:
        return ONLY_IN_STORMS
    return ALL[storm].off | (ONLY_IN_STORMS - ALL[storm].loud)


@dataclass(frozen=True)
class Run:
    """What decides everything."""

    seed: int
    off: frozenset[str] = frozenset()
    hours: float = 24.0
    storm: str | None = None

    @classmethod
    def drawn(cls, seed: int) -> "Run":
        """Draw its storm, what is off, and how long it lasts."""
        dice = Random(f"{seed}/run")  # noqa: S311
        storm = _storm_of(seed)
        hours = dice.choice(ALL[storm].hours if storm else HOURS)
        loud = ALL[storm].loud if storm else frozenset[str]()
        rest = sorted(DRAWN - loud)
        chance = MOSTLY_OFF if storm else OFTEN_OFF
        off = frozenset(name for name in rest if dice.random() < chance)
        return cls(seed, off | off_in(storm), hours, storm)

    def __str__(self) -> str:
        """Give the line that shows it again."""
        on = INGREDIENTS - self.off
        word, names = ("only", on) if len(on) < len(self.off) else ("without", self.off)
        words = "".join(f" --{word} '{name}'" for name in sorted(names))
        storm = f" --storm '{self.storm}'" if self.storm else ""
        return f"python -m tests.simulation {self.seed} --hours {self.hours:g}{storm}{words}"


def _storm_of(seed: int) -> str | None:
    round_, place = divmod(seed, len(TURNS))
    if round_ % NEWEST_EACH == ORGANIZATIONS_AT:
        return [*ORGANIZATIONS][seed % len(ORGANIZATIONS)]
    if round_ % WEEKS_EACH == FRONTS_AT:
        return [*FRONTS][seed % len(FRONTS)]
    if (round_ + 1) % NEWER_EACH:
        return TURNS[place]
    newer = NEWER if place < len(TURNS) // 2 else LATEST
    newest = NEWEST if (round_ + 1) % WEEKS_EACH else WEEKS
    turns = [*(newer if (round_ + 1) % NEWEST_EACH else newest)]
    return turns[seed % len(turns)]


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    broken: tuple[str, ...]
    minutes: float
    events: int
    alerts: int
    seconds: float
    digest: str = ""
    """Of all that was told, in its order: two runs that are the same have the same."""

    def __str__(self) -> str:
        return (
            f"{self.minutes:.0f} minutes in {self.seconds:.1f} s, {self.events} events, "
            f"{self.alerts} alerts, {len(self.broken)} promises broken"
        )


def simulate(run: Run) -> Outcome:
    """Let a world live for a while, and then be calm until everything must have been told."""
    began = time.process_time()
    storm = ALL[run.storm] if run.storm else Storm(frozenset())
    world = World(run.seed, INGREDIENTS - run.off, storm.loud, storm.sources)
    try:
        world.run(world.clock.began + run.hours * 3600)
        world.become_calm()
        world.run(world.calmed + _calm(world))
        found = tuple(broken(world))
    finally:
        world.clock.close()
    return Outcome(
        found,
        (world.clock.now - world.clock.began) / 60,
        len(world.bus.taken),
        len(world.topic.taken),
        time.process_time() - began,
        sha256(json.dumps([world.bus.taken, world.topic.taken]).encode()).hexdigest(),
    )


def _calm(world: World) -> float:
    """Tell how many seconds of calm it takes until all must be told."""
    watches = world.plan.watches.values()
    cadence = max(map(slowest, watches))
    stalled = max(watch.stalled_after or 0 for watch in watches)
    slow = any(service.is_slow for service in world.services.values())
    # One lap is under way, the next compares, one looks up, with a call for each job that ended. A
    # list that is sorted newest first may have more before its front than is behind that.
    lanes = [where for watch in watches for where in places(watch)]
    laps = [3 * world.lap(*lane, whole=True) for lane in lanes]
    usual = 2400 * (1 + slow + (slow and world.is_crowded))
    # What stalls is looked at some times more.
    usual = max(usual, 4 * max(watch.every for watch in watches) + BEHIND)
    if world.plan.units:  # who came just before is known once they are listed again
        usual += LISTED_AFTER
    asks = sum(service.asking for service in world.services.values() if service.is_slow)
    stops = max((world.stops(*lane) for lane in lanes), default=0)
    # A window that begins once all must be read closes, and all is read once more.
    runs = max(
        2 * bound(world, w) + w.expect.within + windows.apart(w.expect) if w.expect else 0
        for w in watches
    )
    muted = max((mute.until - world.clock.now for mute in world.mutes), default=0)
    # In a world of weeks, what came back behind a front has its daily read.
    day = 26 * 3600 if "weeks" in world.made_of else 0
    longest = max(4 * cadence, stalled, runs, day)
    return max(usual, max(laps, default=0) + asks, muted) + longest + 6 * stops


def shrink(run: Run, seconds: float = 300) -> tuple[Run, Outcome]:
    """Switch off what a red run does not need, and cut its time."""
    outcome, ends = simulate(run), time.monotonic() + seconds
    smaller = True
    while smaller and time.monotonic() < ends:
        smaller = False
        for candidate in _smaller(run):
            if time.monotonic() > ends:
                break
            tried = simulate(candidate)
            if tried.broken:
                run, outcome, smaller = candidate, tried, True
                break
    return run, outcome


def _smaller(run: Run) -> Iterator[Run]:
    """Give runs with less time or fewer ingredients, the boldest first."""
    for share in (0.25, 0.5, 0.8):
        if run.hours * share > 0.2:
            yield replace(run, hours=round(run.hours * share, 2))
    on = sorted(INGREDIENTS - run.off - {"weeks"})  # without that, all of them would be dense
    size = len(on) // 2
    while size:
        for start in range(0, len(on), size):
            yield replace(run, off=run.off | {*on[start : start + size]})
        size //= 2
