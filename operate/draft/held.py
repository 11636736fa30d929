"""Puts a drafted row where the catalogue's rows are, and holds it against the compiler."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from infra.config.files.documents import Document, read_document
from infra.config.files.mistakes import Mistake
from infra.config.lint.row import lint_row
from infra.config.rows import read_catalogue
from operate.draft.drafted import Draft
from operate.draft.text import file_text, source_text

CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue"
_CONSOLE = "https://{{console}}/{}/home?region={{region}}"


class Unwritable(Exception):
    """A row that can't be added to its file; its text says why."""


def path_of(catalogue: Path, service: str) -> Path:
    """Name the file of a service."""
    return catalogue / f"{service}.yaml"


def with_row(made: Draft, path: Path) -> str:
    """Give the text of a file with the row at the end of its sources; nothing else changes.

    :raises Unwritable: where the row is there, or the file has no such place.
    """
    if not path.is_file():
        # A file beside a user's own has the link that is known here.
        known = path_of(CATALOGUE, made.service).is_file()
        return file_text(made, None if known else _CONSOLE.format(made.service))
    document = read_document(path)
    if document.mistakes or not document.lines:
        raise Unwritable(str(document.mistakes[0]) if document.mistakes else f"{path} is empty")
    if ("sources", made.name) in document.lines:
        line = document.lines[("sources", made.name)]
        raise Unwritable(f"{document.file}:{line}: {made.service}.{made.name} is there already")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at, indent = _place(document, lines)
    before = "".join(lines[:at]).rstrip("\n") + "\n\n"
    after = "".join(lines[at:])
    return before + source_text(made, indent) + (f"\n{after}" if after else "")


def _place(document: Document, lines: list[str]) -> tuple[int, str]:
    """Find the line behind the sources, and how far these are indented."""
    first = min(
        (line for key, line in document.lines.items() if len(key) == 2 and key[0] == "sources"),  # noqa: PLR2004
        default=0,
    )
    found = re.match("( +)[a-z0-9]", lines[first - 1]) if first else None
    if found is None:
        raise Unwritable(f"{document.file}: no sources with a line each, to add one to")
    later = (line for key, line in document.lines.items() if len(key) == 1 and line > first)
    return min(later, default=len(lines) + 1) - 1, found[1]


def held(made: Draft, text: str, shown: str) -> Iterator[Mistake]:
    """Find what is still wrong with a row in the text of its file, which is called as `shown`."""
    with tempfile.TemporaryDirectory() as folder:
        path_of(Path(folder), made.service).write_text(text, encoding="utf-8")
        known = read_catalogue(Path(folder))
        row = known.rows.get(f"{made.service}.{made.name}")
        mistakes = [*known.mistakes, *(lint_row(row) if row else ())]
    for mistake in sorted(mistakes, key=lambda each: (each.line, each.key)):
        yield replace(mistake, file=shown)
