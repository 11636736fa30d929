"""A run: a seed, the ingredients that are off, and how long it lasts; and how one is shrunk."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random

from tests.simulation.ingredients import INGREDIENTS, OFTEN_OFF
from tests.simulation.promises import broken
from tests.simulation.world import World

HOURS = (2.0, 8.0, 24.0)


@dataclass(frozen=True)
class Run:
    """What decides everything."""

    seed: int
    off: frozenset[str] = frozenset()
    hours: float = 24.0

    @classmethod
    def drawn(cls, seed: int) -> "Run":
        """Draw what is off, and how long it lasts."""
        dice = Random(f"{seed}/run")  # noqa: S311
        off = {name for name in sorted(INGREDIENTS) if dice.random() < OFTEN_OFF}
        return cls(seed, frozenset(off), dice.choice(HOURS))

    def __str__(self) -> str:
        """Give the line that shows it again."""
        on = INGREDIENTS - self.off
        word, names = ("only", on) if len(on) < len(self.off) else ("without", self.off)
        words = "".join(f" --{word} '{name}'" for name in sorted(names))
        return f"python -m tests.simulation {self.seed} --hours {self.hours:g}{words}"


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
    world = World(run.seed, INGREDIENTS - run.off)
    try:
        world.run(run.hours * 3600)
        world.become_calm()
        world.run(run.hours * 3600 + _calm(world))
        found = tuple(broken(world))
    finally:
        world.clock.close()
    return Outcome(
        found,
        world.clock.now / 60,
        len(world.bus.taken),
        len(world.topic.taken),
        time.process_time() - began,
        sha256(json.dumps([world.bus.taken, world.topic.taken]).encode()).hexdigest(),
    )


def _calm(world: World) -> float:
    """Tell how many seconds of calm it takes until all must be told."""
    watches = world.plan.watches.values()
    longest = max(max(w.every, w.idle_every or 0, w.stalled_after or 0) for w in watches)
    return 3600 + 5 * longest


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
    on = sorted(INGREDIENTS - run.off)
    size = len(on) // 2
    while size:
        for start in range(0, len(on), size):
            yield replace(run, off=run.off | {*on[start : start + size]})
        size //= 2
