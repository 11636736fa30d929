"""Tells what Jobwatch costs a month: `make cost`, `make cost ARGS="--accounts 1000 --regions 2"`.

It reads which watches there are from watches.yaml, as the synth would; the rest are options. The
prices are AWS's public list prices (operate/cost/prices.yaml). docs/cost.md tells how it reckons.
"""

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.config.documents import Mistakes
from operate.cost.options import Question, ask
from operate.cost.prices import read_prices, region
from operate.cost.quantities import Quantities
from operate.cost.rivals import compare
from operate.cost.tables import BILL, COMPARED, Row, bill_rows, compared_rows, said

WIDEST = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; a wrong watches.yaml is told line by line, with exit code 1."""
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
    console.print(f"[bold]A month of Jobwatch[/]: {said(question)}.")
    console.print(_table(BILL, bill_rows(comparison)))
    console.print("[bold]Beside what else would look at these running jobs as often[/]")
    console.print(_table(COMPARED, compared_rows(comparison)))
    read = max(price.read for price in prices.values())
    console.print(
        f"[dim]Public list prices of {region()}, read on {read}; an estimate, not a bill. "
        "How it is reckoned: docs/cost.md[/]"
    )


def _table(head: Row, rows: Iterable[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(head):
        figures = name in {"a month", "price", "list price", "after free tier"}
        table.add_column(escape(name), justify="right" if figures else "left", no_wrap=not number)
    for row in rows:
        table.add_row(*map(escape, row), style="bold" if row[0] in {"sum", "Jobwatch"} else None)
    return table


if __name__ == "__main__":
    sys.exit(main())
