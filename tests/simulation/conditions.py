"""DynamoDB's condition expressions, as far as conditional writes need them."""

import re
from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]
_TERM = re.compile(
    r"(?P<call>attribute_not_exists|attribute_exists)\((?P<path>[#\w]+)\)"
    r"|(?P<left>[#\w]+)\s*(?P<sign>=|<>|<=|>=|<|>)\s*(?P<right>:\w+)"
)


def holds(call: Mapping[str, Any], item: Item | None) -> bool:
    """Tell whether a write's condition holds for the item that is there, if one is."""
    expression = call.get("ConditionExpression")
    if expression is None:
        return True
    names = call.get("ExpressionAttributeNames", {})
    values = call.get("ExpressionAttributeValues", {})
    return any(
        all(_term(term.strip(), names, values, item or {}) for term in part.split(" AND "))
        for part in expression.split(" OR ")
    )


def _term(term: str, names: Mapping[str, str], values: Mapping[str, Any], item: Item) -> bool:
    match = _TERM.fullmatch(term)
    assert match, f"the simulated table does not know the condition {term!r}"
    if match["call"]:
        there = names.get(match["path"], match["path"]) in item
        return there == (match["call"] == "attribute_exists")
    left, right = item.get(names.get(match["left"], match["left"])), values[match["right"]]
    if left is None or left.keys() != right.keys():
        return match["sign"] == "<>"
    a, b = _value(left), _value(right)
    return {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[
        match["sign"]
    ]


def _value(value: Mapping[str, Any]) -> Any:
    return float(value["N"]) if "N" in value else next(iter(value.values()))
