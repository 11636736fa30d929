"""Compiles `watches.yaml` and the catalogue into the plan that the functions read."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.config.catalogue import Paged
from infra.config.checks import check_watches
from infra.config.derived import constants, get_completes, list_tells_age, takes
from infra.config.documents import Document, Mistake, Mistakes, read_document
from infra.config.permissions import (
    Permission,
    Reader,
    permissions_of,
    readers_of,
    roles_of,
)
from infra.config.proof import prove
from infra.config.rows import Catalogue, Row, read_catalogue
from infra.config.watches import Watch, WatchesFile
from infra.config.wording import mistakes_of

VERSION = 1


@dataclass(frozen=True, slots=True)
class Compiled:
    """The plan's JSON document, and what the stack needs to know beside it.

    `cadences` maps seconds to the names of the watches that are due that often; `services` are
    botocore's names; `roles` are ARN templates such as arn:{partition}:iam::111122223333:role/x;
    `readers` say what those roles must allow where they are.
    """

    document: dict[str, Any]
    permissions: tuple[Permission, ...]
    emails: tuple[str, ...]
    cadences: dict[int, tuple[str, ...]]
    services: tuple[str, ...]
    roles: tuple[str, ...]
    readers: tuple[Reader, ...] = ()


def compile_plan(watches: Path, catalogue: Path) -> Compiled:
    """Compile the plan; raises Mistakes with everything that is wrong in any of the files."""
    known = read_catalogue(catalogue)
    mistakes = [*known.mistakes, *(m for row in known.rows.values() for m in prove(row))]
    document = read_document(watches)
    mistakes += document.mistakes
    file = _read(document, known, mistakes)
    if mistakes or file is None:
        raise Mistakes(mistakes)
    return _compile(file, known.rows)


def _read(document: Document, known: Catalogue, mistakes: list[Mistake]) -> WatchesFile | None:
    if not document.lines:
        return None
    mistakes += check_watches(document, known)
    try:
        return WatchesFile.model_validate(document.content)
    except ValidationError as error:
        mistakes += mistakes_of(WatchesFile, error, document)
        return None


def _compile(file: WatchesFile, rows: Mapping[str, Row]) -> Compiled:
    watches = [(watch, rows[watch.source]) for watch in file.watches.values()]
    used = {watch.source: rows[watch.source] for watch in file.watches.values()}
    document = {
        "version": VERSION,
        "retention": file.retention,
        "alerts": {"on": sorted(file.alerts.on)},
        "sources": {source: _source(row) for source, row in used.items()},
        "watches": {name: _watch(watch) for name, watch in file.watches.items()},
    }
    return Compiled(
        document=json.loads(json.dumps(document, sort_keys=True)),
        permissions=permissions_of(watches),
        emails=file.alerts.email,
        cadences=_cadences(file.watches.items()),
        services=tuple(sorted({row.service for row in used.values()})),
        roles=roles_of(file.watches.values()),
        readers=readers_of(watches),
    )


def _cadences(watches: Iterable[tuple[str, Watch]]) -> dict[int, tuple[str, ...]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    for name, watch in watches:
        names[watch.every].append(name)
    return {every: tuple(sorted(names[every])) for every in sorted(names)}


def _watch(watch: Watch) -> dict[str, Any]:
    return {
        "source": watch.source,
        "for": watch.for_,
        "jobs": list(watch.jobs) or None,
        "regions": list(watch.regions),
        "accounts": [account.model_dump() for account in watch.accounts],
        "every": watch.every,
        "idle_every": watch.idle_every,
        "stalled_after": watch.stalled_after,
    }


def _source(row: Row) -> dict[str, Any]:
    source = row.source
    kept = {"label", "id", "arn", "type", "status", "partial", "created", "ended", "details"}
    return {
        **source.model_dump(include=kept | {"progress", "failure"}),
        "service": row.service,
        "console": row.console,
        "calls_per_second": row.calls_per_second,
        "list": {
            **_paged(row, source.list, source.list.jobs),
            "newest_first": source.list.order == "newest-first",
        },
        "get": {
            "operation": source.get.operation,
            "item": source.get.job,
            "id": source.get.id,
            "missing": list(source.get.missing),
            "takes": list(takes(row, source.get)),
        },
        "parents": [
            {"parameter": p.parameter, "id": p.id, **_paged(row, p, p.items)}
            for p in source.parents
        ],
        "statuses": {raw: ours for ours, each in source.statuses.items() for raw in each},
        "get_completes": get_completes(row),
        "list_tells_age": list_tells_age(row),
    }


def _paged(row: Row, call: Paged, items: str) -> dict[str, Any]:
    return {
        "operation": call.operation,
        "items": items,
        "token": None if call.token is None else call.token.model_dump(),
        "parameters": constants(row, call.page, call),
        "takes": list(takes(row, call)),
    }
