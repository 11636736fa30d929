"""The troubles of a service: spells of bad weather, each of one kind, on some of its calls."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from tests.simulation.clock import Clock
from tests.simulation.dice import Dice
from tests.simulation.jobs import Place
from tests.simulation.pace import pace_of

if TYPE_CHECKING:
    from random import Random

CALLS = ("slow", "hanging", "throttled", "denied", "broken", "cut off")
"""Kinds of trouble of any call."""
LISTS = ("behind", "refused pages", "endless", "repeated tokens", "expired tokens")
"""Kinds of trouble of lists."""
ANSWERS = ("wrong",)
KINDS = CALLS + LISTS + ANSWERS
AIMS = ("any", "any", "list", "get", "parents")
GETS, PARENTS = ("get", "get", "any"), ("parents", "parents", "any")


@dataclass(frozen=True, slots=True)
class Spell:
    """A spell of one kind; it hits a call of one of `calls` by `chance`.

    `part` is which third of the places it hits; None: all.
    """

    kind: str
    calls: str
    chance: float
    ends: float
    part: int | None = None


class Weather:
    """The spells of one service; none while it is `calm`."""

    def __init__(self, clock: Clock, dice: Dice, name: str) -> None:
        self._clock, self._name = clock, name
        self._dice: Random = dice.of(f"weather of {name}")
        loud = [kind for kind in KINDS if kind in dice.loud]
        self._kinds = loud or [kind for kind in KINDS if kind in dice.on]
        self._pace = pace_of(dice.on)
        self._gap = self._pace.spells[0 if loud else 1]
        self._partly = dice.share("troubled places", 0.3, 1.0)
        self._spares_outermost = dice.has("troubled parents", name, 0.1)
        self._aims = PARENTS if self._spares_outermost else AIMS
        if dice.has("troubled gets", name, 0.1):
            self._aims = GETS
        self._spells: list[Spell] = []
        self.calm = False
        self.log: list[tuple[float, Spell]] = []
        if self._kinds:
            self._plan()

    def _plan(self) -> None:
        self._clock.after(self._dice.expovariate(1 / self._gap), self._begin)

    def _begin(self) -> None:
        dice, now = self._dice, self._clock.now
        spell = Spell(
            kind=dice.choice(self._kinds),
            calls=dice.choice(self._aims),
            chance=dice.choice((0.05, 0.4, 1.0, 1.0)),
            ends=now + dice.choice(self._pace.lengths),
            part=dice.randrange(3) if dice.random() < self._partly else None,
        )
        self._spells.append(spell)
        self.log.append((now, spell))
        self._plan()

    def hits(self, call: str, kinds: tuple[str, ...], place: Place | None = None) -> str | None:
        """Tell which kind of trouble a call about a place has, if any."""
        if self.calm or not self._spells:
            return None
        if place == () and call == "parents" and self._spares_outermost:
            return None
        self._spells = [s for s in self._spells if s.ends > self._clock.now]
        for spell in self._spells:
            meant = spell.kind in kinds and spell.calls in {"any", call}
            part = spell.part if place is not None else None
            meant = meant and part in {None, crc32(repr(place).encode()) % 3}
            if meant and (spell.chance == 1 or self._dice.random() < spell.chance):
                return spell.kind
        return None
