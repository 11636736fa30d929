"""The truth about jobs: every state that each had, and when."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace

Place = tuple[str, ...]
"""The ids of what a job lives in, outermost first."""


@dataclass(frozen=True, slots=True)
class State:
    """What a job is from a moment on; times are true ones, in seconds, counts the service's."""

    raw: str
    created: float
    ended: float | None = None
    total: int = 100
    processed: int = 0
    failed: int = 0


@dataclass
class Stamp:
    """When something in a place was last to change, and how often it did."""

    last: float = float("-inf")
    count: int = 0


@dataclass
class TrueJob:
    """One id and its whole history; a state of None: it does not exist from then on."""

    id: str
    place: Place
    stamp: Stamp = field(default_factory=Stamp)
    times: list[float] = field(default_factory=list)
    states: list[State | None] = field(default_factory=list)

    def become(self, now: float, state: State | None) -> None:
        """Let it be something else from now on."""
        self.stamp.last = max(self.stamp.last, now)
        self.stamp.count += 1
        self.times.append(now)
        self.states.append(state)

    def change(self, now: float, **fields: object) -> None:
        """Let some of it be something else from now on."""
        assert self.state is not None
        self.become(now, replace(self.state, **fields))  # type: ignore[arg-type]

    @property
    def state(self) -> State | None:
        return self.states[-1]

    def at(self, when: float) -> State | None:
        """Give what it was at a time."""
        place = bisect_right(self.times, when)
        return self.states[place - 1] if place else None

    def place_of(self, state: State) -> int:
        """Tell the how manyth state it is."""
        if self.states[-1] is state:
            return len(self.states) - 1
        return max(at for at, each in enumerate(self.states) if each is state)

    @property
    def began(self) -> float:
        """When the id was first there to be seen."""
        return self.times[0]
