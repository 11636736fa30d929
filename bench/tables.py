"""Tables of what was measured, as Markdown."""

from collections.abc import Iterable, Mapping
from typing import Any

MB = 1_000_000
Row = Mapping[str, str]
Record = Mapping[str, Any]


def table(rows: Iterable[Row], words: int = 2) -> str:
    """Write a table out of rows by the names of the columns; the first ones hold words."""
    found = list(rows)
    if not found:
        return ""
    rules = ["---" if number < words else "---:" for number in range(len(found[0]))]
    lines = [list(found[0]), rules, *([*row.values()] for row in found)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def calls(cycle: Record, begins: str = "", *, but: str = "") -> int:
    """Count the calls whose operation begins with a word, but for a service's."""
    return sum(
        count
        for name, count in cycle["calls"].items()
        if name.split(":")[1].startswith(begins) and name.split(":")[0] != but
    )


def ratio(record: Record, clock: str) -> float:
    """Give the time of a cycle in which nothing changed over that of the baseline."""
    return float(record["unchanged"][clock] / record["baseline"][clock])


def megabytes(size: float) -> str:
    """Write a size that is in MB."""
    return f"{size:,.0f} MB"


def where(result: Record) -> str:
    """Say where and when it was measured, and with what."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return (
        f"Measured on {result['date']}: {machine['system']}, {machine['processors']} processors, "
        f"Python {machine['python']}; {versions}.\n"
    )
