"""What commands print on: a terminal, a file, a ticket; and JSON for programs."""

import json
from typing import Any

from rich.console import Console

from lambdas.legible import escaped

WIDEST = 100


def console(*, stderr: bool = False) -> Console:
    """Make a console that is no wider than what a mail or a ticket takes."""
    plain = Console(highlight=False, stderr=stderr)
    width = min(plain.width, WIDEST) if plain.is_terminal else WIDEST
    return Console(highlight=False, width=width, stderr=stderr)


def as_json(value: Any) -> str:
    """Write a value for a program; what nobody would see is escaped."""
    return escaped(json.dumps(value, indent=2, ensure_ascii=False))
