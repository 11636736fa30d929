"""Values that a service's model allows, and answers that hold a job where a path finds it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jmespath
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

_DEEPEST = 6
_NUMBERS = {"integer", "long", "float", "double", "bigdecimal"}


def sample(shape: Shape, now: datetime, depth: int = 0) -> Any:
    """Make a value of a shape: each member that must be there, and those near the surface."""
    if isinstance(shape, StructureShape):
        names = shape.required_members if depth > 1 else shape.members
        if shape.metadata.get("union"):
            names = list(shape.members)[:1]
        below = {} if depth > _DEEPEST else {n: shape.members[n] for n in names}
        return {name: sample(each, now, depth + 1) for name, each in below.items()}
    if isinstance(shape, ListShape | MapShape):
        return _several(shape, now, depth)
    if isinstance(shape, StringShape) and shape.enum:
        return shape.enum[0]
    least = shape.metadata.get("min", 0)
    if shape.type_name in _NUMBERS:
        return max(least, 0)
    if shape.type_name == "timestamp":
        return now
    if shape.type_name == "boolean":
        return False
    text = "x" * max(least, 1)
    return text.encode() if shape.type_name == "blob" else text


def _several(shape: ListShape | MapShape, now: datetime, depth: int) -> Any:
    least = shape.metadata.get("min", 0)
    if isinstance(shape, MapShape):
        return {f"x{n}": sample(shape.value, now, depth + 1) for n in range(least)}
    return [sample(shape.member, now, depth + 1) for _ in range(least)]


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
    kind, children = node["type"], node["children"]
    if kind == "field":
        return {**(into if isinstance(into, dict) else {}), node["value"]: value}
    if kind in {"current", "identity"}:
        return {**into, **value} if isinstance(into, dict) and isinstance(value, dict) else value
    if kind in {"subexpression", "index_expression", "pipe"}:
        first, second = children
        before = _found(into, first)
        return _put(into, first, _put(before, second, value))
    if kind == "index":
        before = into[0] if isinstance(into, list) and into else None
        return [_merged(before, value)]
    if kind == "projection":
        left, right = children
        before = _found(into, left)
        items = [*before] if isinstance(before, list) else []
        items += [None] * (len(value) - len(items))
        return _put(into, left, [_put(b, right, v) for b, v in zip(items, value, strict=False)])
    if kind == "flatten":
        return _put(into, children[0], value)
    if kind == "or_expression":
        return _put(into, children[0], value)
    if kind == "multi_select_dict":
        for pair in children:
            if value.get(pair["value"]) is not None:
                into = _put(into, pair["children"][0], value[pair["value"]])
        return into
    raise AssertionError(f"no way back from {kind}")


def _found(value: Any, node: Mapping[str, Any]) -> Any:
    if node["type"] == "identity":
        return value
    return jmespath.parser.ParsedResult("", node).search(value)


def _merged(before: Any, value: Any) -> Any:
    both = isinstance(before, dict) and isinstance(value, dict)
    return {**before, **value} if both else value
