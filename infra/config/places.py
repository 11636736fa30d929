"""Whether AWS offers a source in the regions that a watch names.

Where a watch names none, its region is the stack's, which the synth does not know: the template is
the same for each. The plan says where the source is not offered, and the functions look there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from infra.config.aws.regions import is_global, partition_of
from infra.config.derived import offered_in
from infra.config.files.documents import Document
from infra.config.files.mistakes import Key, Mistake, shown
from infra.config.rows import Catalogue, Row
from infra.config.sources import wanted, without_number

MOST_NEAREST = 3


def check_regions(
    document: Document, catalogue: Catalogue, watches: Mapping[str, Any]
) -> Iterator[Mistake]:
    """Find regions without the watch's source, and such as no stack can read beside the others."""
    named = [
        (("watches", name, "regions", at), region)
        for name, raw in watches.items()
        if isinstance(raw, dict) and isinstance(raw.get("regions"), list)
        for at, region in enumerate(raw["regions"])
        if isinstance(region, str) and partition_of(region)
    ]
    partitions = Counter(partition_of(region) for _, region in named)
    meant = {key[1]: _rows(catalogue, watches[key[1]]) for key, _ in named}
    for key, region in named:
        usual, _ = partitions.most_common(1)[0]
        if partition_of(region) != usual:
            words = f"a region of {usual}, as most are in this file: a stack reads one partition"
            yield document.mistake(key, shown(region), words)
        else:
            yield from _check_region(document, key, region, meant[key[1]])


def _rows(catalogue: Catalogue, raw: Mapping[str, Any]) -> list[tuple[Row, bool]]:
    meant = wanted(raw.get("source"), raw.get("except"), catalogue.rows)
    given = raw.get("for")
    without = without_number(meant, given if isinstance(given, dict) else (), catalogue.rows)
    return [(catalogue.rows[name], meant[name]) for name in meant if name not in without]


def _check_region(
    document: Document, key: Key, region: str, meant: Sequence[tuple[Row, bool]]
) -> Iterator[Mistake]:
    """Hold a region against the sources that are written out; of a pattern's, one will do."""
    for row in (row for row, written in meant if written):
        if region not in offered_in(row):
            yield document.mistake(key, shown(region), _where(row.id, region, offered_in(row)))
        elif key[-1] != 0 and is_global(row.service, region):
            words = f"one region alone, as {row.service} is global: each tells the same jobs"
            yield document.mistake(key, shown(region), words)
    if not any(written for _, written in meant):
        offered = {each for row, _ in meant for each in offered_in(row)}
        if meant and region not in offered:
            any_ = f"any of the {len(meant)} sources" if meant[1:] else meant[0][0].id
            yield document.mistake(key, shown(region), _where(any_, region, sorted(offered)))


def _where(what: str, region: str, offered: Iterable[str]) -> str:
    partition = partition_of(region)
    near = [each for each in offered if partition_of(each) == partition]
    if not near:
        return f"a region outside of {partition}, where AWS does not offer {what}"
    near.sort(key=lambda each: _distance(region, each))
    return f"a region where AWS offers {what}, such as {', '.join(near[:MOST_NEAREST])}"


def _distance(one: str, other: str) -> tuple[bool, float]:
    """Tell how far two regions are apart, by their names: another continent is further."""
    here, there = (region.partition("-")[0] for region in (one, other))
    return here != there, -SequenceMatcher(None, one, other).ratio()
