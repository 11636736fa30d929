"""Virtual time: nothing sleeps, and one thread runs at a time.

What happens is a heap of moments. Each invocation is a `Strand`, a thread of its own that runs only
while it holds the baton and gives it up in `pause`, that is, at each call to the outside. Whoever
pauses takes the next moment from the heap; when that is its own, it just goes on.
"""

import heapq
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process of an invocation is gone at this very call."""


def _held() -> threading.Lock:
    """Give a lock that whoever is to wait for takes once more: much quicker than a semaphore."""
    lock = threading.Lock()
    lock.acquire()
    return lock


class Strand:
    """A thread that runs while it holds the baton; `ends` is when it is killed at the latest.

    `fatal` is the number of the call at which it is killed by chance.
    """

    def __init__(self, name: str, body: Callable[[], None] | None, ends: float) -> None:
        self.name = name
        self.ends = ends
        self.dead = False
        self.body = body
        self.baton = _held()
        self.started = False
        self.calls = 0
        self.fatal: int | None = None
        self.troubled = False
        """Whether something that it called did not do what was asked."""


class _Worker(threading.Thread):
    """A thread that lives one strand after the other; none: it is over."""

    def __init__(self, live: Callable[[Strand, "_Worker"], None]) -> None:
        super().__init__(daemon=True)
        self._live = live
        self.wake = _held()
        self.strand: Strand | None = None
        self.start()

    def run(self) -> None:
        while True:
            self.wake.acquire()
            if self.strand is None:
                return
            strand, self.strand = self.strand, None
            self._live(strand, self)


class Clock:
    """The time in seconds since `BEGAN`, and everything that is still to happen."""

    def __init__(self, dice: Random, began: float = 0.0) -> None:
        self.now = self.began = began
        self.current = self._main = Strand("main", None, float("inf"))
        self._dice = dice
        self._heap: list[tuple[float, float, int, Any]] = []
        self._count = count()
        self._until = began
        self._alive: set[Strand] = set()
        self._failure: BaseException | None = None
        self.closing = False
        self._idle: list[_Worker] = []

    def date(self, when: float | None = None) -> datetime:
        """Give a moment as a date."""
        return BEGAN + timedelta(seconds=self.now if when is None else when)

    def at(self, when: float, what: Any) -> None:
        """Let something happen at a time; the dice order what happens at the same time."""
        heapq.heappush(
            self._heap, (max(when, self.now), self._dice.random(), next(self._count), what)
        )

    def after(self, seconds: float, what: Any) -> None:
        self.at(self.now + seconds, what)

    def start(self, name: str, body: Callable[[], None], seconds: float) -> Strand:
        """Begin an invocation that has so many seconds."""
        strand = Strand(name, body, self.now + seconds)
        self._alive.add(strand)
        self.at(self.now, strand)
        return strand

    def pause(self, seconds: float) -> None:
        """Let time pass for the strand that calls; killed when its own is over."""
        me = self.current
        if self.closing or me.dead:
            raise Killed
        self.at(min(self.now + seconds, me.ends), me)
        self._go_on(me)
        if self.closing or me.dead or self.now >= me.ends:
            me.dead = True
            raise Killed

    def run(self, until: float) -> None:
        """Let happen what happens until a time."""
        self._until = until
        self._go_on(self._main)
        self.now = max(self.now, until)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End the threads of all invocations that are still there."""
        self.closing, self._heap, self._failure = True, [], None
        for strand in sorted((s for s in self._alive if s.started), key=lambda s: s.name):
            self.at(self.now, strand)
        self._until = float("inf")
        self._go_on(self._main)
        for worker in self._idle:
            worker.wake.release()

    def _go_on(self, me: Strand) -> None:
        """Take the next moments, until one of them is `me`'s."""
        while True:
            if not self._heap or self._heap[0][0] > self._until or self._failure:
                if me is not self._main:
                    self._hand_to(self._main, me)
                break
            self.now, _, _, what = heapq.heappop(self._heap)
            if what is me:
                break
            if isinstance(what, Strand):
                self._hand_to(what, me)
                break
            try:
                what()
            except BaseException as error:  # noqa: BLE001  told by whoever runs the clock
                self._failure = error
        if me.body is not None or me is self._main:
            self.current = me

    def _hand_to(self, other: Strand, me: Strand) -> None:
        if other.started or other is self._main:
            other.baton.release()
        else:
            other.started = True
            self._begin(other)
        if me.body is not None or me is self._main:
            me.baton.acquire()

    def _begin(self, strand: Strand) -> None:
        """Let a thread that has nothing to do live the strand, or a new one."""
        worker = self._idle.pop() if self._idle else _Worker(self._live)
        worker.strand = strand
        worker.wake.release()

    def _live(self, strand: Strand, worker: _Worker) -> None:
        self.current = strand
        try:
            assert strand.body is not None
            strand.body()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001  told by whoever runs the clock
            self._failure = error
        self._alive.discard(strand)
        strand.body = None
        self._idle.append(worker)
        self._go_on(strand)
