"""Tells what Jobwatch costs a month: `make cost`, `make cost ARGS="--accounts 1000 --regions 2"`.

It reads which watches there are from watches.yaml, as the synth would; the rest are options. The
prices are AWS's public list prices (operate/cost/prices.yaml). docs/cost.md tells how it reckons.
"""

import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.config.files.mistakes import Mistakes
from operate.cost.options import Question, ask
from operate.cost.prices import read_prices, region
from operate.cost.quantities import Quantities
from operate.cost.rivals import Comparison, compare
from operate.cost.tables import SHORT, break_even, headline, instead, said, short_rows

WIDEST = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what it comes to; a wrong watches.yaml is told line by line, with exit code 1."""
    try:
        question = ask(arguments, __doc__)
    except Mistakes as found:
        print(*found.mistakes, sep="\n", file=sys.stderr)  # noqa: T201  for a terminal
        return 1
    terminal = Console()
    width = min(terminal.width, WIDEST) if terminal.is_terminal else WIDEST
    _show(Console(highlight=False, width=width), question)
    return 0


def _show(console: Console, question: Question) -> None:
    prices = read_prices()
    comparison = compare(question.groups, question.activity, prices, Quantities())
    console.print(f"[bold]{headline(comparison)}[/]\n{said(question)}")
    console.print(_table(comparison))
    console.print(f"{instead(comparison)}\n{break_even(comparison)}\n")
    read = max(price.read for price in prices.values())
    told = f"Public prices of {region()}, read on {read}. An estimate, not a bill: docs/cost.md"
    console.print(f"[dim]{told}[/]")


def _table(comparison: Comparison) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in SHORT:
        table.add_column(escape(name), justify="left" if name == "what" else "right", no_wrap=True)
    for row in short_rows(comparison):
        table.add_row(*map(escape, row))
    return table


if __name__ == "__main__":
    sys.exit(main())
