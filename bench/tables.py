"""Tables of what was measured, as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MEGABYTE = 1_000_000


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table whose first two columns are words and whose others are numbers."""
    rules = ["---" if number < 2 else "---:" for number in range(len(head))]  # noqa: PLR2004
    lines = [head, rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def total(cycle: Mapping[str, Any]) -> int:
    """Count all calls of a cycle."""
    return sum(cycle["calls"].values())


def where(result: Mapping[str, Any]) -> str:
    """Say where and when it was measured, and with what."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return (
        f"Measured on {result['date']}: {machine['system']}, {machine['processors']} processors, "
        f"Python {machine['python']}; {versions}.\n"
    )
