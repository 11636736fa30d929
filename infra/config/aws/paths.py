"""What a JMESPath expression finds in an answer, told from botocore's shapes alone."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import jmespath
from botocore.model import MapShape, Shape
from jmespath.exceptions import JMESPathError

from infra.config.aws.services import TEXTS
from infra.config.aws.shapes import (
    Kind,
    Kinds,
    MultiSelect,
    Projection,
    is_scalar,
    items_of,
    members_of,
    only,
    words,
)
from infra.config.files.mistakes import InvalidValueError, one_of, shown

LONGEST = 500
"""Characters of an expression; the longest of the catalogue has nine tenths."""
DEEPEST = 50
MOST_KINDS = 100
_COUNT = Shape("Count", {"type": "integer"})
"""What counts where a condition holds and the service counts nothing, as in ``failed && `1` ``."""


@cache
def parsed(expression: str) -> Mapping[str, Any]:
    """Parse an expression; raises InvalidValueError where it is not JMESPath, or no short one."""
    if len(expression) > LONGEST:
        words = f"a JMESPath expression of at most {LONGEST} characters"
        raise InvalidValueError(shown(expression), words)
    try:
        tree: Mapping[str, Any] = jmespath.compile(expression).parsed
    except (JMESPathError, RecursionError, ValueError) as error:
        raise InvalidValueError(shown(expression), "a JMESPath expression") from error
    if _is_deeper(tree, DEEPEST):
        words = f"a JMESPath expression of at most {DEEPEST} levels"
        raise InvalidValueError(shown(expression), words)
    return tree


def _is_deeper(node: Mapping[str, Any], levels: int) -> bool:
    below = (child for child in node["children"] if isinstance(child, Mapping))
    return not levels or any(_is_deeper(child, levels - 1) for child in below)


def find(expression: str, kinds: Kinds) -> Kinds:
    """Find what an expression leads to; raises InvalidValueError where it leads nowhere."""
    return _find(parsed(expression), kinds)


def leads_somewhere(expression: str | None, kinds: Kinds) -> bool:
    """Tell whether an expression finds anything at all."""
    if expression is None:
        return False
    try:
        return bool(find(expression, kinds))
    except InvalidValueError:
        return False


def invalid(
    expression: str, kinds: Kinds, fits: Callable[[Kind], bool], expected: str
) -> Iterator[InvalidValueError]:
    """Find why an expression leads nowhere, or to what does not fit."""
    try:
        found = find(expression, kinds)
    except InvalidValueError as error:
        yield error
        return
    for kind in found:
        if not fits(kind):
            yield InvalidValueError(f"{shown(expression)}, {words(kind)}", expected)


def _find(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    step = _STEPS.get(node["type"])
    if step is None:
        raise InvalidValueError(
            f"the JMESPath {node['type'].replace('_', ' ')}", "a path of names and lists"
        )
    return step(node, kinds)


def _same(_: Mapping[str, Any], kinds: Kinds) -> Kinds:
    return kinds


def _chain(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    for child in node["children"]:
        kinds = _find(child, kinds)
    return kinds


def _field(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    return tuple(found for kind in kinds for found in _member(kind, node["value"]))


def _member(kind: Kind, name: str) -> Kinds:
    if isinstance(kind, MapShape):
        return (kind.value,)
    members = members_of(kind)
    if members is None:
        raise InvalidValueError(f"{shown(name)} of {words(kind)}", "the name of an object's member")
    if name not in members:
        raise InvalidValueError(shown(name), one_of(members), members)
    return members[name]


def _items(_: Mapping[str, Any], kinds: Kinds) -> Kinds:
    found: list[Kind] = []
    for kind in kinds:
        items = items_of(kind)
        if items is None:
            raise InvalidValueError(f"[] of {words(kind)}", "[] of a list")
        found += items
    return tuple(found)


def _project(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    left, right = node["children"]
    return (Projection(_find(right, _items(node, _find(left, kinds)))),)


def _filter(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    left, right, condition = node["children"]
    return (Projection(_behind(condition, right, _items(node, _find(left, kinds)))),)


def _behind(condition: Mapping[str, Any], then: Mapping[str, Any], kinds: Kinds) -> Kinds:
    """Find what there is where a condition holds: what it compares with a text is that text."""
    _hold(condition, kinds)
    found = _find(then, kinds)
    texts = [text for member, text in _compared(condition) if member == then]
    return tuple(only(texts[0], kind) for kind in found) if texts else found


def _compared(condition: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Give the members of which a condition says what they are, each with that text."""
    match condition:
        case {"type": "and_expression", "children": both}:
            for each in both:
                yield from _compared(each)
        case {
            "type": "comparator",
            "value": "eq",
            "children": [member, {"type": "literal", "value": str(text)}],
        }:
            yield member, text


def _hold(condition: Mapping[str, Any], items: Kinds) -> None:
    """Hold a condition against what it is of: members that are there, texts that they can have."""
    match condition:
        case {"type": "and_expression", "children": both}:
            for each in both:
                _hold(each, items)
        case {
            "type": "comparator",
            "value": "eq" | "ne",
            "children": [member, {"type": "literal", "value": str(text)}],
        }:
            for kind in _find(member, items):
                _hold_text(text, kind)
        case _:
            _find(condition, items)


def _hold_text(text: str, kind: Kind) -> None:
    if not is_scalar(TEXTS)(kind):
        raise InvalidValueError(f"{shown(text)} beside {words(kind)}", "a text beside a text")
    known = getattr(kind, "enum", [])
    if known and text not in known:
        raise InvalidValueError(shown(text), one_of(known), known)


def _flatten(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    inner = _items(node, _chain(node, kinds))
    flat = tuple(deep for kind in inner for deep in items_of(kind) or (kind,))
    return (Projection(flat),)


def _either(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    found = tuple(found for child in node["children"] for found in _find(child, kinds))
    if len(found) > MOST_KINDS:
        raise InvalidValueError("alternatives of alternatives", "a path of fewer")
    return found


def _where(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    """Find what is behind a condition; where that is not true, there is nothing."""
    condition, then = node["children"]
    if then["type"] == "literal" and type(then["value"]) is int:
        _hold(condition, kinds)
        return (_COUNT,)
    return _behind(condition, then, kinds)


def _make(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    """Find the object that a path makes, which may not be of objects that it made before.

    Each step of `{a: @, b: @}.{a: @, b: @}` holds what is before it twice. Nobody sees it in the
    path, but whoever walks over what it finds takes twice as long with each.
    """
    if any(map(_is_made, kinds)):
        raise InvalidValueError("{…} of what the path made by {…}", "one {…} with what both take")
    return (MultiSelect({pair["value"]: _chain(pair, kinds) for pair in node["children"]}),)


def _is_made(kind: Kind) -> bool:
    if isinstance(kind, Projection):
        return any(map(_is_made, kind.of))
    return isinstance(kind, MultiSelect)


_STEPS: dict[str, Callable[[Mapping[str, Any], Kinds], Kinds]] = {
    "field": _field,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "index": _items,
    "slice": _same,
    "projection": _project,
    "filter_projection": _filter,
    "flatten": _flatten,
    "or_expression": _either,
    "and_expression": _where,
    "multi_select_dict": _make,
    "current": _same,
    "identity": _same,
}
