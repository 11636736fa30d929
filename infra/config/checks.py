"""What the models of `watches.yaml` cannot say: sources that exist, their parameters, repeats.

It reads the file as it was written, so that one watch's mistake hides no other's.
"""

from collections.abc import Iterator
from typing import Any

from infra.config.files.documents import Document
from infra.config.files.durations import MINUTE, seconds
from infra.config.files.mistakes import Key, Mistake, shown
from infra.config.places import check_regions
from infra.config.recipients import check_recipients, repeats
from infra.config.rows import Catalogue
from infra.config.selection import check_selection
from infra.config.watches import MOST_WATCHES

MOST_CADENCES = 40
"""Each is a schedule and two alarms, and a stack may have 500 resources."""


def check_watches(document: Document, catalogue: Catalogue) -> Iterator[Mistake]:
    """Find what is wrong with the watches, alerts and recipients of a file."""
    content = _group(document.content)
    watches = _group(content.get("watches"))
    for name, raw in watches.items():
        yield from _check_watch(document, catalogue, ("watches", name), _group(raw))
    if len(watches) > MOST_WATCHES:
        found, most = f"{len(watches):,} of them", f"at most {MOST_WATCHES:,}"
        yield document.mistake(("watches",), found, most)
    yield from _check_cadences(document, watches)
    yield from check_regions(document, catalogue, watches)
    yield from _check_names(document, watches)
    yield from check_recipients(document, content)


def _check_watch(
    document: Document, catalogue: Catalogue, key: Key, raw: dict[str, Any]
) -> Iterator[Mistake]:
    for field in ("source", "except", "jobs", "regions"):
        yield from repeats(document, (*key, field), raw.get(field))
    for side in ("include", "exclude"):
        for name, globs in _group(raw.get(side)).items():
            yield from repeats(document, (*key, side, name), globs)
    accounts = raw.get("accounts")
    if isinstance(accounts, list):
        ids = [_group(account).get("id") for account in accounts]
        yield from repeats(document, (*key, "accounts"), ids)
    if raw.get("expect") is not None and raw.get("jobs"):
        words = "none beside `jobs`: one that ended is asked for no more, so no run would come"
        yield document.mistake((*key, "expect"), shown(raw["expect"]), words)
    yield from check_selection(document, catalogue, key, raw)


def _check_names(document: Document, watches: dict[str, Any]) -> Iterator[Mistake]:
    """Find an account that has two names, and a name of two accounts."""
    names: dict[str, str] = {}
    accounts_of: dict[str, str] = {}
    for watch, raw in watches.items():
        accounts = _group(raw).get("accounts")
        for at, account in enumerate(accounts if isinstance(accounts, list) else ()):
            found, name = _group(account).get("id"), _group(account).get("name")
            if not isinstance(found, str) or not isinstance(name, str):
                continue
            key = ("watches", watch, "accounts", at, "name")
            before = names.setdefault(found, name)
            if before != name:
                words = f"{shown(before)}, as this account is called above"
                yield document.mistake(key, shown(name), words)
            other = accounts_of.setdefault(before, found)
            if other != found:
                words = f"a name of its own, as {other} is called that"
                yield document.mistake(key, shown(name), words)


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


def _group(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
