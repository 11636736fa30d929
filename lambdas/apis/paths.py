"""JMESPath expressions as functions, quick for the plain dotted names that most are."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import jmespath

_PLAIN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@cache
def path(expression: str | None) -> Callable[[Any], Any]:
    """Give the function that finds what `expression` names in an answer, or None."""
    if expression is None:
        return _nothing
    if expression == "@":
        return _whole
    if _PLAIN.fullmatch(expression):
        return _dotted(tuple(expression.split(".")))
    search: Callable[[Any], Any] = jmespath.compile(expression).search
    return search


def _nothing(_: Any) -> None:
    return None


def _whole(answer: Any) -> Any:
    return answer


def _dotted(names: tuple[str, ...]) -> Callable[[Any], Any]:
    if len(names) == 1:
        name = names[0]
        return lambda answer: answer.get(name) if isinstance(answer, dict) else None

    def find(answer: Any) -> Any:
        for name in names:
            if not isinstance(answer, dict):
                return None
            answer = answer.get(name)
        return answer

    return find
