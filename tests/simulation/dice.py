"""What one seed decides: a stream of chances for each concern, so that none disturbs another."""

from random import Random

LUCK = (1, 1, 6)
"""How many times more likely a run's faults are: in some, they meet each other."""
LOUD = 30
"""How many times more likely something is of which a run has more than of all else."""


class Dice:
    """Gives the chances of a concern; only what is in `on` ever happens, what is `loud` often."""

    def __init__(self, seed: int, on: frozenset[str], loud: frozenset[str] = frozenset()) -> None:
        self._seed = seed
        self._streams: dict[str, Random] = {}
        self.on, self.loud = on, loud & on
        self._luck = self.of("luck").choice(LUCK)

    def of(self, concern: str) -> Random:
        """Give the stream of a concern."""
        if concern not in self._streams:
            self._streams[concern] = Random(f"{self._seed}/{concern}")  # noqa: S311
        return self._streams[concern]

    def happens(self, ingredient: str, chance: float) -> bool:
        """Draw whether something of an ingredient happens; never while it is off."""
        if ingredient not in self.on:
            return False
        more = LOUD if ingredient in self.loud else self._luck
        return self.of(ingredient).random() < max(chance, min(chance * more, 0.5))

    def share(self, ingredient: str, usual: float, loud: float) -> float:
        """Give how often something of an ingredient is: never while it is off."""
        if ingredient not in self.on:
            return 0.0
        return loud if ingredient in self.loud else usual

    def has(self, ingredient: str, concern: str, usual: float) -> bool:
        """Draw whether a part of the world has a trait; always where that is loud."""
        drawn = self.of(f"{ingredient} of {concern}").random()
        return drawn < self.share(ingredient, usual, 1.0)
