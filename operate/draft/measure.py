"""Measures how good drafts are: each row of the catalogue is drafted and held against itself.

The rows were written by people who read AWS's documents. `python -m operate.draft.measure` writes
the figures into docs/catalogue.md, as `make docs` does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.config.catalogue import Source
from infra.config.completed import completed
from infra.config.lint.row import lint_row
from infra.config.rows import Row, read_catalogue
from infra.pages import between
from operate.draft.row import draft

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "catalogue.md"
START, END = "<!-- from the drafts: begin -->\n", "<!-- from the drafts: end -->\n"
_ASKED = ("id", "status", "statuses", "created", "ended", "name", "arn", "type")
COMPILES = "compiles at once"
Said = dict[str, frozenset[Any]]
"""What a row says under each heading, piece by piece: of statuses, each with ours."""


@dataclass(slots=True)
class Figure:
    """How many pieces the rows say, how many of these a draft says as well, and how many more."""

    written: int = 0
    same: int = 0
    more: int = 0


def measure(rows: Iterable[Row]) -> Mapping[str, Figure]:
    """Draft each row anew, and count what is as it was written by hand."""
    figures: dict[str, Figure] = {}
    for row in rows:
        made = draft(row.service, row.source.list.operation).row
        for heading, (by_hand, drafted) in _pairs(row, made):
            figure = figures.setdefault(heading, Figure())
            figure.written += len(by_hand)
            figure.same += len(by_hand & drafted)
            figure.more += len(drafted - by_hand)
    return figures


def _pairs(row: Row, made: dict[str, Any]) -> Iterator[tuple[str, tuple[frozenset[Any], ...]]]:
    by_hand, drafted = _said(row.source.model_dump()), _said(made)
    yield from ((heading, (by_hand[heading], drafted[heading])) for heading in by_hand)
    yield COMPILES, (frozenset({True}), frozenset({True} if _compiles(row, made) else ()))


def _said(source: Mapping[str, Any]) -> Said:
    failure, progress = source.get("failure", {}), source.get("progress", {})
    statuses = (source.get("statuses") or {}).items()
    parents = source.get("parents") or ()
    single: dict[str, Any] = {key: source.get(key) for key in _ASKED}
    single |= {
        "id": source.get("id")
        if isinstance(source.get("id"), str)
        else (source.get("id") or ("",))[0],
        "statuses": [(ours, each) for ours, some in statuses for each in some],
        "failure": failure.get("message") or failure.get("code"),
        "progress": [item for item in progress.items() if item[1] and item[0] != "unit"],
        "unit": progress.get("unit"),
        "partial": source.get("partial"),
        "get": (source.get("get") or {}).get("operation"),
        "since": source["list"].get("since"),
        "parents": [(each["parameter"], each["operation"], each["id"]) for each in parents],
    }
    return {
        heading: frozenset(said if isinstance(said, list | tuple) else [said] if said else [])
        for heading, said in single.items()
    }


def _compiles(row: Row, made: dict[str, Any]) -> bool:
    """Tell whether a draft has no mistake once a person has said how many parents there are."""
    whole = {**made, "fan_out": "few"} if "parents" in made else made
    try:
        source = Source.model_validate(completed(row.service, whole))
    except ValidationError:
        return False
    drafted = Row(row.id, row.service, row.console, source, row.document, row.key)
    return next(lint_row(drafted), None) is None


def written(page: str, figures: Mapping[str, Figure]) -> str:
    """Give docs/catalogue.md anew, with the figures between their marks."""
    lines = [
        "\n| what | written by hand | drafted the same | drafted besides |",
        "| --- | ---: | ---: | ---: |",
    ]
    for heading, each in figures.items():
        share = f"{each.same:,} ({each.same * 100 // each.written} %)"
        lines.append(f"| {heading} | {each.written:,} | {share} | {each.more:,} |")
    return between(page, START, END, "\n".join(lines) + "\n\n")


def main() -> None:
    """Write the figures to their place."""
    figures = measure(read_catalogue(ROOT / "catalogue").rows.values())
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")


if __name__ == "__main__":
    main()
