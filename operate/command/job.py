"""`./jobwatch job`: one job, with its history."""

from collections.abc import Sequence
from datetime import UTC, datetime

import rich_click as click

from infra.config.files.mistakes import shown
from infra.words import counted
from lambdas.store.places import MOST_SCOPES
from operate import screen, ways
from operate.command import options
from operate.command.options import Means
from operate.remembered.deployed import deployed
from operate.remembered.one import document, find, show
from operate.trouble import Trouble


@options.command(
    "job 8a4f0c1d",
    "job 8a4f0c1d --watch contact-imports --json",
)
@click.argument("job_id", metavar="ID")
@options.stack
@options.account
@click.option("--watch", "names", multiple=True, metavar="WATCH", help="Look in a watch only.")
@options.as_json
@options.means
def command(
    means: Means,
    *,
    job_id: str,
    stack: str,
    profile: str | None,
    region: str | None,
    names: Sequence[str],
    as_json: bool,
) -> int:
    """Show one job: what is known of it, its history, and how long earlier runs took.

    The id is as `./jobwatch jobs` and events have it, whole. Times are in UTC.
    """
    with deployed(stack, means.clients(profile, region, reading=True), means.fetch) as there:
        watches = there.watches(names)
        found, more = find(there, watches, job_id)
        if not found:
            places = f"the first {MOST_SCOPES:,} places of " if more else ""
            look = f"{ways.command('jobs', stack)} --name 'PART*'" + ", or --watch" * more
            raise Trouble(
                f"found no job {shown(job_id)} in {places}"
                f"{counted(len(watches), 'watch', 'watches')} of {stack}, expected the whole id of "
                f"one → {look}"
            )
        if as_json:
            click.echo(screen.as_json({"jobs": [document(one) for one in found]}))
            return 0
        terminal, now = screen.console(), datetime.now(UTC)
        for number, one in enumerate(found):
            terminal.print(*[""] * bool(number), end="\n" * bool(number))
            show(terminal, there, one, now)
    return 0
