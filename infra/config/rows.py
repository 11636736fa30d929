"""Reads the catalogue: every file of a directory, each row with its place; and what a user adds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.config.aws.services import service_names
from infra.config.catalogue import Service, Source
from infra.config.completed import completed
from infra.config.files.documents import Document, read_document
from infra.config.files.mistakes import Key, Mistake, shown
from infra.config.files.wording import mistakes_of

FOLDER = "catalogue"


@dataclass(frozen=True, slots=True)
class Row:
    """A source, where it stands, and what its file says of the service."""

    id: str
    service: str
    console: str | None
    source: Source
    document: Document
    key: Key
    calls_per_second: float | None = None
    also_in: tuple[str, ...] = ()

    @property
    def link(self) -> str | None:
        """Give the link to these jobs in the console, or else the service's."""
        return self.source.console or self.console


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every row that could be read, the ids of all that are there, and what is wrong with them.

    `added` are the ids of those that stand beside the user's file.
    """

    directory: Path
    rows: Mapping[str, Row]
    ids: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    added: tuple[str, ...] = ()


def read_catalogue(directory: Path) -> Catalogue:
    """Read every file of the catalogue; nothing is held against the service models yet."""
    rows: dict[str, Row] = {}
    ids: list[str] = []
    mistakes: list[Mistake] = []
    for path in sorted(directory.glob("*.y*ml")):
        document = read_document(path, quick=True)
        mistakes += document.mistakes
        service = _service(document, path, mistakes) if document.lines else None
        for name, raw in _sources(document).items():
            ids.append(f"{path.stem}.{name}")
            source = _source(document, name, completed(path.stem, raw), mistakes)
            if service is not None and source is not None:
                rows[ids[-1]] = Row(
                    id=ids[-1],
                    service=service.service,
                    console=service.console,
                    source=source,
                    document=document,
                    key=("sources", name),
                    calls_per_second=service.calls_per_second,
                    also_in=service.also_in,
                )
    if not ids and not mistakes:
        mistakes.append(Mistake(str(directory), 1, "", "no file", "a file of the catalogue"))
    return Catalogue(directory, rows, tuple(ids), tuple(mistakes))


def extended(known: Catalogue, watches: Path) -> Catalogue:
    """Add the rows of the folder `catalogue` beside a file; one of the same id replaces ours.

    What a file there leaves out of its service is as ours has it.
    """
    folder = watches.parent / FOLDER
    if folder.resolve() == known.directory.resolve() or not any(folder.glob("*.y*ml")):
        return known
    theirs = read_catalogue(folder)
    services = {row.service: row for row in known.rows.values()}
    rows = {name: _filled(row, services.get(row.service)) for name, row in theirs.rows.items()}
    return replace(
        known,
        rows={**known.rows, **rows},
        ids=tuple(dict.fromkeys((*known.ids, *theirs.ids))),
        mistakes=(*known.mistakes, *theirs.mistakes),
        added=theirs.ids,
    )


def _filled(row: Row, ours: Row | None) -> Row:
    if ours is None:
        return row
    return replace(
        row,
        console=row.console or ours.console,
        calls_per_second=row.calls_per_second or ours.calls_per_second,
        also_in=row.also_in or ours.also_in,
    )


def _service(document: Document, path: Path, mistakes: list[Mistake]) -> Service | None:
    """Read a file's own keys; None where its rows can't be held against a service model."""
    if path.suffix != ".yaml":
        mistakes.append(document.mistake((), f"the ending {path.suffix}", ".yaml"))
    try:
        service = Service.model_validate(document.content)
    except ValidationError as error:
        mistakes += mistakes_of(Service, error, document)
        return None
    name, key = service.service, ("service",)
    if name not in service_names():
        words = "a service that botocore knows"
        mistakes.append(document.mistake(key, shown(name), words, service_names()))
        return None
    if name != path.stem:
        mistakes.append(document.mistake(key, shown(name), f"{path.stem}, as the file is called"))
        return None
    return service


def _source(document: Document, name: str, raw: Any, mistakes: list[Mistake]) -> Source | None:
    """Read a source; if it can be without its wrong keys, so that the others are held, too."""
    try:
        return Source.model_validate(raw)
    except ValidationError as error:
        mistakes += mistakes_of(Source, error, document, ("sources", name))
        wrong = {each["loc"][0] for each in error.errors() if each["loc"]}
    rest = {key: value for key, value in raw.items() if key not in wrong} if wrong else raw
    try:
        return Source.model_validate(rest)
    except ValidationError:
        return None


def _sources(document: Document) -> Mapping[str, Any]:
    content = document.content if isinstance(document.content, dict) else {}
    sources = content.get("sources")
    return sources if isinstance(sources, dict) else {}
