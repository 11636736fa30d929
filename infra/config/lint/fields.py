"""Holds a row's paths into one job against the shapes of the answers, and keeps secrets out."""

import re
from collections.abc import Callable, Iterable, Iterator

from infra.config.aws.paths import find, invalid, leads_somewhere
from infra.config.aws.services import NUMBERS, SCALARS, TEXTS
from infra.config.aws.shapes import Kind, Kinds, is_object, is_scalar, items_of
from infra.config.catalogue import Source
from infra.config.derived import got_job, listed_job
from infra.config.files.mistakes import InvalidValueError, Key, nearest_word, shown, unless_among
from infra.config.job_paths import JobPath, Leads, job_paths
from infra.config.lint.pages import Finding, at
from infra.config.lint.secrets import secrets
from infra.config.rows import Row

_DETAIL = re.compile(r"\w+(\[\])?(\.\w+(\[\])?)*", re.ASCII)


def lint_fields(row: Row) -> Iterator[Finding]:
    """Find what the model contradicts in the paths of a row, once its operations are right."""
    try:
        listed, got = listed_job(row), got_job(row)
    except InvalidValueError:
        return
    if not all(map(is_object, (*listed, *got))):
        return
    for key, path, leads in job_paths(row.source):
        key = key[:1] if key == ("id", 0) and len(row.source.id) == 1 else key  # noqa: PLW2901
        where = listed if leads_somewhere(path, listed) or not got else got
        wrong = tuple(invalid(path, where, _FITS[leads], f"the path of {leads.value}"))
        yield from at(key, wrong)
        if not wrong:
            yield from at(key, _both(path, key, listed, got))
            yield from at(key, _secrets(row.source, JobPath(key, path, leads), find(path, where)))
    for place, path in enumerate(row.source.details):
        if not _DETAIL.fullmatch(path):
            yield ("details", place), InvalidValueError(shown(path), "names with dots and [] only")
    yield from _lint_statuses(row.source, (*listed, *got))
    if row.source.list.since and not leads_somewhere(row.source.created, listed):
        words = "a path that the list's answer has, as the list is asked for jobs since then"
        yield ("created",), InvalidValueError(shown(row.source.created), words)


def _both(path: str, key: Key, listed: Kinds, got: Kinds) -> Iterator[InvalidValueError]:
    """Find fault with a path that must be in the list's answer (id) or in the get's (status)."""
    if key[0] == "id" and not leads_somewhere(path, listed):
        yield InvalidValueError(shown(path), "a path that the list's answer has too")
    if key == ("status",) and got and not leads_somewhere(path, got):
        yield InvalidValueError(shown(path), "a path that the get's answer has too")


def _secrets(source: Source, place: JobPath, found: Kinds) -> Iterable[InvalidValueError]:
    """Find secrets in whatever travels; what a get call takes is an id, however it is called."""
    key, path, leads = place
    is_taken = key[0] == "id" and source.get is not None and source.get.id == path
    return () if leads in _CLEAN or is_taken else secrets(path, found)


def _lint_statuses(source: Source, jobs: Kinds) -> Iterator[Finding]:
    """Find raw statuses that are mapped twice, that don't exist, or that are left out."""
    enums = [_enums(source.status, kind) for kind in jobs]
    known = list(dict.fromkeys(raw for each in enums for enum in each for raw in enum))
    has_others = any(any(each) and not all(each) for each in enums)
    only = [] if has_others else known
    mapped: set[str] = set()
    for ours, each in source.statuses.items():
        for place, raw in enumerate(each):
            key: Key = ("statuses", ours, place)
            if raw in mapped:
                yield (
                    key,
                    InvalidValueError(f"{shown(raw)} again", "each of the service's statuses once"),
                )
            elif only:
                yield from at(key, unless_among(raw, only))
            mapped |= {raw, nearest_word(raw, only) or raw}
    if missing := [raw for raw in known if raw not in mapped]:
        found = f"no {', '.join(missing)}"
        yield ("statuses",), InvalidValueError(found, "all of the service's statuses")


def _enums(path: str, job: Kind) -> list[list[str]]:
    """Give the values of each member that a path may find, none for a member of any text."""
    found = find(path, (job,)) if leads_somewhere(path, (job,)) else ()
    return [getattr(kind, "enum", []) for kind in found]


def _is_reasons(kind: Kind) -> bool:
    items = items_of(kind)
    return items is not None and all(is_object(i) or is_scalar(TEXTS)(i) for i in items)


def _is_values(kind: Kind) -> bool:
    return all(is_scalar(SCALARS)(item) for item in items_of(kind) or (kind,))


_CLEAN = {Leads.NUMBER, Leads.TIME}
"""What is read as a number or a time, and travels as such."""
_FITS: dict[Leads, Callable[[Kind], bool]] = {
    Leads.ID: is_scalar(TEXTS | NUMBERS),
    Leads.TEXT: is_scalar(TEXTS),
    Leads.NUMBER: is_scalar(NUMBERS),
    Leads.TIME: is_scalar({"timestamp"} | TEXTS | NUMBERS),
    Leads.VALUE: is_scalar(SCALARS),
    Leads.VALUES: _is_values,
    Leads.REASONS: _is_reasons,
}
