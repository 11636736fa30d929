"""Which sources a watch looks at, and where: what its `source` and `except` come to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from infra.config.aws.regions import is_global
from infra.config.derived import offered_in
from infra.config.narrowing import fits_include
from infra.config.rows import Row
from infra.config.watches import Watch

Chosen = Mapping[str, tuple[str, ...]]
"""The regions in which each source is looked at, by its id: none where that is the stack's."""


def choose(watch: Watch, rows: Mapping[str, Row]) -> Chosen:
    """Give the sources of a watch in which nothing is wrong."""
    meant = {*wanted(watch.source, watch.except_, rows)} - left_out(watch, rows)
    meant -= unfit(watch, rows)
    found = {name: _regions(rows[name], watch.regions) for name in sorted(meant)}
    return {name: there for name, there in found.items() if there or not watch.regions}


def left_out(watch: Watch, rows: Mapping[str, Row]) -> set[str]:
    """Name the sources that a watch does not look at though its pattern means them."""
    meant = {} if watch.jobs else wanted(watch.source, watch.except_, rows)
    return without_number(meant, watch.for_, rows)


def unfit(watch: Watch, rows: Mapping[str, Row]) -> set[str]:
    """Name the sources of a watch that have no jobs which its `include` may take in."""
    meant = wanted(watch.source, watch.except_, rows)
    return {name for name in meant if not fits_include(watch.include, rows[name])}


def without_number(
    meant: Mapping[str, bool], given: Collection[str], rows: Mapping[str, Row]
) -> set[str]:
    """Name what only a pattern means, and what can't be watched unless `for` says where.

    There may be any number of what those jobs live in.
    """
    found = [rows[name] for name, written in meant.items() if not written and name in rows]
    endless = [row for row in found if row.source.fan_out == "unbounded"]
    outermost = ((row.id, parent) for row in endless for parent in row.source.parents[:1])
    return {name for name, parent in outermost if parent.parameter not in given}


def wanted(source: Any, except_: Any, ids: Iterable[str]) -> dict[str, bool]:
    """Give the ids that are meant, each with whether it is written out rather than matched."""
    found: dict[str, bool] = {}
    for word in _texts(source):
        for name in matching(word, ids):
            found[name] = name == word or found.get(name, False)
    taken = {name for word in _texts(except_) for name in matching(word, found)}
    return {name: written for name, written in found.items() if name not in taken}


def matching(word: str, ids: Iterable[str]) -> list[str]:
    """Name what an id or a pattern means."""
    if not is_pattern(word):
        return [word] if word in ids else []
    return [name for name in ids if fnmatchcase(name, word)]


def is_pattern(word: str) -> bool:
    """Tell whether a word is a pattern rather than an id, which has none of these."""
    return any(each in word for each in "*?[")


def _texts(value: Any) -> Sequence[str]:
    """Take the texts of a value that may be one or some of them."""
    if isinstance(value, str):
        return [value]
    some = value if isinstance(value, list | tuple) else ()
    return [each for each in some if isinstance(each, str)]


def _regions(row: Row, named: Sequence[str]) -> tuple[str, ...]:
    """Give those of the named regions to look into: the jobs of a global source are in each."""
    offered = offered_in(row)
    there = [region for region in named if region in offered]
    return tuple(there[:1] if there and is_global(row.service, there[0]) else there)
