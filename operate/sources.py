"""What can be watched: the rows of the catalogue, found by words."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.config.files.mistakes import Mistakes
from infra.config.rows import Row, read_catalogue


def find(catalogue: Path, words: Iterable[str]) -> list[Row]:
    """Find the rows in which every word stands, in the id, the label or an operation.

    One whose id is the only word is found alone.

    :raises Mistakes: when the catalogue is wrong.
    """
    known = read_catalogue(catalogue)
    if known.mistakes:
        raise Mistakes(known.mistakes)
    wanted = [word.lower() for word in words]
    if len(wanted) == 1 and wanted[0] in known.rows:
        return [known.rows[wanted[0]]]
    return [row for row in known.rows.values() if all(word in _text(row) for word in wanted)]


def plainly(row: Row) -> Mapping[str, Any]:
    """Give a row for a program."""
    source = row.source
    return {
        "id": row.id,
        "what": source.label,
        "lists_with": source.list.operation,
        "reads_one_with": source.get.operation if source.get else None,
        "needs": {each.parameter: each.operation for each in source.parents},
        "aws_sends_events": source.native_events,
        "statuses": {str(ours): [*raw] for ours, raw in source.statuses.items()},
        "partial": [*source.partial],
        "details": [*source.details],
    }


def facts(row: Row) -> Iterator[tuple[str, str]]:
    """Say in a line each what a person asks of a source."""
    source = row.source
    yield "what", source.label
    yield "lists with", source.list.operation
    yield "reads one with", source.get.operation if source.get else "nothing: `jobs` names none"
    for each in source.parents:
        yield "needs", f"{each.parameter}; left out: all that {each.operation} finds"
    for ours, raw in source.statuses.items():
        yield str(ours), ", ".join(raw)
    if source.partial:
        yield "PARTIAL", f"one that succeeded with {' or '.join(source.partial)} above 0"
    yield "details", ", ".join(source.details) or "none"
    yield "AWS", "sends events of its own" if source.native_events else "sends no event"
    if source.why.strip():
        yield "why", " ".join(source.why.split())


def _text(row: Row) -> str:
    source = row.source
    get = source.get.operation if source.get else ""
    return f"{row.id} {source.label} {source.list.operation} {get}".lower()
