"""The table of what Jobwatch is to reach, beside what was measured of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench import record
from bench.tables import MEGABYTE, table
from bench.tables_history import UNCHANGED, WRITES, calls

HEAD = ("what, in one tick over jobs of which nothing changed", "at most", "measured")
FEW = 10
"""Running jobs before a long history."""


def markdown(history: Mapping[str, Any]) -> str:
    """Write the table out of all that was measured."""
    return "\n" + table(HEAD, [*_of_ticks(history["records"]), *_of_others(), *_of_starts()]) + "\n"


def _of_ticks(records: list[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    many = [r for r in records if r["finished"] + r["running"] == UNCHANGED]
    behind = [r for r in records if r["running"] == FEW]
    if not many or not behind:
        return  # a quick run measures fewer jobs
    sources = {r["source"]: r for r in many}
    for name, each in sources.items():
        listed, pages = calls(each["unchanged"], "List"), calls(each["floor"], "List")
        most = "1: its first page" if listed < pages else f"{pages}: its pages"
        yield f"list calls, {UNCHANGED:,} jobs, {name}", most, f"{listed}"
    for name, each in sources.items():
        tick, floor = each["unchanged"], each["floor"]
        own = (tick["wall"] - tick["table"]) / floor["wall"]
        yield (
            f"time / that of boto3 listing {UNCHANGED:,} jobs, {name}",
            "1.3",
            f"{tick['wall'] / floor['wall']:.2f}; without moto's table {own:.2f}",
        )
    yield f"get calls, {UNCHANGED:,} jobs", "0", _most(many, _gets)
    yield f"read units, {UNCHANGED:,} jobs", "300", _most(many, _units, ".1f")
    longest = max(each["finished"] for each in behind)
    yield (
        f"read units, {FEW} running and {longest:,} finished jobs",
        "10",
        _most(behind, _units, ".1f"),
    )
    yield "table writes", "0", _most(records, _writes)


def _of_others() -> Iterator[tuple[str, str, str]]:
    side = record.read("side-by-side") or {"records": []}
    told = [r["second"]["told"] for r in side["records"] if r["subject"] == "Jobwatch"]
    if told:
        yield "jobs told again, at every size", "0", f"{max(told)}"


def _of_starts() -> Iterator[tuple[str, str, str]]:
    start = record.read("start")
    if start is None:
        return
    functions = start["starts"]["functions"]
    ratio = functions["poll"]["import_wall"] / functions["smallest"]["import_wall"]
    peak = max(peaks["unchanged"] for peaks in start["memory"]["peaks"].values())
    yield f"memory, {UNCHANGED:,} jobs", "150 MB", f"{peak:.0f} MB"
    yield "zip", "6 MB", f"{start['size']['zip'] / MEGABYTE:.2f} MB"
    yield "import of poll / of the smallest function", "1.25", f"{ratio:.2f}"


def _most(records: list[Mapping[str, Any]], of: Any, form: str = ",") -> str:
    return format(max(of(each["unchanged"]) for each in records), form)


def _gets(tick: Mapping[str, Any]) -> int:
    return calls(tick, "Get", but="dynamodb")


def _units(tick: Mapping[str, Any]) -> float:
    return float(tick["read_units"])


def _writes(tick: Mapping[str, Any]) -> int:
    return sum(tick["calls"].get(f"dynamodb:{name}", 0) for name in WRITES)
