"""`./jobwatch draft`: prints a row, or writes it."""

from pathlib import Path

import rich_click as click

from infra.config.files.mistakes import shown
from operate import screen
from operate.command import options
from operate.draft.drafting import operations, sources, unknown, written
from operate.draft.held import CATALOGUE, Unwritable


@options.command(
    "draft comprehend",
    "draft comprehend ListSentimentDetectionJobs",
    "draft comprehend ListSentimentDetectionJobs --write",
    "draft comprehend --json",
)
@click.argument("service")
@click.argument("operation", required=False)
@click.option("--write", is_flag=True, help="Add the row to its file of the catalogue.")
@click.option(
    "--catalogue",
    type=click.Path(path_type=Path),
    default=CATALOGUE,
    show_default=False,
    metavar="DIR",
    help="Another folder than catalogue/.",
)
@options.as_json
def command(
    service: str, operation: str | None, catalogue: Path, *, write: bool, as_json: bool
) -> int:
    """Draft a row of the catalogue out of botocore's model of a service.

    SERVICE is botocore's name of it. Without OPERATION, those that look like lists of jobs are
    listed. What the model can't tell stands in the row behind `# ?`; what is still wrong is said
    below it, with exit code 1.
    """
    if wrong := unknown(service, operation):
        raise click.UsageError(wrong)
    if not catalogue.is_dir():
        raise click.UsageError(f"found {shown(str(catalogue))}, expected a folder")
    if operation is None:
        listed = "\n".join(operations(service, catalogue))
        click.echo(screen.as_json(sources(service, catalogue)) if as_json else listed)
        return 0
    try:
        text, mistakes = written(service, operation, catalogue, write=write)
    except Unwritable as why:
        raise click.ClickException(str(why)) from why
    if as_json:
        click.echo(screen.as_json({"text": text, "mistakes": mistakes}))
        return 1 if mistakes else 0
    click.echo(text, nl=False)
    for each in mistakes:
        click.echo(each, err=True)
    return 1 if mistakes else 0
