"""The local AWS whose table is measured, and what it was asked."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from demo.local_aws import LocalAws, Tools, run

STARTER = Path(__file__).with_name("note_calls.py")


class Ledger:
    """The file into which `note_calls` writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def take(self) -> Counter[str]:
        """Return what was noted since the last time, by the names that `note_calls` gives it."""
        noted: Counter[str] = Counter()
        with self._path.open(encoding="utf-8") as log:
            log.seek(self._read)
            for line in iter(log.readline, ""):
                noted.update(json.loads(line))
            self._read = log.tell()
        return noted


@contextmanager
def local_aws(folder: Path, endpoints: Mapping[str, str]) -> Iterator[tuple[LocalAws, Ledger]]:
    """Run a local AWS whose functions find job APIs at `endpoints`, by the service."""
    with run(Tools.find(), folder, endpoints, STARTER) as aws:
        yield aws, Ledger(folder / "calls.log")
