"""What a pattern is made of: the texts and marks that it looks for, as its own parser reads it."""

import re
from collections.abc import Iterable, Iterator
from re import _constants as of  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ANY = "a"


def parts_of(pattern: re.Pattern[str]) -> list[tuple[str, ...]]:
    """Give the fragments of a pattern, or of each alternative where it is nothing but these."""
    parsed = [*parser.parse(pattern.pattern, pattern.flags)]
    is_choice = len(parsed) == 1 and parsed[0][0] is of.BRANCH
    branches = parsed[0][1][1] if is_choice else [parsed]
    return [tuple(dict.fromkeys(_fragments(branch))) for branch in branches]


def _fragments(nodes: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """Give the runs of characters between what is more than a character, and all of that."""
    run = ""
    for kind, value in nodes:
        if kind is of.LITERAL:
            run += chr(value)
            continue
        yield from filter(None, [run])
        run = ""
        yield from _chars(value) if kind is of.IN else _inside(value)
    yield from filter(None, [run])


def _inside(value: Any) -> Iterator[str]:
    """Look into groups, repeats, branches and what is looked ahead for."""
    if isinstance(value, parser.SubPattern):
        yield from _fragments(value)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _inside(each)


def _chars(members: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """Give one of each range and kind, and each character that stands alone."""
    for kind, value in members:
        if kind is of.LITERAL:
            yield chr(value)
        elif kind is of.RANGE:
            yield chr(value[0])
        elif kind is of.CATEGORY:
            yield {of.CATEGORY_SPACE: " ", of.CATEGORY_DIGIT: "1"}.get(value, ANY)
