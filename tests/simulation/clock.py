"""Virtual time: nothing sleeps, and one thing runs at a time.

What happens is a heap of moments. Each invocation is a `Strand`, a greenlet of its own that runs
until it gives up in `pause`, that is, at each call to the outside; then the next moment's turn has
come.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from greenlet import GreenletExit, getcurrent, greenlet

BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Killed(GreenletExit):
    """The process of an invocation is gone at this very call."""


class Strand:
    """An invocation that is killed when it `ends` at the latest.

    `fatal` is the number of the call at which it is killed by chance.
    """

    def __init__(self, name: str, ends: float, life: greenlet) -> None:
        self.name = name
        self.ends = ends
        self.life = life
        self.dead = False
        self.calls = 0
        self.fatal: int | None = None
        self.troubled = False
        """Whether something that it called did not do what was asked."""


class Clock:
    """The time in seconds since `BEGAN`, and everything that is still to happen."""

    def __init__(self, dice: Random, began: float = 0.0) -> None:
        self.now = self.began = began
        self.current = self._main = Strand("main", float("inf"), getcurrent())
        self._dice = dice
        self._heap: list[tuple[float, float, int, Callable[[], None]]] = []
        self._count = count()
        self._paused: set[Strand] = set()
        self.closing = False

    def date(self, when: float | None = None) -> datetime:
        """Give a moment as a date."""
        return BEGAN + timedelta(seconds=self.now if when is None else when)

    def at(self, when: float, what: Callable[[], None]) -> None:
        """Let something happen at a time; the dice order what happens at the same time."""
        heapq.heappush(
            self._heap, (max(when, self.now), self._dice.random(), next(self._count), what)
        )

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        self.at(self.now + seconds, what)

    def start(self, name: str, body: Callable[[], None], seconds: float) -> Strand:
        """Begin an invocation that has so many seconds."""
        strand = Strand(name, self.now + seconds, greenlet(body, self._main.life))
        self.at(self.now, lambda: self._go_on(strand))
        return strand

    def pause(self, seconds: float) -> None:
        """Let time pass for the strand that calls; killed when its own is over."""
        me = self.current
        if not (self.closing or me.dead):
            self.at(min(self.now + seconds, me.ends), lambda: self._go_on(me))
            self._paused.add(me)
            self._main.life.switch()
            self._paused.discard(me)
        if self.closing or me.dead or self.now >= me.ends:
            me.dead = True
            raise Killed

    def run(self, until: float) -> None:
        """Let happen what happens until a time."""
        while self._heap and self._heap[0][0] <= until:
            self.now, _, _, what = heapq.heappop(self._heap)
            what()
        self.now = max(self.now, until)

    def close(self) -> None:
        """End all invocations that are still there."""
        self.closing = True
        for strand in sorted(self._paused, key=lambda each: each.name):
            self._go_on(strand)

    def _go_on(self, strand: Strand) -> None:
        """Let a strand go on until it pauses or ends."""
        self.current = strand
        strand.life.switch()
        self.current = self._main
