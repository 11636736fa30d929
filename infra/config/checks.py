"""What the models of `watches.yaml` cannot say: sources that exist, their parameters, repeats.

It reads the file as it was written, so that one watch's mistake hides no other's.
"""

from collections.abc import Iterator
from typing import Any

from infra.config.derived import needs
from infra.config.files.documents import Document
from infra.config.files.durations import MINUTE, seconds
from infra.config.files.mistakes import Key, Mistake, nearest_word, one_of, shown
from infra.config.places import check_regions
from infra.config.rows import Catalogue, Row
from infra.config.watches import MOST_WATCHES

MOST_CADENCES = 50
"""Each is a schedule and two alarms, and a stack may have 500 resources."""


def check_watches(document: Document, catalogue: Catalogue) -> Iterator[Mistake]:
    """Find what is wrong with the watches and alerts of a file."""
    content = _group(document.content)
    watches = _group(content.get("watches"))
    for name, raw in watches.items():
        yield from _check_watch(document, catalogue, ("watches", name), _group(raw))
    if len(watches) > MOST_WATCHES:
        found, most = f"{len(watches):,} of them", f"at most {MOST_WATCHES:,}"
        yield document.mistake(("watches",), found, most)
    yield from _check_cadences(document, watches)
    yield from check_regions(document, catalogue, watches)
    alerts = _group(content.get("alerts"))
    for field in ("on", "email"):
        yield from _repeats(document, ("alerts", field), alerts.get(field))


def _check_watch(
    document: Document, catalogue: Catalogue, key: Key, raw: dict[str, Any]
) -> Iterator[Mistake]:
    for field in ("jobs", "regions"):
        yield from _repeats(document, (*key, field), raw.get(field))
    accounts = raw.get("accounts")
    if isinstance(accounts, list):
        ids = [_group(account).get("id") for account in accounts]
        yield from _repeats(document, (*key, "accounts"), ids)
    source = raw.get("source")
    if isinstance(source, str) and source not in catalogue.ids:
        words = f"one of the {len(catalogue.ids)} sources in docs/sources.md"
        yield document.mistake((*key, "source"), shown(source), words, catalogue.ids)
    if isinstance(source, str) and (row := catalogue.rows.get(source)) is not None:
        if "jobs" in raw and row.source.get is None:
            words = f"no ids, as no operation reads one of the jobs of {row.id}"
            yield document.mistake((*key, "jobs"), shown(raw["jobs"]), words)
        given = raw.get("for", {})
        if isinstance(given, dict):
            yield from _check_parameters(document, (*key, "for"), row, given, "jobs" in raw)


def _check_cadences(document: Document, watches: dict[str, Any]) -> Iterator[Mistake]:
    """Find the first watch with one cadence more than the stack has room for."""
    found: set[int] = set()
    for name, raw in watches.items():
        every = _group(raw).get("every")
        found |= {seconds(every) or MINUTE if isinstance(every, str) else MINUTE}
        if len(found) > MOST_CADENCES:
            words = f"one of the {MOST_CADENCES} cadences above, as a stack has room for no more"
            yield document.mistake(("watches", name, "every"), shown(every), words)
            return


def _check_parameters(
    document: Document, key: Key, row: Row, given: dict[str, Any], by_id: bool
) -> Iterator[Mistake]:
    known = [parent.parameter for parent in row.source.parents]
    for name in given:
        if name not in known:
            words = one_of(known) if known else f"no parameters, as {row.id} has none"
            yield document.mistake((*key, name), shown(name), words, known)
    meant = {nearest_word(name, known) for name in given}
    for name, reason in _needed(row, given, by_id).items():
        if name not in meant:
            yield document.mistake((*key, name), "nothing", f"an id, as {reason}")


def _needed(row: Row, given: dict[str, Any], by_id: bool) -> dict[str, str]:
    """Name the parameters that must be given, and why."""
    names = needs(row, row.source.get) if by_id and row.source.get else ()
    needed = dict.fromkeys(names, "the jobs are read one by one")
    if row.source.fan_out == "unbounded" and not by_id:
        needed[row.source.parents[0].parameter] = "there may be any number of what they live in"
    for parent in row.source.parents:
        if parent.parameter in given:
            needed |= dict.fromkeys(needs(row, parent), f"{parent.parameter} is given")
    return needed


def _repeats(document: Document, key: Key, values: Any) -> Iterator[Mistake]:
    texts = values if isinstance(values, list) else []
    before: set[str] = set()
    for at, value in enumerate(texts):
        if not isinstance(value, str):
            continue
        if value in before:
            yield document.mistake((*key, at), f"{shown(value)} again", "each one once")
        before.add(value)


def _group(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
