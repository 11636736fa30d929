"""`./jobwatch cost`: prints what a month comes to."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import rich_click as click
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from infra.cost.fleet import Activity, Group
from infra.cost.prices import read_prices, region
from operate import screen
from operate.command import options
from operate.cost.figures import BILL, Row, bill_rows, headline, instead, recipients, said, slow
from operate.cost.options import NUMBERS, WITHIN, Asked, cadence, of_file, of_groups
from operate.cost.rivals import Comparison, compare, of_a_recipient
from operate.typed import whole

USUAL = Activity()
_PLACES = (
    ("accounts", 50_000, "Of each watch, the stack's own included."),
    ("regions", 40, "Of each watch."),
    ("parents", 1_000_000, "Applications, segments and such, where a watch names none."),
)
"""Where jobs are, with more of each than AWS lets anybody have."""


def _numbers(command: Any) -> Any:
    """Add the numbers that may be asked with, in the order of their lists."""
    for name, most, words in reversed(NUMBERS):
        usual = getattr(USUAL, name)
        command = click.option(
            f"--{name}",
            type=options.Read(partial(whole, least=0, most=most)),
            default=usual,
            metavar="N",
            help=f"{words[:-1]}; left out: {usual:,}.",
        )(command)
    for name, most, words in reversed(_PLACES):
        kind = options.Read(partial(whole, least=1, most=most))
        command = click.option(f"--{name}", type=kind, metavar="N", help=words)(command)
    return command


@options.command(
    "cost",
    "cost --jobs 100000 --unfinished 200 --changes 2000 --alerts 40",
    "cost --accounts 1000 --regions 2 --every '5 minutes'",
)
@options.watches
@click.option(
    "--every",
    type=options.Read(cadence),
    metavar="'5 minutes'",
    help="How often each watch is due.",
)
@click.option(
    "--stalls",
    is_flag=True,
    help="Each watch has `stalled_after`, whatever the file says: progress is written.",
)
@_numbers
@options.as_json
def command(watches: Path, *, as_json: bool, **numbers: Any) -> int:
    """Reckon what a month costs, beside what a loop of Step Functions for each job would.

    What is watched is read from the file; the options lay other numbers over it. The prices are
    AWS's public list prices, without any account. docs/cost.md says how it reckons.
    """
    _refuse_more_than_all(numbers)
    places = {name: numbers.pop(name) for name in ("accounts", "regions", "every", "stalls")}
    asked = of_file(watches, _activity(numbers), parents=numbers["parents"], **places)
    comparison = compare(*asked, read_prices())
    if as_json:
        each = of_a_recipient(*asked, read_prices())
        click.echo(screen.as_json({**_plainly(comparison), "each_recipient": each}))
    else:
        _tell(asked, comparison)
    return 0


def asked_in(words: list[str], watched: list[Group]) -> Asked:
    """Give what the words of an example ask for, of some groups."""
    given = command.make_context("cost", words).params
    places = {name: given[name] for name in ("accounts", "regions", "every", "stalls")}
    return of_groups(watched, _activity(given), **places)


def _activity(numbers: dict[str, Any]) -> dict[str, int]:
    return {name: numbers[name] for name, *_ in NUMBERS}


def _refuse_more_than_all(numbers: dict[str, Any]) -> None:
    for part, whole_ in WITHIN:
        if numbers[part] > numbers[whole_]:
            most = f"expected at most the {numbers[whole_]} of --{whole_}"
            raise click.UsageError(f"--{part}: found {numbers[part]}, {most}")


def _tell(asked: Asked, comparison: Comparison) -> None:
    terminal = screen.console()
    rows = [*bill_rows(comparison.jobwatch)]
    table = screen.widest(terminal, (_in_a_row(rows), _in_lines(rows)))
    read = max(price.read for price in read_prices().values())
    source = f"Public prices of {region()}, read on {read}. An estimate, not a bill: docs/cost.md"
    terminal.print(
        f"[bold]{headline(comparison.jobwatch)}[/]\n{said(*asked)}",
        *slow(*asked),
        table,
        recipients(of_a_recipient(*asked, read_prices())),
        f"{instead(comparison)}\n",
        f"[dim]{source}[/]",
        sep="\n",
    )


def _in_a_row(rows: Sequence[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in BILL:
        table.add_column(name, justify="left" if name == "what" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _in_lines(rows: Sequence[Row]) -> Table:
    """Say how much there is of something below what it is, where there is no room beside it."""
    what, much, *prices = BILL
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(f"{what}, {much}", overflow="fold")
    for name in prices:
        table.add_column(name.replace(" ", "\n", 1), justify="right", no_wrap=True)
    for what, much, *both in rows:
        table.add_row(Text("\n").join([Text(what), *([Text(much, "dim")] if much else [])]), *both)
    return table


def _plainly(comparison: Comparison) -> dict[str, Any]:
    bill = comparison.jobwatch
    return {
        "dollars_a_month": round(bill.listed, 2),
        "after_free_tier": round(bill.after_free, 2),
        "lines": [
            {"what": each.price.label, "dollars": round(each.listed, 4)} for each in bill.lines
        ],
    }
