"""The troubles of a service: spells of bad weather, each of one kind, on some of its calls."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulation.clock import Clock
from tests.simulation.dice import Dice

if TYPE_CHECKING:
    from random import Random

CALLS = ("slow", "hanging", "throttled", "denied", "broken", "cut off")
"""Kinds of trouble of any call."""
LISTS = ("behind", "refused pages", "endless", "repeated tokens", "expired tokens")
"""Kinds of trouble of lists."""
ANSWERS = ("wrong",)
KINDS = CALLS + LISTS + ANSWERS
GAP = 2 * 3600.0
LENGTHS = (30.0, 300.0, 1800.0, 5 * 3600.0)


@dataclass(frozen=True, slots=True)
class Spell:
    """A spell of one kind; it hits a call of one of `calls` by `chance`."""

    kind: str
    calls: str
    chance: float
    ends: float


class Weather:
    """The spells of one service; none while it is `calm`."""

    def __init__(self, clock: Clock, dice: Dice, name: str) -> None:
        self._clock, self._name = clock, name
        self._dice: Random = dice.of(f"weather of {name}")
        self._kinds = [kind for kind in KINDS if kind in dice.on]
        self._spells: list[Spell] = []
        self.calm = False
        self.log: list[tuple[float, Spell]] = []
        if self._kinds:
            self._plan()

    def _plan(self) -> None:
        self._clock.after(self._dice.expovariate(1 / GAP), self._begin)

    def _begin(self) -> None:
        dice, now = self._dice, self._clock.now
        spell = Spell(
            kind=dice.choice(self._kinds),
            calls=dice.choice(("any", "any", "list", "get", "parents")),
            chance=dice.choice((0.05, 0.4, 1.0, 1.0)),
            ends=now + dice.choice(LENGTHS),
        )
        self._spells.append(spell)
        self.log.append((now, spell))
        self._plan()

    def hits(self, call: str, kinds: tuple[str, ...]) -> str | None:
        """Tell which kind of trouble a call has, if any."""
        if self.calm or not self._spells:
            return None
        self._spells = [s for s in self._spells if s.ends > self._clock.now]
        for spell in self._spells:
            meant = spell.kind in kinds and spell.calls in {"any", call}
            if meant and (spell.chance == 1 or self._dice.random() < spell.chance):
                return spell.kind
        return None
