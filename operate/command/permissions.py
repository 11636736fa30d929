"""`./jobwatch permissions`: says what each role may do, and why."""

from dataclasses import asdict
from pathlib import Path

import rich_click as click

from infra.config.plan import compile_plan
from operate import screen
from operate.command import options
from operate.command.options import Means


@options.command(
    "permissions",
    "permissions --watches mine.yaml > permissions.md",
    "permissions --json",
)
@options.watches
@options.stack
@options.as_json
@options.means
def command(means: Means, *, watches: Path, stack: str, as_json: bool) -> int:
    """Say what each role of the stack may do and who may use what it owns, each with a reason.

    It reads the template that a deployment would send, and writes Markdown.
    """
    compiled = compile_plan(watches, options.CATALOGUE)
    # The CDK's library starts Node when it is imported.
    from operate.permissions import REASONS, markdown, statements, template_of  # noqa: PLC0415

    template = (means.synthesize or template_of)(compiled, stack)
    if as_json:
        found = [asdict(each) | {"why": REASONS[each.reason]} for each in statements(template)]
        click.echo(screen.as_json(found))
    else:
        click.echo(markdown(template).lstrip())
    return 0
