"""What may travel of a job besides, as people read it: values with their names, and its file."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from lambdas.alert.message import Detail

_VALUES = frozenset(
    {
        *("s3", "uri", "url", "arn", "id", "name", "bucket", "key", "prefix", "path", "format"),
        *("type", "object", "file", "data", "value", "version"),
    }
)
"""Words in the names of values that do not tell what the value is there for."""
_COUNTS = frozenset(
    {"bytes", "count", "failed", "failures", "items", "processed", "records", "seconds", "total"}
)
"""Words in the names of counts."""
_READ = frozenset({"import", "input", "source"})
"""Words in the names of what a job reads."""
_FILLERS = frozenset({"s3", "data", "config", "configuration", "details", "properties", "summary"})
"""Words in the names of what a value is a part of that do not tell it from others."""


def about(details: Detail, said: Set[str] = frozenset()) -> str | None:
    """Say what else may travel: each value with its name, and that with what it is a part of.

    What a part is called stands before the first of its values: `input S3Uri s3://a, Format CSV`.
    """
    values = [(path, value) for path, value in _flat(details) if value and value not in said]
    names = Counter(path[-1] for path, _ in values)
    told, before = [], ""
    for path, value in values:
        part = _part(path[:-1]) if names[path[-1]] > 1 or _says_little(path[-1]) else ""
        told.append(
            f"{part} {path[-1]} {value}" if part and part != before else f"{path[-1]} {value}"
        )
        before = part
    return ", ".join(told) or None


def file_of(details: Detail) -> str | None:
    """Name the one file that a job reads: its id may be 32 digits that nobody knows."""
    read = {
        value.rpartition("/")[2]
        for path, value in _flat(details)
        if value.startswith("s3://") and _READ.intersection(w.lower() for w in _words(path[0]))
    }
    return read.pop() or None if len(read) == 1 else None


def pairs(value: Detail) -> str:
    """Write values with their names: `S3Uri s3://a, Format CSV`."""
    return ", ".join(f"{name} {_listed(each)}" for name, each in value.items())


def _flat(details: Detail, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give each value with the names that lead to it."""
    for name, value in details.items():
        if isinstance(value, Mapping) and (paired := _paired(value)):
            yield (*above, name), _listed(paired)
        elif isinstance(value, Mapping):
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), f"{value:,}" if _counts(name, value) else _listed(value)


def _paired(part: Detail) -> list[Detail] | None:
    """Put together again what a row took out of a list: it has one list of each member.

    Where an item lacks one, the lists are not as long, and nobody knows what belongs to what.
    """
    if len(part) < 2 or not all(isinstance(each, list) for each in part.values()):  # noqa: PLR2004  a pair
        return None
    if len({len(each) for each in part.values()}) > 1:
        return None
    return [dict(zip(part, each, strict=True)) for each in zip(*part.values(), strict=True)]


def _listed(value: Any) -> str:
    """Write a value; what belongs together in a list of several stays so."""
    if isinstance(value, list):
        return ", ".join(map(_listed, value))
    if isinstance(value, Mapping):
        return f"({pairs(value)})"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _counts(name: str, value: Any) -> bool:
    """Whether a value counts something, so that it is written as counts are."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and not _COUNTS.isdisjoint(word.lower() for word in _words(name))


def _words(name: str) -> list[str]:
    return re.findall("[Ss]3|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)


def _says_little(name: str) -> bool:
    """Whether a value's name tells no more than what kind of value it is."""
    return all(word.lower() in _VALUES for word in _words(name))


def _part(path: Sequence[str]) -> str:
    """Call what a value is a part of as people would: `input` what is InputDataConfig."""
    words = [word.lower() for name in path for word in _words(name)]
    return " ".join(dict.fromkeys(word for word in words if word not in _FILLERS))
