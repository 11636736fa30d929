"""Holds a row's paths into one job against the shapes of the answers, and keeps secrets out."""

import re
from collections.abc import Callable, Iterator

from infra.config.catalogue import Source
from infra.config.derived import got_job, listed_job
from infra.config.documents import Key, UnfitError, nearest_word, shown, unless_among
from infra.config.proof_pages import Finding, at
from infra.config.rows import Row
from infra.config.secrets import secret_in
from infra.config.services import NUMBERS, SCALARS, TEXTS
from infra.config.shapes import (
    Kind,
    Kinds,
    find,
    is_object,
    is_scalar,
    items_of,
    leads_somewhere,
    misfits,
)

Rule = tuple[Callable[[Kind], bool], str]

_TEXT: Rule = (is_scalar(TEXTS), "the path of a text")
_COUNTER: Rule = (is_scalar(NUMBERS), "the path of a number")
_TIME: Rule = (is_scalar({"timestamp"} | TEXTS | NUMBERS), "the path of a time")
_PLAIN: Rule = (is_scalar(SCALARS), "the path of a plain value")
_DETAIL = re.compile(r"\w+(\[\])?(\.\w+(\[\])?)*", re.ASCII)


def prove_fields(row: Row) -> Iterator[Finding]:
    """Find what the model contradicts in the paths of a row, once its operations are right."""
    try:
        listed, got = listed_job(row), got_job(row)
    except UnfitError:
        return
    if not all(map(is_object, (*listed, *got))):
        return
    for key, path, (fits, words) in _fields(row.source):
        where = listed if leads_somewhere(path, listed) else got
        wrong = tuple(misfits(path, where, fits, words))
        yield from at(key, wrong)
        if not wrong:
            yield from at(key, _both(path, key, listed, got))
            yield from at(key, _secrets(path, key, find(path, where)))
    for place, path in enumerate(row.source.details):
        if not _DETAIL.fullmatch(path):
            yield ("details", place), UnfitError(shown(path), "names with dots and [] only")
    yield from _prove_statuses(row.source, (*listed, *got))


def _fields(source: Source) -> Iterator[tuple[Key, str, Rule]]:
    optional: tuple[tuple[Key, str | None, Rule], ...] = (
        (("id",), source.id, _TEXT),
        (("arn",), source.arn, _TEXT),
        (("type",), source.type, _TEXT),
        (("status",), source.status, _TEXT),
        (("created",), source.created, _TIME),
        (("ended",), source.ended, _TIME),
        (("progress", "total"), source.progress.total, _COUNTER),
        (("progress", "processed"), source.progress.processed, _COUNTER),
        (("progress", "failed"), source.progress.failed, _COUNTER),
        (("failure", "code"), source.failure.code, _PLAIN),
        (("failure", "message"), source.failure.message, _PLAIN),
        (("failure", "details"), source.failure.details, _REASONS),
    )
    yield from ((key, path, rule) for key, path, rule in optional if path is not None)
    for place, path in enumerate(source.partial):
        yield ("partial", place), path, _COUNTER
    for place, path in enumerate(source.details):
        yield ("details", place), path, _VALUES


def _both(path: str, key: Key, listed: Kinds, got: Kinds) -> Iterator[UnfitError]:
    """Find fault with a path that must be in the list's answer (id), or in both (status)."""
    if key in {("id",), ("status",)} and not leads_somewhere(path, listed):
        yield UnfitError(shown(path), "a path that the list's answer has too")
    if key == ("status",) and not leads_somewhere(path, got):
        yield UnfitError(shown(path), "a path that the get's answer has too")


def _secrets(path: str, key: Key, found: Kinds) -> Iterator[UnfitError]:
    if key[0] in {"details", "failure"}:
        for name in secret_in(path, found):
            yield UnfitError(shown(path), f"a path without {name}, which must not travel")


def _prove_statuses(source: Source, jobs: Kinds) -> Iterator[Finding]:
    """Find raw statuses that are mapped twice, that don't exist, or that are left out."""
    known = list(dict.fromkeys(raw for kind in jobs for raw in _enum(source.status, kind)))
    mapped: set[str] = set()
    for ours, each in source.statuses.items():
        for place, raw in enumerate(each):
            key: Key = ("statuses", ours, place)
            if raw in mapped:
                yield key, UnfitError(f"{shown(raw)} again", "each of the service's statuses once")
            elif known:
                yield from at(key, unless_among(raw, known))
            mapped |= {raw, nearest_word(raw, known) or raw}
    if missing := [raw for raw in known if raw not in mapped]:
        found = f"no {', '.join(missing)}"
        yield ("statuses",), UnfitError(found, "all of the service's statuses")


def _enum(path: str, job: Kind) -> list[str]:
    found = find(path, (job,)) if leads_somewhere(path, (job,)) else ()
    return [raw for kind in found for raw in getattr(kind, "enum", [])]


def _is_reasons(kind: Kind) -> bool:
    items = items_of(kind)
    return items is not None and all(is_object(i) or is_scalar(TEXTS)(i) for i in items)


def _is_values(kind: Kind) -> bool:
    return all(is_scalar(SCALARS)(item) for item in items_of(kind) or (kind,))


_REASONS: Rule = (_is_reasons, "the path of a list of texts or objects")
_VALUES: Rule = (_is_values, "the path of a plain value, or of a list of them")
