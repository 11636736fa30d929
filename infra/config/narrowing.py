"""What is wrong with the globs of `include` and `exclude`: such as can match nothing, or all."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from infra.config.aws.paths import find, leads_somewhere
from infra.config.derived import listed_job
from infra.config.files.documents import Document
from infra.config.files.mistakes import Key, Mistake, one_of, shown
from infra.config.rows import Row
from infra.config.watches import NARROWING, Narrowing
from lambdas.globs import fits, fits_all


def check_narrowing(
    document: Document,
    key: Key,
    raw: Mapping[str, Any],
    meant: Mapping[str, bool],
    rows: Mapping[str, Row],
) -> Iterator[Mistake]:
    """Find what is wrong with the globs of the watch at `key`, which means these sources.

    `meant` tells of each whether it is written out: what only a pattern means may be left out.
    """
    for side in ("include", "exclude"):
        group = raw.get(side)
        if not isinstance(group, dict) or not rows:
            continue
        if "jobs" in raw:
            words = "none beside `jobs`, which names all that is watched"
            yield document.mistake((*key, side), shown(group), words)
            continue
        for name, globs in _texts(group).items():
            place = (*key, side, name)
            yield from _check_told(document, place, globs, meant, rows, all_=side == "include")
            yield from _check_types(document, place, globs, [*rows.values()])
            if side == "exclude":
                yield from _check_left(document, place, globs)


def fits_include(include: Narrowing, row: Row) -> bool:
    """Tell whether a source may have jobs that a watch takes in."""
    return all(_may_fit(row, name, globs) for name, globs in include.globs().items())


def vain_exclude(exclude: Narrowing, rows: Collection[Row]) -> list[str]:
    """Name the words of `exclude` that leave out no job, as no list of the sources tells them."""
    return [name for name in exclude.globs() if not any(_tells(row, name) for row in rows)]


def _texts(group: Mapping[Any, Any]) -> dict[str, list[str]]:
    """Take the lists of texts that stand under right words; what else there is, pydantic tells."""
    lists = {n: group[n] for n in NARROWING if isinstance(group.get(n), list)}
    return {n: all_ for n, all_ in lists.items() if all(isinstance(each, str) for each in all_)}


def _check_told(
    document: Document,
    place: Key,
    globs: Sequence[str],
    meant: Mapping[str, bool],
    rows: Mapping[str, Row],
    *,
    all_: bool,
) -> Iterator[Mistake]:
    """Find fields that a list does not tell.

    Of `include` (`all_`), each that is written out must tell them, and one at least; of `exclude`,
    one at least where something is written out.
    """
    lacking = [name for name, row in rows.items() if not _tells(row, place[-1])]
    written = [name for name in lacking if meant[name]]
    none_tells = len(lacking) == len(rows)
    is_wrong = written or none_tells if all_ else written and none_tells
    if is_wrong:
        words = f"none, as the list of {[*written, *lacking][0]} does not tell a job's {place[-1]}"
        yield document.mistake(place, shown(globs), words)


def _check_types(
    document: Document, place: Key, globs: Sequence[str], rows: Sequence[Row]
) -> Iterator[Mistake]:
    """Find globs that fit none of the types that the sources' models have."""
    telling = [row for row in rows if place[-1] == "type" and _tells(row, "type")]
    of_each = [_types(row) for row in telling]
    if not of_each or not all(of_each):
        return
    types = sorted({word for words in of_each for word in words})
    for at, glob in enumerate(globs):
        if not any(fits((glob,), word) for word in types):
            words = f"what fits {one_of(types)}"
            yield document.mistake((*place, at), shown(glob), words, types)


def _check_left(document: Document, place: Key, globs: Sequence[str]) -> Iterator[Mistake]:
    """Find globs that take out each job that there is."""
    for at, glob in enumerate(globs):
        if fits_all(glob):
            yield document.mistake((*place, at), shown(glob), "a glob that leaves something")


def _tells(row: Row, name: Any) -> bool:
    paths = {"name": row.source.name, "type": row.source.type, "id": row.source.id[0]}
    return leads_somewhere(paths.get(name), listed_job(row))


def _types(row: Row) -> tuple[str, ...]:
    """Give the types that a source's jobs may have; none where its model does not say it."""
    kinds = find(row.source.type or "", listed_job(row))
    found = [tuple(getattr(kind, "enum", ())) for kind in kinds]
    return tuple(word for words in found for word in words) if all(found) else ()


def _may_fit(row: Row, name: str, globs: tuple[str, ...]) -> bool:
    if not _tells(row, name):
        return False
    types = _types(row) if name == "type" else ()
    return not types or any(fits(globs, word) for word in types)
