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
class Processes:
    """What processes of each kind hold and burn.

    `kinds`: name -> the id of such a process, or what stands in its command.
    """

    kinds: Mapping[str, str]
    _peaks: Counter[str] = field(default_factory=Counter)
    _counts: Counter[str] = field(default_factory=Counter)
    _burnt: dict[tuple[str, str], float] = field(default_factory=dict)
    _before: dict[tuple[str, str], float] = field(default_factory=dict)

    def look(self) -> None:
        """Look at the processes as they are now."""
        rows = _processes()
        for name, mark in self.kinds.items():
            found = [row for row in rows if row.is_of(mark)]
            self._counts[name] = max(self._counts[name], len(found))
            self._peaks[name] = max([self._peaks[name], *(row.kilobytes for row in found)])
            self._burnt |= {(name, row.id): row.seconds for row in found}

    def take(self) -> dict[str, dict[str, float]]:
        """Return what was seen since the last time, by kind.

        That is the most memory of one process in MB, the most processes at a time, and the
        processor's seconds that all of them used.
        """
        burnt: Counter[str] = Counter()
        for process, seconds in self._burnt.items():
            burnt[process[0]] += seconds - self._before.get(process, 0.0)
        taken = {
            name: {
                "mb": round(self._peaks[name] / 1024),
                "processes": self._counts[name],
                "cpu_seconds": round(burnt[name], 1),
            }
            for name in self.kinds
        }
        self._peaks, self._counts = Counter(), Counter()
        self._before = dict(self._burnt)
        return taken


@dataclass(frozen=True, slots=True)
class _Process:
    id: str
    kilobytes: int
    seconds: float
    command: str

    def is_of(self, mark: str) -> bool:
        return mark == self.id if mark.isdecimal() else mark in self.command


def _processes() -> list[_Process]:
    """Return every process of this machine."""
    command = [shutil.which("ps") or "ps", "-axww", "-o", "pid=,rss=,time=,args="]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    rows = (line.split(maxsplit=3) for line in told.splitlines())
    return [
        _Process(row[0], int(row[1]), _seconds(row[2]), row[3])
        for row in rows
        if len(row) == 4  # noqa: PLR2004
    ]


def _seconds(time: str) -> float:
    """Read a time such as `1-02:03:04`, or `123:04.56` as other systems write it."""
    days, _, rest = time.rpartition("-")
    seconds = 0.0
    for part in rest.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + int(days or 0) * 86_400


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the largest of some times."""
    if not seconds:
        return {"p50": 0.0, "p95": 0.0, "max": 0.0}
    parts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else []
    p50, p95 = (parts[49], parts[94]) if parts else (seconds[0], seconds[0])
    return {"p50": round(p50, 2), "p95": round(p95, 2), "max": round(max(seconds), 2)}
