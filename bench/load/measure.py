"""What is measured from outside: memory of processes, calls to the table, time on the way."""

import shutil
import statistics
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

READS = ("GetItem", "Query", "BatchGetItem", "Scan")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls to the table and what they were about; scopes that were put on a queue."""

    reads: int
    items_read: int
    writes: int
    queued: int


class CallLog:
    """The file into which `note_calls` writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def take(self) -> Calls:
        """Return what was noted since the last time."""
        calls: Counter[str] = Counter()
        items: Counter[str] = Counter()
        with self._path.open(encoding="utf-8") as log:
            log.seek(self._read)
            for line in iter(log.readline, ""):
                operation, _, count = line.partition(" ")
                calls[operation] += 1
                items[operation] += int(count)
            self._read = log.tell()
        return Calls(
            reads=sum(calls[name] for name in READS),
            items_read=sum(items[name] for name in READS),
            writes=sum(calls[name] for name in WRITES),
            queued=items["SendMessage"],
        )


@dataclass(slots=True)
class Memory:
    """The most memory, in MB, that a process of each kind was seen to hold."""

    kinds: Mapping[str, str]
    """Name -> the id of such a process, or what stands in its command."""
    peaks: dict[str, int] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)

    def look(self) -> None:
        """Look at the processes as they are now."""
        rows = _processes()
        for name, mark in self.kinds.items():
            found = [size for pid, size, command in rows if _is(mark, pid, command)]
            self.peaks[name] = max([self.peaks.get(name, 0), *found])
            self.processes[name] = max(self.processes.get(name, 0), len(found))

    def take(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return the peaks in MB and the numbers of processes since the last time."""
        taken = {name: round(peak / 1024) for name, peak in self.peaks.items()}, self.processes
        self.peaks, self.processes = {}, {}
        return taken


def _is(mark: str, pid: str, command: str) -> bool:
    return mark == pid if mark.isdecimal() else mark in command


def _processes() -> list[tuple[str, int, str]]:
    """Return id, resident kilobytes and command of every process."""
    command = [shutil.which("ps") or "ps", "-axww", "-o", "pid=,rss=,args="]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = (line.split(maxsplit=2) for line in told.splitlines())
    return [(row[0], int(row[1]), row[2]) for row in rows if len(row) == 3]  # noqa: PLR2004


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the largest of some times."""
    if not seconds:
        return {"p50": 0.0, "p95": 0.0, "max": 0.0}
    parts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else []
    p50, p95 = (parts[49], parts[94]) if parts else (seconds[0], seconds[0])
    return {"p50": round(p50, 2), "p95": round(p95, 2), "max": round(max(seconds), 2)}
