"""What a later botocore changes for the catalogue, and what is to be done about it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from infra.config.aws.services import operation_model
from infra.config.files.mistakes import Mistake
from operate.draft.names import source_name
from operate.drift.seen import DEPRECATED, Models, Seen

_SOURCE = re.compile(r"sources\.([a-z0-9-]+)")
_CALLS = ("list", "get", "parents")
_STATUSES = re.compile(r"\.statuses\b")


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One thing that changed for a source, or for a service or operation that has none."""

    source: str
    what: str
    do: str


def changes(before: Models, after: Models, left: Collection[str]) -> Iterator[Change]:
    """Compare the pinned models with later ones; `left` names what the catalogue leaves out.

    It is asked while the pinned models are looked at.
    """
    wrong = [(_source(each), each) for each in after.mistakes]
    broken, told = {name for name, _ in wrong}, set[str]()
    for name, old in before.rows.items():
        if new := after.rows.get(name):
            statuses = [*_statuses(name, old, new)]
            told |= {name} if statuses else set()
            yield from statuses
            yield from _facts(name, old, new, whole=name not in broken)
    for name, mistake in wrong:
        if not (name in told and _STATUSES.search(mistake.key)):
            yield Change(name, str(mistake), "mend the row")
    for service, notice in sorted(after.notices.items()):
        if before.notices.get(service) != notice:
            do = 'take its rows out when it ends, and list them under "What is left out"'
            yield Change(service, f"a notice: {notice}", do)
    yield from _lists(after, left)


def _statuses(name: str, old: Seen, new: Seen) -> Iterator[Change]:
    for status in sorted(new.statuses - old.statuses):
        yield Change(name, f"a new status {status}", "map it in statuses")
    for status in sorted(old.statuses - new.statuses):
        yield Change(name, f"no status {status} any more", "take it out of statuses")


def _facts(name: str, old: Seen, new: Seen, *, whole: bool) -> Iterator[Change]:
    """Tell what the row takes from the models without saying so, and what is of another kind.

    Of a row that is no longer whole, its mistakes tell what is gone, and so what its calls lack.
    """
    for key in sorted({*old.facts, *new.facts}):
        was, now = old.facts.get(key), new.facts.get(key)
        if was != now and (whole or (now and not key.startswith(_CALLS))):
            yield Change(name, *_fact(key, was, now))


def _fact(key: str, was: str | None, now: str | None) -> tuple[str, str]:
    """Say what became of what the models say, and what to do."""
    if now == DEPRECATED:
        return f"{key} is deprecated", "find what takes its place"
    if was is None:
        return f"{key} is there: {now}", "see whether the row still says enough"
    if now is None:
        return f"{key} is gone, it was {was}", "see what takes its place"
    return f"{key} was {was}, is {now}", "see whether the row still fits"


def _source(mistake: Mistake) -> str:
    service = mistake.file.rpartition("/")[2].removesuffix(".yaml")
    found = _SOURCE.match(mistake.key)
    return f"{service}.{found[1]}" if found else service


def _lists(after: Models, left: Collection[str]) -> Iterator[Change]:
    """Tell of operations that look like lists of jobs, and that the pinned models do not have."""
    have = {(seen.row.service, seen.row.source.list.operation) for seen in after.rows.values()}
    for service, operation in after.lists - have:
        source = f"{service}.{source_name(operation)}"
        if not {service, source} & {*left} and operation_model(service, operation) is None:
            do = './jobwatch draft, or list it under "What is left out"'
            yield Change(source, f"{operation} is new, and looks like a list of jobs", do)
