"""What the models say of the catalogue's rows: what may be otherwise in a later botocore."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.model import Shape

from infra.config.aws.paths import find, leads_somewhere
from infra.config.aws.services import service_model, service_names
from infra.config.catalogue import Call, Source
from infra.config.derived import got_job, listed_job, model_of
from infra.config.files.mistakes import InvalidValueError, Mistake, dotted
from infra.config.job_paths import job_paths
from infra.config.lint.row import lint_row
from infra.config.rows import Row, read_catalogue
from operate.draft.lists import job_lists

DEPRECATED = "deprecated"
_ENDS = re.compile(
    r"no longer (be )?(open|available|able)|end of (support|life)|discontinued"
    r"|support (for .{,300} )?will end"
)
_TAG = re.compile("<[^<>]*>")
Operation = tuple[str, str]
"""A service, and an operation of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A row beside its models; `facts` are what they say, by where in the row it stands."""

    row: Row
    statuses: frozenset[str]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Models:
    """The rows beside one botocore's models, what is wrong with them, and what else there is."""

    rows: Mapping[str, Seen]
    mistakes: tuple[Mistake, ...]
    notices: Mapping[str, str]
    lists: frozenset[Operation] = frozenset()


def look(catalogue: Path) -> Models:
    """Look at every row."""
    known = read_catalogue(catalogue)
    rows = {name: _seen(row) for name, row in known.rows.items()}
    services = {row.service for row in known.rows.values()}
    return Models(
        rows,
        known.mistakes,
        {service: said for service in services if (said := _notice(service))},
    )


def look_closely(catalogue: Path) -> Models:
    """Look at every row and what is wrong with it, and at all that looks like a list of jobs."""
    seen = look(catalogue)
    wrong = (each for one in seen.rows.values() for each in lint_row(one.row))
    lists = ((service, name) for service in service_names() for name in job_lists(service))
    return replace(seen, mistakes=(*seen.mistakes, *wrong), lists=frozenset(lists))


def _seen(row: Row) -> Seen:
    facts = dict(_said("", row.source.model_dump(include={"list", "get", "parents"})))
    facts |= dict.fromkeys(_deprecated(row), DEPRECATED)
    kinds = {key: [*_kinds(row, path)] for key, path in _paths(row.source)}
    facts |= {
        key: " or ".join(dict.fromkeys(str(each.type_name) for each in some))
        for key, some in kinds.items()
    }
    statuses = frozenset(raw for each in kinds["status"] for raw in getattr(each, "enum", ()))
    return Seen(row, statuses, {key: said for key, said in facts.items() if said})


def _said(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Give each plain value of a part of a row by its place."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _said(f"{key}.{name}".lstrip("."), each)
    elif isinstance(value, list | tuple):
        for at, each in enumerate(value):
            yield from _said(f"{key}[{at}]", each)
    elif value is not None:
        yield key, str(value)


def _deprecated(row: Row) -> Iterator[str]:
    calls: dict[str, Call | None] = {"list": row.source.list, "get": row.source.get}
    calls |= {f"parents[{at}]": each for at, each in enumerate(row.source.parents)}
    for key, call in calls.items():
        if call and (operation := model_of(row, call)) and operation.deprecated:
            yield key


def _paths(source: Source) -> Iterator[tuple[str, str]]:
    return ((dotted(key), path) for key, path, _ in job_paths(source))


def _kinds(row: Row, path: str) -> Iterator[Shape]:
    """Give the kinds of value that a path leads to in the answers of a row's operations."""
    for answer in (listed_job, got_job):
        try:
            kinds = answer(row)
        except InvalidValueError:
            continue
        found = find(path, kinds) if leads_somewhere(path, kinds) else ()
        yield from (each for each in found if isinstance(each, Shape))


def _notice(service: str) -> str | None:
    """Give the sentence in which the model says that a service ends, if it does."""
    model = service_model(service)
    text = " ".join(_TAG.sub(" ", model.documentation).split()) if model else ""
    return next((each.strip() for each in text.split(".") if _ENDS.search(each)), None)
