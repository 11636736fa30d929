"""What the local AWS whose table is measured was asked."""

import json
from collections import Counter
from pathlib import Path

STARTER = Path(__file__).with_name("note_calls.py")
"""What starts a local AWS so that it notes its calls."""


class Ledger:
    """The file into which `note_calls` writes, in the folder of the local AWS."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "calls.log"
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
