"""Read units by AWS's rule: half a unit for each 4 KB that is read, a whole one if consistently.

A query is charged for the sum of its items, a get for each of its own; even one that finds nothing
costs the least there is. An item's size is that of its names and values.
"""

import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any

_BLOCK = 4096
_CONTAINER = 3
"""Bytes that a list or a map takes beside what is in it, which takes another one each."""


def read_units(operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Give what one call to a table reads; nothing for one that does not read."""
    match operation:
        case "GetItem":
            return _units([answer.get("Item", {})], asked)
        case "Query" | "Scan":
            return _units_of(sum(map(item_size, answer.get("Items", []))), asked)
        case "BatchGetItem":
            tables = asked["RequestItems"]
            found = answer.get("Responses", {})
            return sum(_units(found.get(name, []), tables[name]) for name in tables)
    return 0.0


def item_size(item: Mapping[str, Any]) -> int:
    """Give an item's size in bytes."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _units(items: Iterable[Mapping[str, Any]], asked: Mapping[str, Any]) -> float:
    return sum(_units_of(item_size(item), asked) for item in items)


def _units_of(size: int, asked: Mapping[str, Any]) -> float:
    blocks = max(1, math.ceil(size / _BLOCK))
    return blocks * (1.0 if asked.get("ConsistentRead") else 0.5)


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            size = len(content.encode())
        case "N":
            size = math.ceil(len(content.lstrip("-").replace(".", "")) / 2) + 1
        case "B":
            size = len(base64.b64decode(content))
        case "SS" | "NS" | "BS":
            size = sum(_size({kind[0]: each}) for each in content)
        case "M":
            size = _CONTAINER + len(content) + item_size(content)
        case "L":
            size = _CONTAINER + len(content) + sum(map(_size, content))
        case _:
            size = 1
    return size
