"""The records of one place, looked up by what they hold.

A list of many scopes asks the same place for one scope after the other: going through all records
each time would take longer than answering.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence

import jmespath

from demo.world import Place, Record, World


class Shelf:
    """The records of a place at one moment; each way to look them up is prepared once."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self._sorted: dict[tuple[str, ...], dict[tuple[Hashable, ...], list[Record]]] = {}

    def find(self, paths: Sequence[str], values: Sequence[Hashable]) -> Sequence[Record]:
        """Return the records that hold these values at these JMESPaths, in their own order."""
        if not paths:
            return self.records
        return self._by(tuple(paths)).get(tuple(values), ())

    def _by(self, paths: tuple[str, ...]) -> dict[tuple[Hashable, ...], list[Record]]:
        if paths not in self._sorted:
            fresh = defaultdict(list)
            ways = [jmespath.compile(path) for path in paths]
            for record in self.records:
                fresh[tuple(way.search(record) for way in ways)].append(record)
            self._sorted[paths] = dict(fresh)
        return self._sorted[paths]


class Shelves:
    """A shelf for each place of a world, replaced when what is at the place was."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shelves: dict[Place, Shelf] = {}

    def at(self, place: Place) -> Shelf:
        """Return what is at a place now."""
        records, shelf = self._world.records(place), self._shelves.get(place)
        if shelf is None or shelf.records is not records:
            shelf = self._shelves[place] = Shelf(records)
        return shelf
