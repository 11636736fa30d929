"""The local AWS whose table is measured, and what it was asked."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.local_aws import LocalAws, Tools, run

STARTER = Path(__file__).with_name("note_calls.py")
READS = ("GetItem", "Query", "BatchGetItem", "Scan")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


@dataclass(frozen=True, slots=True)
class Noted:
    """Calls by their names, and what they were about.

    That is the read units, the writes that are to be announced, the messages that were sent.
    """

    calls: Mapping[str, int]
    units: float
    announced: int
    sent: int

    @property
    def reads(self) -> int:
        """How many calls read the table."""
        return sum(self.calls.get(f"dynamodb:{name}", 0) for name in READS)

    @property
    def writes(self) -> int:
        """How many calls wrote to it."""
        return sum(self.calls.get(f"dynamodb:{name}", 0) for name in WRITES)


class Ledger:
    """The file into which `note_calls` writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def take(self) -> Noted:
        """Return what was noted since the last time."""
        calls: Counter[str] = Counter()
        sums: Counter[str] = Counter()
        with self._path.open(encoding="utf-8") as log:
            log.seek(self._read)
            for line in iter(log.readline, ""):
                noted = json.loads(line)
                calls[noted.pop("call")] += 1
                sums.update(noted)
            self._read = log.tell()
        return Noted(calls, sums["units"], sums["announced"], sums["sent"])


@contextmanager
def local_aws(folder: Path, endpoints: Mapping[str, str]) -> Iterator[tuple[LocalAws, Ledger]]:
    """Run a local AWS whose functions find job APIs at `endpoints`, by the service."""
    with run(Tools.find(), folder, endpoints, STARTER) as aws:
        yield aws, Ledger(folder / "calls.log")
