"""Tables of what was measured, as Markdown."""

from collections.abc import Iterable, Mapping
from typing import Any

MB = 1_000_000
Record = Mapping[str, Any]
Columns = Mapping[str, str]
"""What a cell says of a record, as a format, by the head of its column."""


def table(columns: Columns, records: Iterable[Record], words: int = 2) -> str:
    """Write a table; the first columns hold words, the others numbers."""
    rules = ["---" if number < words else "---:" for number in range(len(columns))]
    rows = ([cell.format_map(record) for cell in columns.values()] for record in records)
    return "\n".join(f"| {' | '.join(line)} |" for line in [[*columns], rules, *rows]) + "\n"


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


def where(result: Record) -> str:
    """Say where and when it was measured, and with what."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return (
        f"Measured on {result['date']}: {machine['system']}, {machine['processors']} processors, "
        f"Python {machine['python']}; {versions}.\n"
    )
