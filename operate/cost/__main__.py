"""Tells what Jobwatch costs a month: `make cost`, `make cost ARGS="--accounts 1000 --regions 2"`.

It reads which watches there are from watches.yaml, as the synth would; the rest are options. The
prices are AWS's public list prices (infra/cost/prices.yaml). docs/cost.md says how it reckons.
"""

import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.config.files.mistakes import Mistakes
from infra.cost.prices import read_prices, region
from infra.terminal import run_main
from operate.cost.figures import BILL, bill_rows, headline, instead, said, slow
from operate.cost.options import ask
from operate.cost.rivals import compare

WIDEST = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what it comes to; a wrong watches.yaml is named line by line, with exit code 1."""
    try:
        asked = ask(arguments, __doc__)
    except Mistakes as found:
        print(*found.mistakes, sep="\n", file=sys.stderr)  # noqa: T201  for a terminal
        return 1
    prices, terminal = read_prices(), Console()
    comparison = compare(*asked, prices)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in BILL:
        table.add_column(name, justify="left" if name == "what" else "right", no_wrap=True)
    for row in bill_rows(comparison.jobwatch):
        table.add_row(*map(escape, row))
    read = max(price.read for price in prices.values())
    source = f"Public prices of {region()}, read on {read}. An estimate, not a bill: docs/cost.md"
    width = min(terminal.width, WIDEST) if terminal.is_terminal else WIDEST
    Console(highlight=False, width=width).print(
        f"[bold]{headline(comparison.jobwatch)}[/]\n{said(*asked)}",
        *slow(*asked),
        table,
        f"{instead(comparison)}\n",
        f"[dim]{source}[/]",
        sep="\n",
    )
    return 0


if __name__ == "__main__":
    run_main(main)
