"""Whether AWS offers a source in the regions that a watch names.

Where a watch names none, its region is the stack's, which the synth does not know: the template is
the same for each. The plan says where the source is not offered, and the functions look there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from infra.config.aws.regions import is_global, partition_of
from infra.config.derived import offered_in
from infra.config.files.documents import Document
from infra.config.files.mistakes import Key, Mistake, shown
from infra.config.rows import Catalogue, Row

MOST_NEAREST = 3


def check_regions(
    document: Document, catalogue: Catalogue, watches: Mapping[str, Any]
) -> Iterator[Mistake]:
    """Find regions without the watch's source, and such as no stack can read beside the others."""
    named = [
        (("watches", name, "regions", at), catalogue.rows.get(str(raw.get("source"))), region)
        for name, raw in watches.items()
        if isinstance(raw, dict) and isinstance(raw.get("regions"), list)
        for at, region in enumerate(raw["regions"])
        if isinstance(region, str) and partition_of(region)
    ]
    partitions = Counter(partition_of(region) for _, _, region in named)
    for key, row, region in named:
        usual, _ = partitions.most_common(1)[0]
        if partition_of(region) != usual:
            words = f"a region of {usual}, as most are in this file: a stack reads one partition"
            yield document.mistake(key, shown(region), words)
        elif row is not None:
            yield from _check_region(document, key, row, region)


def _check_region(document: Document, key: Key, row: Row, region: str) -> Iterator[Mistake]:
    offered = offered_in(row)
    if region not in offered:
        yield document.mistake(key, shown(region), _where(row, region, offered))
    elif key[-1] != 0 and is_global(row.service, region):
        words = f"one region alone, as {row.service} is global: each tells the same jobs"
        yield document.mistake(key, shown(region), words)


def _where(row: Row, region: str, offered: tuple[str, ...]) -> str:
    partition = partition_of(region)
    near = [each for each in offered if partition_of(each) == partition]
    if not near:
        return f"a region outside of {partition}, where AWS does not offer {row.id}"
    near.sort(key=lambda each: _distance(region, each))
    return f"a region where AWS offers {row.id}, such as {', '.join(near[:MOST_NEAREST])}"


def _distance(one: str, other: str) -> tuple[bool, float]:
    """Tell how far two regions are apart, by their names: another continent is further."""
    here, there = (region.partition("-")[0] for region in (one, other))
    return here != there, -SequenceMatcher(None, one, other).ratio()
