"""Parameters in the types of an operation's input: the file has only texts.

What is known only when a call is made stands as in `lambdas.apis.parameters`: a name in braces, one
that must be a number, a time that is so long ago, or ahead.
"""

import re
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from infra.config.files.durations import DAY, seconds, spoken
from infra.config.files.mistakes import InvalidValueError, one_of, shown
from lambdas.apis.parameters import Mark

_WHOLE = re.compile("-?[0-9]{1,18}")
_NAME = re.compile(r"\{\w+\}")
_FARTHEST = 366 * DAY
"""How far a time may be off: a year, as long as an execution of SWF's may last."""
_DIRECTIONS = {"ago": 1, "ahead": -1}


def typed(shape: Shape, value: Any) -> Any:
    """Read a constant as its member's type; raises InvalidValueError."""
    if shape.type_name == "timestamp" and isinstance(value, dict):
        return {Mark.AGO.value: _ago(value)}
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        if unknown := next((name for name in value if name not in shape.members), None):
            raise InvalidValueError(shown(unknown), one_of(shape.members), shape.members)
        return {name: typed(shape.members[name], each) for name, each in value.items()}
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: typed(shape.value, each) for name, each in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [typed(shape.member, each) for each in value]
    if isinstance(value, str):
        return _scalar(shape, value)
    raise InvalidValueError(shown(value), f"a {shape.type_name}")


def _scalar(shape: Shape, value: str) -> Any:
    if isinstance(shape, StringShape):
        if shape.enum and value not in shape.enum:
            raise InvalidValueError(shown(value), one_of(shape.enum), shape.enum)
        return value
    if shape.type_name == "boolean" and value in {"true", "false"}:
        return value == "true"
    if shape.type_name in {"integer", "long"} and _NAME.fullmatch(value):
        return {Mark.NUMBER.value: value}
    if shape.type_name in {"integer", "long"} and _WHOLE.fullmatch(value):
        return _bounded(shape, int(value))
    words = {"integer": "a whole number", "long": "a whole number", "boolean": "true or false"}
    raise InvalidValueError(shown(value), words.get(shape.type_name, f"a {shape.type_name}"))


def _ago(value: dict[str, Any]) -> int:
    """Read how many seconds ago a time is: below 0 for one that is ahead."""
    name = next(iter(value)) if len(value) == 1 else ""
    found = seconds(value[name]) if name in _DIRECTIONS and isinstance(value[name], str) else None
    if found is None:
        raise InvalidValueError(shown(value), "a time such as {ago: 30 days} or {ahead: 7 days}")
    if found > _FARTHEST:
        raise InvalidValueError(shown(value[name]), f"at most {spoken(_FARTHEST)}")
    return _DIRECTIONS[name] * found


def _bounded(shape: Shape, number: int) -> int:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        raise InvalidValueError(shown(number), f"at least {least}")
    if most is not None and number > most:
        raise InvalidValueError(shown(number), f"at most {most}")
    return number
