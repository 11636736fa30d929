"""Tells what Jobwatch costs a month: `make cost`, `make cost ARGS="--accounts 1000 --regions 2"`.

It reads which watches there are from watches.yaml, as the synth would; the rest are options. The
prices are AWS's public list prices (operate/cost/prices.yaml). docs/cost.md says how it reckons.
"""

import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.config.files.mistakes import Mistakes
from operate.cost.options import Question, ask
from operate.cost.prices import Bill, read_prices, region
from operate.cost.rivals import compare
from operate.cost.tables import BILL, bill_rows, headline, instead, said, slow

WIDEST = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what it comes to; a wrong watches.yaml is named line by line, with exit code 1."""
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
    prices, asked = read_prices(), (question.groups, question.activity)
    comparison = compare(*asked, prices)
    console.print(
        f"[bold]{headline(comparison.jobwatch)}[/]\n{said(*asked)}", *slow(*asked), sep="\n"
    )
    console.print(_table(comparison.jobwatch))
    console.print(f"{instead(comparison)}\n")
    read = max(price.read for price in prices.values())
    source = f"Public prices of {region()}, read on {read}. An estimate, not a bill: docs/cost.md"
    console.print(f"[dim]{source}[/]")


def _table(bill: Bill) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in BILL:
        table.add_column(escape(name), justify="left" if name == "what" else "right", no_wrap=True)
    for row in bill_rows(bill):
        table.add_row(*map(escape, row))
    return table


if __name__ == "__main__":
    sys.exit(main())
