"""What one seed decides: a stream of chances for each concern, so that none disturbs another."""

from random import Random


class Dice:
    """Gives the chances of a concern; only what is in `on` ever happens by chance."""

    def __init__(self, seed: int, on: frozenset[str]) -> None:
        self._seed = seed
        self._streams: dict[str, Random] = {}
        self.on = on

    def of(self, concern: str) -> Random:
        """Give the stream of a concern."""
        if concern not in self._streams:
            self._streams[concern] = Random(f"{self._seed}/{concern}")  # noqa: S311
        return self._streams[concern]

    def happens(self, ingredient: str, chance: float) -> bool:
        """Draw whether something of an ingredient happens; never while it is off."""
        return ingredient in self.on and self.of(ingredient).random() < chance
