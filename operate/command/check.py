"""`./jobwatch check`: says what is wrong with a file, or what it comes to."""

from pathlib import Path

import rich_click as click

from infra.config.plan import compile_plan
from infra.cost.reckoning import reckon
from operate.command import options
from operate.screen import as_json as write_json

CATALOGUE = options.ROOT / "catalogue"


@options.command("./jobwatch check", "./jobwatch check --watches mine.yaml")
@options.watches
@options.as_json
def command(watches: Path, *, as_json: bool) -> int:
    """Check watches.yaml and the rows beside it, in seconds.

    It reads files only: no account, no network, no CDK.
    """
    compiled = compile_plan(watches, CATALOGUE)
    reckoned = reckon(compiled)
    found = {"watches": len(compiled.plan.watches), "dollars_a_month": reckoned.dollars}
    click.echo(write_json(found) if as_json else f"{watches}: no mistake")
    return 0
