"""`./jobwatch template`: writes what is deployed without the CDK."""

from pathlib import Path
from typing import Any

import rich_click as click

from infra.checked import check
from operate import screen
from operate.command import options
from operate.command.options import Means
from operate.rules import broken_file
from operate.template import Written, write


@options.command(
    "template",
    "template --watches mine.yaml --stack Staging --to jobwatch",
    "template --json",
)
@options.watches
@options.stack
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    default=options.ROOT / "build" / "template",
    show_default=False,
    metavar="DIR",
    help="The folder to write to; left out: build/template.",
)
@options.as_json
@options.means
def command(means: Means, *, watches: Path, stack: str, to: Path, as_json: bool) -> int:
    """Write a template and zips for those without the CDK.

    The template has parameters for the bucket and the keys of the zips: one of the code, which
    changes with the version only, and one of the plan, which is all that another watches.yaml
    changes beside the template. What an earlier call wrote into the folder is removed.
    docs/template.md says how to deploy them.
    """
    compiled, _ = check(watches, options.CATALOGUE)
    # The CDK's library starts Node when it is imported.
    from operate.permissions import template_of  # noqa: PLC0415

    written = write(to, compiled, stack, means.synthesize or template_of)
    if as_json:
        click.echo(screen.as_json(_plainly(written)))
    else:
        _tell(written, to)
    if wrong := broken_file(written.template):
        click.echo("\n".join(wrong), err=True)
    return 1 if wrong else 0


def _tell(written: Written, to: Path) -> None:
    for file in (written.template, written.code, written.plan):
        click.echo(f"Wrote {to / file.name} ({file.stat().st_size:,} bytes)")
    for file in written.removed:
        click.echo(f"Removed {to / file.name}, which an earlier call wrote")
    click.echo("docs/template.md says how to deploy them.")


def _plainly(written: Written) -> dict[str, Any]:
    files = {name: str(getattr(written, name)) for name in ("template", "code", "plan")}
    return {**files, "removed": [*map(str, written.removed)]}
