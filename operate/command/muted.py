"""What `mute` and `unmute` share: of what, for how long, and how mutes are shown."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import rich_click as click
from rich.table import Table
from rich.text import Text

from infra.config.files.mistakes import InvalidValueError, shown
from lambdas.alert.mutes import LONGEST, MOST_DAYS
from lambdas.alert.muting import GLOB, LONGEST_WHY, expected_text, is_glob, is_text
from lambdas.unlinked import for_people
from operate.command.options import Read
from operate.screen import as_json, console, widest
from operate.typed import seconds

ALL = "(all)"
"""As neither a watch nor its jobs are called: both may be called all."""


def span(text: str) -> timedelta:
    """Read for how long.

    :raises InvalidValueError: when it is no length of time, or one that is too long.
    """
    found = timedelta(seconds=seconds(text) or 0)
    if not timedelta() < found <= LONGEST:
        raise InvalidValueError(shown(text), f"a time such as 90m, 2h or 3d, {MOST_DAYS}d at most")
    return found


def reason(text: str) -> str:
    """Read why.

    :raises InvalidValueError: when it says nothing, or too much.
    """
    if not is_text(text, LONGEST_WHY):
        raise InvalidValueError(shown(text), expected_text(LONGEST_WHY))
    return text


def _glob(text: str) -> str:
    if not is_glob(text):
        raise InvalidValueError(shown(text), GLOB)
    return text


watch = click.argument("watch", required=False)
everything = click.option("--all", "everything", is_flag=True, help="All watches, not one.")
name = click.option(
    "--name",
    type=Read(_glob),
    metavar="GLOB",
    help="Only jobs whose name the glob fits, such as 'prod-*'.",
)


def chosen(watch: str | None, *, everything: bool) -> str | None:
    """Give the watch that is meant, None for all.

    :raises click.UsageError: where it is not said, or both.
    """
    if (watch is None) is not everything:
        words = "expected a watch, or --all for all of them"
        raise click.UsageError(f"found both, {words}" if everything else words)
    return watch


def show(mutes: Sequence[Mapping[str, Any]], *, json: bool) -> None:
    """Print what is muted."""
    if json:
        click.echo(as_json(mutes))
    elif not mutes:
        click.echo("Nothing is muted.")
    else:
        terminal = console()
        terminal.print(widest(terminal, _layouts(mutes)))


def _layouts(mutes: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    """Lay out mutes one a row, and then below each other, for where there is no room for that."""
    rows = [[*map(Text, map(for_people, _texts(each)))] for each in mutes]
    table = Table("watch", "jobs", "until (UTC)", "why", "who", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    yield table
    table = Table(box=None, pad_edge=False)
    table.add_column("watch, jobs, until (UTC), why, who", overflow="fold")
    for watch, jobs, until, why, who in rows:
        times = Text.assemble("until: ", until)
        lines = (watch, Text.assemble("jobs: ", jobs), times, why, who, Text())
        table.add_row(Text("\n").join(lines))
    yield table


def _texts(mute: Mapping[str, Any]) -> Iterator[str]:
    yield mute["watch"] or ALL
    yield mute["name"] or ALL
    yield mute["until"].replace("T", " ").rstrip("Z")
    yield mute["why"]
    yield mute["who"].rpartition(":")[2]
