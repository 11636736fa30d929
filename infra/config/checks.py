"""What the models of `watches.yaml` cannot say: sources that exist, their parameters, repeats.

It reads the file as it was written, so that one watch's mistake hides no other's.
"""

from collections.abc import Iterator
from typing import Any

from infra.config.files.documents import Document
from infra.config.files.durations import MINUTE, seconds
from infra.config.files.mistakes import Key, Mistake, shown
from infra.config.places import check_regions
from infra.config.rows import Catalogue
from infra.config.selection import check_selection
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
    yield from _check_emails(document, alerts.get("email"))


def _check_watch(
    document: Document, catalogue: Catalogue, key: Key, raw: dict[str, Any]
) -> Iterator[Mistake]:
    for field in ("source", "except", "jobs", "regions"):
        yield from _repeats(document, (*key, field), raw.get(field))
    for side in ("include", "exclude"):
        for name, globs in _group(raw.get(side)).items():
            yield from _repeats(document, (*key, side, name), globs)
    accounts = raw.get("accounts")
    if isinstance(accounts, list):
        ids = [_group(account).get("id") for account in accounts]
        yield from _repeats(document, (*key, "accounts"), ids)
    if raw.get("expect") is not None and raw.get("jobs"):
        words = "none beside `jobs`: one that ended is asked for no more, so no run would come"
        yield document.mistake((*key, "expect"), shown(raw["expect"]), words)
    yield from check_selection(document, catalogue, key, raw)


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


def _repeats(document: Document, key: Key, values: Any) -> Iterator[Mistake]:
    texts = values if isinstance(values, list) else []
    before: set[str] = set()
    for at, value in enumerate(texts):
        if not isinstance(value, str):
            continue
        if value in before:
            yield document.mistake((*key, at), f"{shown(value)} again", "each one once")
        before.add(value)


def _check_emails(document: Document, emails: Any) -> Iterator[Mistake]:
    """Find addresses that the CDK takes for the same, as it writes / as --."""
    before: dict[str, str] = {}
    for at, email in enumerate(emails if isinstance(emails, list) else ()):
        if not isinstance(email, str):
            continue
        other = before.setdefault(email.replace("/", "--"), email)
        if other != email:
            words = f"none beside {shown(other)}, as the CDK takes / for --"
            yield document.mistake(("alerts", "email", at), shown(email), words)


def _group(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
