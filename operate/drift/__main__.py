"""Holds the catalogue against the newest botocore: `make drift`.

It downloads that one's models with pip, and says what of the rows no longer fits and which lists of
jobs are new. docs/catalogue.md says how to read it.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import botocore
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.config.aws.services import models_in
from infra.terminal import run_main
from infra.words import counted
from lambdas.legible import legible
from operate.drift.changes import Change, changes
from operate.drift.models import Unavailable, checked, download
from operate.drift.seen import look, look_closely

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "catalogue.md"
WIDEST = 140


def left_out(page: str) -> frozenset[str]:
    """Name what docs/catalogue.md says is left out."""
    _, _, section = page.partition("## What is left out\n")
    return frozenset(re.findall(r"^\| `([^`]+)`", section.partition("\n## ")[0], re.MULTILINE))


def drift(catalogue: Path, data: Path, left: Collection[str]) -> list[Change]:
    """Say what other models than the pinned botocore's change for a catalogue."""
    before = look(catalogue)
    with models_in(data):
        after = look_closely(catalogue)
    return sorted({*changes(before, after, left)})


def show(found: Iterable[Change]) -> None:
    """Print what changed, and what is to be done."""
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=WIDEST)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("source", "what changed", "what to do"):
        table.add_column(heading, no_wrap=heading == "source", overflow="fold")
    for each in found:
        table.add_row(*(Text(legible(text)) for text in (each.source, each.what, each.do)))
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what changed; exit code 1 where anything did."""
    parser = argparse.ArgumentParser(prog="make drift", description=__doc__)
    words = "a botocore/data folder, instead of downloading the newest"
    parser.add_argument("--data", type=Path, metavar="DIR", help=words)
    words = "another folder than catalogue/"
    default = ROOT / "catalogue"
    parser.add_argument("--catalogue", type=Path, default=default, metavar="DIR", help=words)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            data = (str(chosen.data), checked(chosen.data)) if chosen.data else None
            version, models = data or download(Path(folder))
        except Unavailable as why:
            sys.stderr.write(f"{legible(str(why))}\n")
            return 1
        found = drift(chosen.catalogue, models, left_out(PAGE.read_text(encoding="utf-8")))
    if found:
        show(found)
    beside = f"botocore {version}, beside {botocore.__version__}, which is pinned"
    sys.stdout.write(f"{counted(len(found), 'change')} in {beside}.\n")
    return 1 if found else 0


if __name__ == "__main__":
    run_main(main)
