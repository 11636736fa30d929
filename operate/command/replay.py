"""`./jobwatch replay`: says what becomes of the dead letters."""

import rich_click as click
from rich.console import Console
from rich.markup import escape

from lambdas.legible import legible
from operate import screen
from operate.aws import in_a_line
from operate.command import options
from operate.command.options import Means
from operate.credentials import who
from operate.replay import replay


@options.command(
    "replay",
    "replay --stack Staging --profile production",
    "replay --json",
)
@options.stack
@options.account
@click.option(
    "--forget",
    is_flag=True,
    help="Delete the letters of changes that are nowhere any more, that a filter keeps back, or "
    "that are over, or open again, by now.",
)
@options.as_json
@options.means
def command(
    means: Means,
    *,
    stack: str,
    profile: str | None,
    region: str | None,
    forget: bool,
    as_json: bool,
) -> int:
    """Send again what ended in the dead-letter queues.

    The functions themselves publish and alert, so that a change goes the same way as always; one
    that was sent already is sent once more under the same id. What could not be brought to a chat,
    a pager or a topic of yours is brought to that one alone; at a chat or a pager, what is over by
    now opens nothing again, and what is open again is not ended. docs/runbook.md says what your
    credentials must allow.
    """
    clients = means.clients(profile, region)
    say, said = Console(highlight=False, soft_wrap=True, stderr=as_json).print, list[str]()

    def tell(text: str) -> None:
        said.append(text)
        say(escape(legible(text)))

    who(clients)
    try:
        troubles = replay(stack, clients, tell, forget=forget)
    except KeyboardInterrupt:
        say("Stopped. What was not sent is in the queue, to be received at once.")
        raise
    for trouble in troubles:
        say(f"[red]✗[/] {escape(legible(in_a_line(trouble)))}")
    if troubles:
        say("What is still in a queue stays there for 14 days: docs/runbook.md")
    if as_json:
        click.echo(screen.as_json({"said": said, "troubles": [*map(in_a_line, troubles)]}))
    return 1 if troubles else 0
