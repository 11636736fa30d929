"""Writes the actions of a session in little room, and allows as little else as can be."""

from collections.abc import Collection, Iterator
from itertools import pairwise
from os.path import commonprefix

from infra.config.aws.services import iam_prefix, service_model, service_names
from infra.config.lint.calls import reads
from infra.config.lint.credentials import gives_away

_AROUND = len('"",')


def abbreviated(actions: Collection[str], room: int) -> tuple[str, ...]:
    """Write actions in so many characters of JSON, as they are if they fit.

    Where they don't, some become what they begin with and a star: those first for which the fewest
    other operations that read begin so, and never what a changing operation begins with, or one
    that gives credentials away. They take more than `room` where that leaves no way.
    """
    written = set(actions)
    if _size(written) <= room:
        return tuple(sorted(written))
    prefixes = {each.partition(":")[0] for each in written}
    others = {f"{prefix}:{name}": fit for prefix in prefixes for name, fit in _operations(prefix)}
    begins = {
        begin
        for begin in map(commonprefix, pairwise(sorted(written)))
        if begin.partition(":")[2]
        and all(fit or name in written for name, fit in others.items() if name.startswith(begin))
    }
    while _size(written) > room and begins:
        best = min(begins, key=lambda begin: (_price(begin, written, others), -len(begin), begin))
        written = {each for each in written if not each.startswith(best)} | {f"{best}*"}
        begins = {each for each in begins if not each.startswith(best)}
    return tuple(sorted(written))


def _operations(prefix: str) -> Iterator[tuple[str, bool]]:
    """Give every operation that an action of this prefix may mean, and whether it only reads."""
    for service in service_names():
        if (model := service_model(service)) and iam_prefix(service) == prefix:
            for name in model.operation_names:
                yield name, reads(name) and not gives_away(service, name)


def _price(begin: str, written: Collection[str], others: Collection[str]) -> float:
    """Tell how many operations more a beginning allows for each character that it saves."""
    below = [each for each in written if each.startswith(begin)]
    ends = tuple(each.removesuffix("*") for each in below)
    more = sum(name.startswith(begin) and not name.startswith(ends) for name in others)
    return more / max(_size(below) - _size([f"{begin}*"]), 1)


def _size(written: Collection[str]) -> int:
    return sum(len(each) + _AROUND for each in written)
