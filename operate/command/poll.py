"""`./jobwatch poll`: looks at the job APIs from here, without a deployment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.config.files.mistakes import Mistakes
from infra.config.plan import Compiled, compile_made, compile_plan
from infra.words import counted
from lambdas.messages import Turn
from lambdas.model import TERMINAL, UNKNOWN
from operate.aws import session_here
from operate.command import options
from operate.command.options import Means
from operate.poll import show
from operate.poll.lanes import Polling
from operate.poll.looking import look
from operate.poll.words import FILE, document_of
from operate.screen import as_json as write_json
from operate.screen import console

STATUSES = sorted({*TERMINAL, UNKNOWN})


@options.command(
    "poll",
    "poll --source sesv2.import-jobs --source 'comprehend.*'",
    "poll --remember seen.json --fail-on FAILED",
)
@options.watches
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="ID",
    help="A source's id or a pattern, instead of the file's watches; as often as you like.",
)
@click.option(
    "--remember",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to remember what was seen: from the second time on it is told what changed.",
)
@click.option(
    "--fail-on",
    type=options.word_of(STATUSES),
    multiple=True,
    metavar="STATUS",
    help="Exit with 1 also where a job got into this status since the last time: "
    f"{', '.join(STATUSES)}.",
)
@click.option("--all", "everything", is_flag=True, help="Show every job, however many they are.")
@options.account
@options.as_json
@options.means
def command(
    means: Means,
    *,
    watches: Path,
    sources: tuple[str, ...],
    remember: Path | None,
    fail_on: tuple[str, ...],
    everything: bool,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Look at the job APIs from here, with your credentials, without a deployment.

    It reads as the stack would, and writes nothing to AWS. It shows what is there, what would be
    told since the last time, and what may not be read, with the permissions that this takes. Exit
    code 1: something could not be read, or --fail-on; docs/poll.md says more.
    """
    seen = look(
        _compiled(watches, sources),
        remember,
        means.clients(profile, region, reading=True),
        session_here(profile, region),
        clock=means.clock,
        watching=_progress,
    )
    if as_json:
        click.echo(write_json(show.as_json(seen)))
    else:
        show.show(console(), seen, remembers=remember is not None, everything=everything)
    if remember:
        seen.remember(remember)
    return 1 if seen.found.unread or any(map(seen.found.newly, fail_on)) else 0


def _compiled(watches: Path, sources: tuple[str, ...]) -> Compiled:
    if not sources:
        return compile_plan(watches, options.CATALOGUE)
    try:
        return compile_made(document_of(sources), watches, options.CATALOGUE)
    except Mistakes as found:
        if any(each.file != FILE for each in found.mistakes):
            raise  # of rows beside the file
        told = "; ".join(str(each).partition(f"{each.key}: ")[2] for each in found.mistakes)
        ctx = click.get_current_context()
        raise click.BadParameter(f"{FILE}: {told}", ctx) from found


@contextmanager
def _progress(polling: Polling) -> Iterator[Callable[[Turn], None]]:
    """Show on a terminal how many lanes are done, and leave nothing of that."""
    screen = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    ) as shown:
        turns = len(polling.turns())
        task = shown.add_task(f"Reading {counted(turns, 'lane')}", total=turns)

        def done(turn: Turn) -> None:
            said = f"Read {turn.service} in {turn.account} {turn.region}"
            shown.update(task, advance=1, description=said)

        yield done
