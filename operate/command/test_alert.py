"""`./jobwatch test-alert`: a test to those who are told, by the way that alerts go."""

import rich_click as click
from rich.table import Table

from lambdas.legible import legible
from operate.asking import ask
from operate.command import options
from operate.command.options import Means
from operate.credentials import who
from operate.screen import as_json as write_json
from operate.screen import console

LOOK = {
    "email": "the inbox of each address; one that never came was not confirmed",
    "slack": "the channel; nothing there: is Amazon Q invited to it?",
    "teams": "the channel; nothing there: is Amazon Q added to the team?",
    "pagerduty": "the service's incidents, where it is resolved at once",
    "topic": "whoever is subscribed to the topic",
}
"""Where a test is to be seen, by the kind of recipient."""


@options.command(
    "test-alert",
    "test-alert --to oncall --severity critical",
)
@click.option("--to", multiple=True, metavar="NAME", help="A recipient; left out: all of them.")
@click.option(
    "--severity",
    type=options.Choice(["critical", "error", "warning", "info"]),
    default="info",
    help="How bad it says it is, as a pager may let only that wake people; left out: info.",
)
@options.stack
@options.account
@options.as_json
@options.means
def command(
    means: Means,
    *,
    to: tuple[str, ...],
    severity: str,
    stack: str,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Send a test to the recipients.

    The alert function itself sends it, with the status TEST and a key of its own, and five seconds
    later that it is over. Who is told of every alert, by alerts.email or a subscription without a
    filter, gets it whatever --to says.
    """
    clients = means.clients(profile, region)
    asked = {"to": [*to] or None, "severity": severity, "who": who(clients)[1]}
    answer = ask(clients, stack, {"test": asked})
    if as_json:
        click.echo(write_json(answer))
        return 0
    table = Table("told", "by", "look at", box=None, pad_edge=False)
    for name, kind in answer["To"].items():
        table.add_row(legible(name), kind, LOOK[kind])
    table.add_row("everybody", "the topic", "what is subscribed to every alert")
    console().print(table)
    return 0
