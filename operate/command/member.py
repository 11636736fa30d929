"""`./jobwatch member`: writes the roles that other accounts deploy."""

from functools import partial
from pathlib import Path

import rich_click as click

from infra.member import LARGEST_BODY
from operate import screen
from operate.command import options
from operate.member import write_templates


@options.command(
    "member",
    "member --watches mine.yaml --stack Staging --to templates",
    "member --json",
)
@options.watches
@options.stack
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    default=options.ROOT / "build",
    show_default=False,
    metavar="DIR",
    help="The folder to write to; left out: build.",
)
@options.as_json
def command(watches: Path, stack: str, to: Path, *, as_json: bool) -> int:
    """Write the role that other accounts deploy, for each name of one in watches.yaml.

    docs/other-accounts.md says how to deploy it.
    """
    say = partial(click.echo)
    files = list(write_templates(watches, stack, to))
    if as_json:
        click.echo(screen.as_json({"files": [*map(str, files)]}))
        return 0
    if not files:
        say(f"{watches.name} names no `accounts`: there is nothing to deploy elsewhere.")
    for file in files:
        say(f"Wrote {file}: docs/other-accounts.md says how to deploy it.")
        if file.stat().st_size > LARGEST_BODY:
            say(f"It has more than {LARGEST_BODY:,} bytes: CloudFormation takes it from a bucket.")
    return 0
