"""A row that is being drafted."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Draft:
    """A row as it would be written, and by key what nobody can tell from the model alone.

    `offered` is what is written as a comment only: it travels once a person took it in.
    """

    service: str
    operation: str
    name: str
    row: dict[str, Any] = field(default_factory=dict)
    offered: dict[str, Any] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
