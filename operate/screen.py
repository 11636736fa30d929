"""What commands print on: a terminal, a file, a ticket; and JSON for programs."""

import json
import os
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from lambdas.legible import escaped

NARROWEST, WIDEST = 20, 100
"""Columns: fewer have no room for words, more than these no room in a mail or a ticket."""
ENDLESS = 10_000
"""Columns that nothing needs."""


def console(*, stderr: bool = False) -> Console:
    """Make a console as wide as a terminal is, or as `COLUMNS` says also where there is none."""
    plain = Console(highlight=False, stderr=stderr)
    is_told = plain.is_terminal or os.environ.get("COLUMNS", "").isdigit()
    width = plain.width if is_told else 0
    width = min(max(width, NARROWEST), WIDEST) if width else WIDEST
    return Console(highlight=False, width=width, stderr=stderr)


def widest(console: Console, layouts: Iterable[Table]) -> Table:
    """Give the first of a table's layouts that fits as it is, or else the last, which folds."""
    *wider, narrowest = layouts
    endless = console.options.update(max_width=ENDLESS)
    fits = (
        each for each in wider if console.measure(each, options=endless).maximum <= console.width
    )
    return next(fits, narrowest)


def as_json(value: Any) -> str:
    """Write a value for a program; what nobody would see is escaped."""
    return escaped(json.dumps(value, indent=2, ensure_ascii=False))
