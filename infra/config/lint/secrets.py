"""Finds what may never travel: members whose name or documentation says that they are secret."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import MapShape, Shape

from infra.config.aws.paths import parsed
from infra.config.aws.services import SCALARS, TEXTS
from infra.config.aws.shapes import (
    Kind,
    Kinds,
    MultiSelect,
    is_object,
    is_scalar,
    items_of,
    members_of,
)
from infra.config.files.mistakes import InvalidValueError, shown

_SECRET = re.compile(
    r"signed_?url|pre_?signed|upload_?url|failedrecordss3url|api_?key|secret|password|credential"
    r"|token$",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"pre-?signed", re.IGNORECASE)


def secret_in(expression: str, found: Kinds) -> Iterator[str]:
    """Name what is secret in what a path finds."""
    tree = parsed(expression)
    names = (*_last_names(tree), *_renamed(tree))
    named = [name for name in names if _SECRET.search(name)]
    ends_here = any(_may_be_secret(kind) or isinstance(kind, MultiSelect) for kind in found)
    yield from dict.fromkeys((*(named if ends_here else ()), *_inside(found, set())))


def secrets(expression: str, found: Kinds) -> Iterator[InvalidValueError]:
    """Find fault with a path of which something must not travel."""
    for name in secret_in(expression, found):
        yield InvalidValueError(shown(expression), f"a path without {name}, which must not travel")


def _last_names(node: Mapping[str, Any]) -> list[str]:
    """Give the names that a path ends in; the objects on its way only hold them."""
    if node["type"] == "field":
        return [node["value"]]
    what_for = 2 if node["type"] == "filter_projection" else None  # behind these is its condition
    below = [_last_names(child) for child in node["children"][:what_for]]
    if node["type"] in {"or_expression", "multi_select_dict"}:
        return [name for names in below for name in names]
    return next((names for names in reversed(below) if names), [])


def _renamed(node: Mapping[str, Any]) -> Iterator[str]:
    """Give the names that a path gives others to, such as the first of `{m: Token}.m`."""
    if node["type"] == "multi_select_dict":
        yield from _last_names(node)
    for child in node["children"]:
        yield from _renamed(child)


def _inside(kinds: Kinds, seen: set[object]) -> Iterator[str]:
    """Name what is secret in the kinds and below them.

    What is below one is looked at once: shapes go in circles, and a path such as `{a: @, b: @}` has
    the same several times. The kind itself is looked at each time, as another member of it has
    another documentation.
    """
    for kind in kinds:
        if isinstance(kind, Shape) and _is_secret(kind):
            yield kind.name
        known = kind.name if isinstance(kind, Shape) else id(kind)
        if known not in seen:
            seen.add(known)
            yield from _below(kind, seen)


def _below(kind: Kind, seen: set[object]) -> Iterator[str]:
    for name, inner in (members_of(kind) or {}).items():
        if _SECRET.search(name) and any(map(_may_be_secret, inner)):
            yield name
        yield from _inside(inner, seen)
    yield from _inside(items_of(kind) or (), seen)
    if isinstance(kind, MapShape):
        yield from _inside((kind.value,), seen)


def _may_be_secret(kind: Kind) -> bool:
    """Tell whether a kind is a text or holds some; an object's members are looked at themselves."""
    return not is_object(kind) and not is_scalar(SCALARS - TEXTS)(kind)


def _is_secret(shape: Shape) -> bool:
    signed = _may_be_secret(shape) and _SIGNED.search(shape.documentation)
    return bool(signed or shape.metadata.get("sensitive"))
