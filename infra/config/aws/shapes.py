"""What a JMESPath expression finds in an answer, told from botocore's shapes alone.

A kind is a botocore shape, a list that a projection makes, or an object that a multiselect makes.
An expression may find one of several kinds (`a || b`), so everything here is in tuples of kinds.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jmespath
from botocore.model import ListShape, MapShape, Shape, StructureShape
from jmespath.exceptions import JMESPathError

from infra.config.documents import UnfitError, one_of, shown


@dataclass(frozen=True, slots=True)
class Many:
    """A list that a projection makes."""

    of: "Kinds"


@dataclass(frozen=True, slots=True)
class Made:
    """An object that a multiselect hash makes."""

    members: Mapping[str, "Kinds"]


Kind = Shape | Many | Made
Kinds = tuple[Kind, ...]


@cache
def parsed(expression: str) -> Mapping[str, Any]:
    """Parse an expression; raises UnfitError where it is not JMESPath."""
    try:
        tree: Mapping[str, Any] = jmespath.compile(expression).parsed
    except JMESPathError as error:
        raise UnfitError(shown(expression), "a JMESPath expression") from error
    return tree


def find(expression: str, kinds: Kinds) -> Kinds:
    """Find what an expression leads to; raises UnfitError where it leads nowhere."""
    return _find(parsed(expression), kinds)


def leads_somewhere(expression: str | None, kinds: Kinds) -> bool:
    """Tell whether an expression finds anything at all."""
    if expression is None:
        return False
    try:
        return bool(find(expression, kinds))
    except UnfitError:
        return False


def misfits(
    expression: str, kinds: Kinds, fits: Callable[[Kind], bool], expected: str
) -> Iterator[UnfitError]:
    """Find why an expression leads nowhere, or to what does not fit."""
    try:
        found = find(expression, kinds)
    except UnfitError as error:
        yield error
        return
    for kind in found:
        if not fits(kind):
            yield UnfitError(f"{shown(expression)}, {words(kind)}", expected)


def items_of(kind: Kind) -> Kinds | None:
    """Give what a list holds, or None for what is not a list."""
    if isinstance(kind, Many):
        return kind.of
    return (kind.member,) if isinstance(kind, ListShape) else None


def members_of(kind: Kind) -> Mapping[str, Kinds] | None:
    """Give an object's members by name, or None for what has no named members."""
    if isinstance(kind, Made):
        return kind.members
    if isinstance(kind, StructureShape):
        return {name: (shape,) for name, shape in kind.members.items()}
    return None


def is_scalar(types: Container[str]) -> Callable[[Kind], bool]:
    """Make the test of whether a kind is a plain value of one of botocore's types."""
    return lambda kind: isinstance(kind, Shape) and kind.type_name in types


def is_list(kind: Kind) -> bool:
    """Tell whether a kind is a list."""
    return items_of(kind) is not None


def is_object(kind: Kind) -> bool:
    """Tell whether a kind is an object with named members."""
    return members_of(kind) is not None


def is_objects(kind: Kind) -> bool:
    """Tell whether a kind is a list of objects."""
    items = items_of(kind)
    return items is not None and all(map(is_object, items))


def words(kind: Kind) -> str:
    """Say what a kind is."""
    if members_of(kind) is not None or isinstance(kind, MapShape):
        return "an object"
    if items_of(kind) is not None:
        return "a list"
    name = kind.type_name if isinstance(kind, Shape) else "value"
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _find(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    step = _STEPS.get(node["type"])
    if step is None:
        raise UnfitError(
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
        raise UnfitError(f"{shown(name)} of {words(kind)}", "the name of an object's member")
    if name not in members:
        raise UnfitError(shown(name), one_of(members), members)
    return members[name]


def _items(_: Mapping[str, Any], kinds: Kinds) -> Kinds:
    found: list[Kind] = []
    for kind in kinds:
        items = items_of(kind)
        if items is None:
            raise UnfitError(f"[] of {words(kind)}", "[] of a list")
        found += items
    return tuple(found)


def _project(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    left, right = node["children"]
    return (Many(_find(right, _items(node, _find(left, kinds)))),)


def _flatten(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    inner = _items(node, _chain(node, kinds))
    flat = tuple(deep for kind in inner for deep in items_of(kind) or (kind,))
    return (Many(flat),)


def _either(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    return tuple(found for child in node["children"] for found in _find(child, kinds))


def _make(node: Mapping[str, Any], kinds: Kinds) -> Kinds:
    return (Made({pair["value"]: _chain(pair, kinds) for pair in node["children"]}),)


_STEPS: dict[str, Callable[[Mapping[str, Any], Kinds], Kinds]] = {
    "field": _field,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "index": _items,
    "slice": _same,
    "projection": _project,
    "flatten": _flatten,
    "or_expression": _either,
    "multi_select_dict": _make,
    "current": _same,
    "identity": _same,
}
