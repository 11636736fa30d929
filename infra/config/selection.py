"""What is wrong with what a watch selects: sources, jobs, and ids of what they live in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.config.derived import lists_jobs, needs, tells_creation
from infra.config.files.documents import Document
from infra.config.files.mistakes import Key, Mistake, nearest_word, one_of, shown
from infra.config.narrowing import check_narrowing
from infra.config.rows import Catalogue, Row
from infra.config.sources import is_pattern, matching, wanted, without_number


def check_selection(
    document: Document, catalogue: Catalogue, key: Key, raw: Mapping[str, Any]
) -> Iterator[Mistake]:
    """Find what is wrong with what the watch at `key` selects."""
    yield from _check_source(document, catalogue, (*key, "source"), raw.get("source"))
    meant = wanted(raw.get("source"), raw.get("except"), catalogue.ids)
    yield from _check_except(document, catalogue, (*key, "except"), raw, meant)
    rows = {name: catalogue.rows[name] for name in meant if name in catalogue.rows}
    if "jobs" in raw:
        yield from _check_jobs(document, (*key, "jobs"), raw["jobs"], [*rows.values()])
    # What is wrong with the list of a row is told where that stands: what it tells is not known.
    listing = {name: row for name, row in rows.items() if lists_jobs(row)}
    if raw.get("max_duration"):
        yield from _check_ages(document, (*key, "max_duration"), raw, meant, listing)
    yield from check_narrowing(document, key, raw, meant, listing)
    given = raw.get("for", {})
    if isinstance(given, dict) and rows:
        without = without_number(meant, given, rows)
        left = [row for name, row in rows.items() if "jobs" in raw or name not in without]
        yield from _check_parameters(document, (*key, "for"), left or [*rows.values()], given)
        yield from _check_needed(document, (*key, "for"), left or [*rows.values()], raw, given)


def _check_source(
    document: Document, catalogue: Catalogue, key: Key, value: Any
) -> Iterator[Mistake]:
    own = " and your own catalogue" if catalogue.added else ""
    known = f"the {len(catalogue.ids)} sources in docs/sources.md{own}"
    services = {f"{name.partition('.')[0]}.*" for name in catalogue.ids}
    for place, word in _words(key, value):
        if not matching(word, catalogue.ids):
            is_id = "." in word and not is_pattern(word)
            words = f"a pattern that fits one of {known}" if is_pattern(word) else f"one of {known}"
            among = catalogue.ids if is_id else (*catalogue.ids, *sorted(services))
            yield document.mistake(place, shown(word), words, among)


def _check_except(
    document: Document,
    catalogue: Catalogue,
    key: Key,
    raw: Mapping[str, Any],
    left: Mapping[str, bool],
) -> Iterator[Mistake]:
    """Find what takes out nothing, and what leaves nothing."""
    meant = wanted(raw.get("source"), (), catalogue.ids)
    for place, word in _words(key, raw.get("except")) if meant else ():
        if not matching(word, meant):
            yield document.mistake(place, shown(word), "something that `source` means", meant)
    if meant and not left:
        words = "what leaves something of that which `source` means"
        yield document.mistake(key, shown(raw["except"]), words)


def _check_jobs(document: Document, key: Key, value: Any, rows: Sequence[Row]) -> Iterator[Mistake]:
    if len(rows) > 1:
        words = f"no ids, as the watch has {len(rows)} sources"
        yield document.mistake(key, shown(value), words)
    elif rows and rows[0].source.get is None:
        words = f"no ids, as no operation reads one of the jobs of {rows[0].id}"
        yield document.mistake(key, shown(value), words)


def _check_ages(
    document: Document,
    key: Key,
    raw: Mapping[str, Any],
    meant: Mapping[str, bool],
    rows: Mapping[str, Row],
) -> Iterator[Mistake]:
    """Find what is written out and tells no age; what only a pattern means is left without."""
    by_id = "jobs" in raw
    for name, row in rows.items():
        if meant[name] and not tells_creation(row, by_id=by_id):
            who = f"no call tells when a job of {name} was created"
            if row.source.created is not None:
                who = f"the list of {name} does not tell when a job was created"
            yield document.mistake(key, shown(raw["max_duration"]), f"none, as {who}")


def _check_parameters(
    document: Document, key: Key, rows: Sequence[Row], given: Mapping[str, Any]
) -> Iterator[Mistake]:
    """Find ids of what not all of the sources' jobs live in."""
    known = [n for n in _parameters(rows[0]) if all(n in _parameters(row) for row in rows)]
    for name in given:
        if name not in known:
            lacking = next(row.id for row in rows if name not in _parameters(row))
            none = f"no parameters, as {lacking} has " + ("no such one" if rows[1:] else "none")
            words = one_of(known) if known else none
            yield document.mistake((*key, name), shown(name), words, known)


def _check_needed(
    document: Document,
    key: Key,
    rows: Sequence[Row],
    raw: Mapping[str, Any],
    given: Mapping[str, Any],
) -> Iterator[Mistake]:
    """Find parameters that are not given and must be."""
    for row in rows:
        meant = {nearest_word(name, _parameters(row)) for name in given}
        for name, reason in _needed(row, given, by_id="jobs" in raw).items():
            if name not in meant:
                whose = f" ({row.id})" if rows[1:] else ""
                yield document.mistake((*key, name), "nothing", f"an id, as {reason}{whose}")


def _needed(row: Row, given: Mapping[str, Any], *, by_id: bool) -> dict[str, str]:
    """Name the parameters that must be given, and why."""
    names = needs(row, row.source.get) if by_id and row.source.get else ()
    needed = dict.fromkeys(names, "the jobs are read one by one")
    if row.source.fan_out == "unbounded" and not by_id:
        outermost = [parent.parameter for parent in row.source.parents[:1]]
        needed |= dict.fromkeys(outermost, "there may be any number of what they live in")
    for parent in row.source.parents:
        if parent.parameter in given:
            needed |= dict.fromkeys(needs(row, parent), f"{parent.parameter} is given")
    return needed


def _parameters(row: Row) -> list[str]:
    return [parent.parameter for parent in row.source.parents]


def _words(key: Key, value: Any) -> Iterator[tuple[Key, str]]:
    """Give the words of a value that is one or a list of them, each with its place."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        yield from (((*key, at), word) for at, word in enumerate(value) if isinstance(word, str))
