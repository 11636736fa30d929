"""The kinds of value that an answer holds: botocore's shapes, and what JMESPath makes of them.

A path may find one of several kinds (`a || b`), so they go about in tuples.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape


@dataclass(frozen=True, slots=True)
class Projection:
    """A list that a projection makes."""

    of: "Kinds"


@dataclass(frozen=True, slots=True)
class MultiSelect:
    """An object that a multiselect hash makes."""

    members: Mapping[str, "Kinds"]


Kind = Shape | Projection | MultiSelect
Kinds = tuple[Kind, ...]


def items_of(kind: Kind) -> Kinds | None:
    """Give what a list holds, or None for what is not a list."""
    if isinstance(kind, Projection):
        return kind.of
    return (kind.member,) if isinstance(kind, ListShape) else None


def members_of(kind: Kind) -> Mapping[str, Kinds] | None:
    """Give an object's members by name, or None for what has no named members."""
    if isinstance(kind, MultiSelect):
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


def only(text: str, kind: Kind) -> Kind:
    """Give the kind of a text that is known to be this one."""
    name = kind.name if isinstance(kind, Shape) else ""
    return StringShape(name, {"type": "string", "enum": [text]})


def words(kind: Kind) -> str:
    """Say what a kind is."""
    if members_of(kind) is not None or isinstance(kind, MapShape):
        return "an object"
    if items_of(kind) is not None:
        return "a list"
    name = kind.type_name if isinstance(kind, Shape) else "value"
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
