"""Writes `docs/sources.md`, the keys of `docs/catalogue.md`, and what README.md says of both.

Run it after a change of the catalogue: `python -m infra.config.reference`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from infra.config.catalogue import (
    Failure,
    Get,
    Listing,
    Parent,
    Progress,
    Service,
    Source,
    Token,
)
from infra.config.files.mistakes import Key, Mistakes
from infra.config.files.wording import Model
from infra.config.rows import Row, read_catalogue
from infra.config.sources_page import sources
from infra.pages import between

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ROOT / "docs" / "sources.md", ROOT / "README.md"
KEYS = ROOT / "docs" / "catalogue.md"
LONGEST_EXAMPLE = 90
START, END = "<!-- from the catalogue: begin -->\n", "<!-- from the catalogue: end -->\n"


def sources_page(catalogue: Path, page: str) -> str:
    """Give docs/sources.md anew, with the part between its marks taken from the catalogue."""
    return between(page, START, END, sources(_rows(catalogue)))


def readme(catalogue: Path, page: str) -> str:
    """Give README.md anew: how many kinds of jobs of how many services can be watched."""
    rows = _rows(catalogue)
    services = {row.service for row in rows}
    silent = sum(not row.source.native_events for row in rows)
    kinds = f"{len(rows)} kinds of jobs of {len(services)} services"
    words = f"Of {silent} of them AWS itself sends no event."
    return between(
        page, START, END, f"\nWhat can be watched: [{kinds}](docs/sources.md). {words}\n\n"
    )


def catalogue_page(catalogue: Path, page: str) -> str:
    """Give docs/catalogue.md anew: every key of a file, with one row that has it."""
    rows = _rows(catalogue)
    parts = (
        ("A file", Service, ()),
        ("A source", Source, ()),
        ("`list`", Listing, ("list",)),
        ("`get`", Get, ("get",)),
        ("A parent", Parent, ("parents", 0)),
        ("`token`", Token, ("list", "token")),
        ("`progress`", Progress, ("progress",)),
        ("`failure`", Failure, ("failure",)),
    )
    return between(
        page, START, END, "".join(_keys(title, part, at, rows) for title, part, at in parts)
    )


def _keys(title: str, part: type[Model], at: Key, rows: Sequence[Row]) -> str:
    lines = [f"\n### {title}\n", "| key | what it says | as in |", "| --- | --- | --- |"]
    for name, each in part.model_fields.items():
        (example, *_) = (*_examples(part, (*at, name), rows), *map(str, each.examples or ()))
        lines.append(f"| `{name}` | {each.description} | {example} |")
    return "\n".join(lines) + "\n"


def _examples(part: type[Model], key: Key, rows: Iterable[Row]) -> Iterator[str]:
    """Give what short rows say under a key, as they were written."""
    for row in rows:
        found: Any = row.document.content
        for step in key if part is Service else (*row.key, *key):
            fits = isinstance(found, dict) and step in found
            fits |= isinstance(found, list) and isinstance(step, int) and step < len(found)
            found = found[step] if fits else None
        text = "" if found is None else json.dumps(found, ensure_ascii=False).replace('"', "")
        if 0 < len(text) <= LONGEST_EXAMPLE:
            yield f"`{text}` ({row.id})"


def _rows(catalogue: Path) -> list[Row]:
    known = read_catalogue(catalogue)
    if known.mistakes:
        raise Mistakes(known.mistakes)
    return list(known.rows.values())


def main() -> None:
    """Write the pages to their places."""
    for file, write in ((PAGE, sources_page), (README, readme), (KEYS, catalogue_page)):
        page = file.read_text(encoding="utf-8")
        file.write_text(write(ROOT / "catalogue", page), encoding="utf-8")


if __name__ == "__main__":
    main()
