"""`./jobwatch jobs`: what is remembered, newest first."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import rich_click as click

from infra.config.files.mistakes import one_of
from lambdas.model import UNKNOWN
from operate import screen
from operate.command import options
from operate.command.options import Means
from operate.remembered.csvs import as_csv
from operate.remembered.deployed import Deployed, deployed
from operate.remembered.follow import changes
from operate.remembered.jobs import MOST, Asked, documents, more, table_of
from operate.remembered.since import since as since_of
from operate.remembered.words import FAILED, OPEN, STATUSES
from operate.typed import whole

EACH = 5
"""Seconds between two looks, while jobs are followed."""


@options.command(
    "jobs --failed --since 24h",
    "jobs --running --watch contact-imports --follow",
    "jobs --name 'nightly-*' --since 7d --csv > runs.csv",
)
@options.stack
@options.account
@click.option("--failed", is_flag=True, help="Those that failed, in whole or in part.")
@click.option("--running", is_flag=True, help="Those that have not ended.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=options.word_of(STATUSES),
    metavar="STATUS",
    help=f"Those in a status, {one_of(STATUSES)}; several may be given.",
)
@click.option(
    "--since",
    type=options.Read(since_of),
    metavar="TIME",
    help="Those that ended, or came to their status, since 24h, 7d, 2026-11-22 …",
)
@click.option("--watch", "names", multiple=True, metavar="WATCH", help="Those of a watch.")
@click.option("--name", metavar="GLOB", help="Those whose name or id fits: 'nightly-*'.")
@click.option(
    "--limit",
    type=options.Read(partial(whole, least=1, most=MOST)),
    default=50,
    metavar="NUMBER",
    help=f"How many to show at most, up to {MOST:,}; left out: 50.",
)
@click.option("--follow", is_flag=True, help="Go on, and show what changes, until Ctrl-C.")
@click.option("--csv", "as_csv_", is_flag=True, help="Print CSV, safe for a spreadsheet.")
@options.as_json
@options.means
def command(
    means: Means,
    *,
    stack: str,
    profile: str | None,
    region: str | None,
    failed: bool,
    running: bool,
    statuses: Sequence[str],
    since: datetime | None,
    names: Sequence[str],
    name: str | None,
    limit: int,
    follow: bool,
    as_csv_: bool,
    as_json: bool,
) -> int:
    """List the jobs that the deployed table remembers, newest first.

    It reads what it shows and little more, however much is remembered. Times are in UTC.
    """
    if follow + as_csv_ + as_json > 1:
        raise click.UsageError("found two of --follow, --csv and --json, expected one")
    chosen = (*(FAILED if failed else ()), *(OPEN if running else ()), *statuses)
    wanted = [each for each in STATUSES if each in chosen] or [*STATUSES]
    unfinished = running and UNKNOWN not in statuses
    with deployed(stack, means.clients(profile, region, reading=True), means.fetch) as there:
        asked = Asked(there.watches(names), wanted, since, name, limit, unfinished)
        if follow:
            return _follow(there, asked, means.sleep)
        page = asked.page(there)
    if as_json:
        found = {"jobs": documents(page.jobs), "more": page.token is not None}
        click.echo(screen.as_json(found))
    elif as_csv_:
        click.echo(as_csv(page.jobs), nl=False)
    else:
        said = more(page, asked)
        terminal = screen.console()
        shown = [table_of(page.jobs, terminal.width)] if page.jobs else [f"No job is {asked}."]
        terminal.print(*shown, *([said] if said else []), sep="\n", markup=False)
    return 0


def _follow(there: Deployed, asked: Asked, sleep: Callable[[float], None]) -> int:
    """Show what there is, then what changes; it ends by Ctrl-C, as it is meant to."""
    terminal, headed = screen.console(), True
    try:
        for jobs in changes(lambda: asked.page(there).jobs):
            if jobs:
                terminal.print(table_of(jobs, terminal.width, headed=headed))
                headed = False
            sleep(EACH)
    except KeyboardInterrupt:
        pass
    return 0
