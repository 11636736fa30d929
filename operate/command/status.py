"""`./jobwatch status`: how watches and lanes stand."""

from collections.abc import Sequence
from datetime import UTC, datetime

import rich_click as click

from operate import screen
from operate.command import options
from operate.command.options import Means
from operate.remembered.deployed import deployed
from operate.remembered.show_standing import show
from operate.remembered.standing import look
from operate.remembered.standing_document import document


@options.command(
    "status",
    "status --watch contact-imports --json",
)
@options.stack
@options.account
@click.option("--watch", "names", multiple=True, metavar="WATCH", help="Only this watch.")
@options.as_json
@options.means
def command(
    means: Means,
    *,
    stack: str,
    profile: str | None,
    region: str | None,
    names: Sequence[str],
    as_json: bool,
) -> int:
    """Show when watches and lanes were last read, what can't be read, and what is left out.

    It tells by its exit code, too: 1 where something can't be read.
    """
    now = datetime.now(UTC)
    with deployed(stack, means.clients(profile, region, reading=True), means.fetch) as there:
        standing = look(there, there.watches(names), now)
    if as_json:
        click.echo(screen.as_json(document(standing)))
    else:
        show(screen.console(), standing, now)
    amiss = (each.unreachable or each.unlisted_since for each in standing.watches)
    return 1 if any(amiss) else 0
