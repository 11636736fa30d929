"""`./jobwatch sources`: prints what can be watched."""

from collections.abc import Iterable, Sequence

import rich_click as click
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from infra.config.files.mistakes import nearest_word, shown
from infra.config.rows import Row, read_catalogue
from infra.words import counted
from operate import screen
from operate.command import options
from operate.sources import facts, find, plainly


@options.command(
    "sources comprehend",
    "sources sesv2.import-jobs",
    "sources glue run --json",
)
@click.argument("words", nargs=-1, metavar="[WORDS]")
@options.as_json
def command(words: tuple[str, ...], *, as_json: bool) -> int:
    """Say what can be watched: of every source, or of those in which all WORDS stand.

    One source is shown in full: how it is read, what its statuses come to, and what of a job
    travels. docs/sources.md has all of them.
    """
    found = find(options.CATALOGUE, words)
    if not found:
        raise click.UsageError(_nothing(words))
    if as_json:
        click.echo(screen.as_json([plainly(row) for row in found]))
    elif len(found) == 1:
        _show(found[0])
    else:
        _list(found)
    return 0


def _nothing(words: tuple[str, ...]) -> str:
    ids = read_catalogue(options.CATALOGUE).rows
    services = {row.service: row.service for row in ids.values()}
    near = next((n for word in words if (n := nearest_word(word, {**ids, **services}))), None)
    hint = f"; did you mean {near}?" if near else ""
    return f"found {shown(' '.join(words))}, expected words of a source{hint}"


def _show(row: Row) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, said in facts(row):
        table.add_row(name, Text(said))
    screen.console().print(Text(row.id, style="bold"), table)


def _list(rows: Sequence[Row]) -> None:
    terminal = screen.console()
    row = _in_a_row(rows)
    is_wide = terminal.width >= screen.WIDEST  # what a source is, goes on below itself there
    table = row if is_wide else screen.widest(terminal, (row, _in_lines(rows)))
    terminal.print(table, counted(len(rows), "source"))


def _in_a_row(rows: Iterable[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("source", no_wrap=True)
    table.add_column("what")
    table.add_column("AWS tells", justify="right", no_wrap=True)
    for row in rows:
        table.add_row(row.id, row.source.label, _tells(row))
    return table


def _in_lines(rows: Iterable[Row]) -> Table:
    """Say below an id what it is, where there is no room beside it."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("source", overflow="fold")
    table.add_column("AWS\ntells", justify="right", no_wrap=True)
    for row in rows:
        table.add_row(Text.assemble(row.id, "\n", (row.source.label, "dim")), _tells(row))
    return table


def _tells(row: Row) -> str:
    return "yes" if row.source.native_events else "no"
