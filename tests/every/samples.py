"""Values that a service's model allows, and answers that hold a job where a path finds it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import jmespath
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

_DEEPEST = 6
_NUMBERS = {"integer", "long", "float", "double", "bigdecimal"}


def sample(shape: Shape, now: datetime, depth: int = 0) -> Any:
    """Make a value of a shape: each member that must be there, and those near the surface."""
    if isinstance(shape, StructureShape):
        names = shape.required_members if depth > 1 else list(shape.members)
        names = list(shape.members)[:1] if shape.metadata.get("union") else names
        below = () if depth > _DEEPEST else names
        return {name: sample(shape.members[name], now, depth + 1) for name in below}
    least = shape.metadata.get("min", 0)
    if isinstance(shape, ListShape):
        return [sample(shape.member, now, depth + 1) for _ in range(least)]
    if isinstance(shape, MapShape):
        shortest = shape.key.metadata.get("min", 0)
        keys = [f"x{n}".ljust(shortest, "x") for n in range(least)]
        return {key: sample(shape.value, now, depth + 1) for key in keys}
    return _plain(shape, now)


def _plain(shape: Shape, now: datetime) -> Any:
    if isinstance(shape, StringShape) and shape.enum:
        return shape.enum[0]
    least = shape.metadata.get("min", 0)
    text = "x" * max(int(least), 1)
    others = {"timestamp": now, "boolean": False, "blob": text.encode()}
    return least if shape.type_name in _NUMBERS else others.get(shape.type_name, text)


def whole(shape: Shape, value: Any, now: datetime) -> Any:
    """Give a value with all that its shape requires."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        lacking = [] if shape.metadata.get("union") else [*shape.required_members]
        lacking = [name for name in lacking if value.get(name) is None]
        given = {**value, **{name: sample(shape.members[name], now, 2) for name in lacking}}
        return {name: whole(shape.members[name], each, now) for name, each in given.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [whole(shape.member, each, now) for each in value]
    return value


def put(into: Any, expression: str, value: Any) -> Any:
    """Give what `into` is with a value where a path finds it."""
    return _put(into, jmespath.compile(expression).parsed, value)


def _put(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    return _WAYS[node["type"]](into, node, value)


def _field(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    return {**(into if isinstance(into, dict) else {}), node["value"]: value}


def _same(into: Any, _: Mapping[str, Any], value: Any) -> Any:
    return {**into, **value} if isinstance(into, dict) and isinstance(value, dict) else value


def _chain(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    first, *rest = node["children"]
    inner = rest[0] if len(rest) == 1 else {**node, "children": rest}
    return _put(into, first, _put(_found(into, first), inner, value))


def _first(into: Any, _: Mapping[str, Any], value: Any) -> Any:
    before = into[0] if isinstance(into, list) and into else None
    return [_same(before, {}, value)]


def _each(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    left, right = node["children"]
    return _put(into, left, [_put(None, right, each) for each in value])


def _filtered(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    """Put items of which the condition is true beside those of which it is not."""
    left, right, condition = node["children"]
    others = [each for each in _found(into, left) or () if not _found(each, condition)]
    some = [_fulfilled(_put(None, right, each), condition) for each in value]
    return _put(into, left, [*some, *others])


def _fulfilled(item: Any, condition: Mapping[str, Any]) -> Any:
    """Give an item of which a condition is true."""
    if condition["type"] == "filter_projection":
        return _filtered(item, condition, [{}])
    if condition["type"] == "or_expression":
        return _fulfilled(item, condition["children"][0])
    if condition["type"] == "and_expression":
        first, second = condition["children"]
        return _fulfilled(_fulfilled(item, first), second)
    if condition["type"] == "comparator":
        path, value = condition["children"]
        text = value["value"] if condition["value"] == "eq" else f"no {value['value']}"
        return _put(item, path, text)
    return item if _found(item, condition) else _put(item, condition, value=True)


def _denied(item: Any, condition: Mapping[str, Any]) -> Any:
    """Give an item of which a condition is not true, by the last part of it."""
    if condition["type"] == "and_expression":
        return _denied(item, condition["children"][1])
    if condition["type"] == "comparator":
        path, value = condition["children"]
        text = value["value"] if condition["value"] == "ne" else f"no {value['value']}"
        return _put(item, path, text)
    return _put(item, condition, None)


def _inner(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    return _put(into, node["children"][0], value)


def _either(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    """Put a value where the first alternative is that does not hide it behind another one."""
    tries = [_put(into, each, value) for each in node["children"]]
    return next((each for each in tries if _found(each, node) == value), tries[0])


def _where(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    condition, then = node["children"]
    if then["type"] == "literal":
        return (_fulfilled if value else _denied)(into, condition)
    holds = into if _found(into, condition) else _fulfilled(into, condition)
    return _put(holds, then, value)


def _members(into: Any, node: Mapping[str, Any], value: Any) -> Any:
    for pair in node["children"]:
        if value.get(pair["value"]) is not None:
            into = _put(into, pair["children"][0], value[pair["value"]])
    return into


_WAYS: dict[str, Callable[[Any, Mapping[str, Any], Any], Any]] = {
    "field": _field,
    "current": _same,
    "identity": _same,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "index": _first,
    "projection": _each,
    "filter_projection": _filtered,
    "flatten": _inner,
    "or_expression": _either,
    "and_expression": _where,
    "multi_select_dict": _members,
}


def _found(value: Any, node: Mapping[str, Any]) -> Any:
    if node["type"] == "identity":
        return value
    return jmespath.parser.ParsedResult("", node).search(value)
