"""What the stand-in services know: jobs as plain records, which a story or a test drives."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

import jmespath

REGION = "us-east-1"

Record = Mapping[str, Any]
"""One job (application, segment) as the service's get operation answers it, as Python values."""

Fault = Callable[[str, int], int | None]
"""Takes an operation's name and the number of the call to it; gives an HTTP status, or nothing."""

Paths = tuple[str, ...]
Index = Mapping[tuple[Hashable, ...], Sequence[Record]]


class Place(NamedTuple):
    """Where records live: the `import-jobs` of `sesv2` in one region."""

    service: str
    kind: str
    region: str = REGION


def no_fault(_operation: str, _number: int) -> int | None:
    """Answer every call."""
    return None


def every(nth: int, status: int = 429) -> Fault:
    """Refuse every `nth` call to each operation, with 429 (throttled) unless told otherwise."""
    return lambda _operation, number: status if number % nth == 0 else None


class World:
    """The records of every place, safe to change while the stand-ins answer from them.

    A record belongs to the world once it is shown: replace it, never change it.
    """

    def __init__(self, page_limit: int = 100, fault: Fault = no_fault) -> None:
        """Give at most `page_limit` records a page, whatever is asked for."""
        self.page_limit = page_limit
        self.fault = fault
        self._places: dict[Place, Sequence[Record]] = {}
        self._indexes: dict[Place, dict[Paths, Index]] = {}
        self._calls: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._lock = Lock()

    def show(self, places: Mapping[Place, Iterable[Record]]) -> None:
        """Let these places hold exactly these records, all at the same moment."""
        fresh = {place: tuple(records) for place, records in places.items()}
        with self._lock:
            self._places |= fresh
            self._indexes |= {place: {} for place in fresh}

    def find(self, place: Place, wanted: Mapping[str, Hashable]) -> Sequence[Record]:
        """Return what is at a place now and holds these values at these JMESPaths.

        A list of many scopes asks a place for one scope after the other: going through all
        records each time would take longer than answering.
        """
        paths = tuple(wanted)
        with self._lock:
            indexes = self._indexes.setdefault(place, {})
            if paths not in indexes:
                indexes[paths] = _index(self._places.get(place, ()), paths)
            return indexes[paths].get(tuple(wanted.values()), ())

    def called(self, operation: str) -> int | None:
        """Count a call such as `sesv2:ListImportJobs`; return the status to refuse it with."""
        with self._lock:
            self._calls[operation] += 1
            status = self.fault(operation, self._calls[operation])
            if status:
                self._refused[operation] += 1
            return status

    def calls(self) -> Counter[str]:
        """Return how often each operation was called."""
        with self._lock:
            return self._calls.copy()

    def refused(self) -> Counter[str]:
        """Return how often each operation was refused by a fault."""
        with self._lock:
            return self._refused.copy()


def _index(records: Iterable[Record], paths: Paths) -> Index:
    index: dict[tuple[Hashable, ...], list[Record]] = defaultdict(list)
    searches = [jmespath.compile(path).search for path in paths]
    for record in records:
        index[tuple(search(record) for search in searches)].append(record)
    return dict(index)
