"""`./jobwatch check`: says what is wrong with files, or what they come to."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import rich_click as click

from infra.checked import check
from infra.config.files.mistakes import Mistakes
from infra.summary import summary
from operate import screen
from operate.command import options


@options.command(
    "check",
    "check --watches mine.yaml",
    "check team-a/watches.yaml team-b/watches.yaml",
    "check --json",
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]")
@options.watches
@options.as_json
def command(files: tuple[Path, ...], watches: Path, *, as_json: bool) -> int:
    """Check watches.yaml and the rows beside it, in seconds.

    It reads files only: no account, no network, no CDK. What is wrong is told in a line each, with
    exit code 1; else what a file comes to: calls, dollars, recipients, permissions.

    FILES are checked instead of watches.yaml, each for itself.
    """
    every = [_checked(file) for file in files or (watches,)]
    if as_json:
        click.echo(screen.as_json([plain for plain, _ in every]))
    else:
        for plain, lines in every:
            click.echo("\n".join(lines), err=bool(plain["mistakes"]))
    return 1 if any(plain["mistakes"] for plain, _ in every) else 0


def _checked(file: Path) -> tuple[dict[str, Any], list[str]]:
    """Give what is to be said of a file, for programs and for people."""
    try:
        compiled, reckoned = check(file, options.CATALOGUE)
    except Mistakes as found:
        mistakes = [asdict(each) for each in found.mistakes]
        return {"file": str(file), "mistakes": mistakes}, [*map(str, found.mistakes)]
    plain = {
        "file": str(file),
        "mistakes": [],
        "watches": sorted(compiled.plan.watches),
        "sources": sorted(compiled.plan.sources),
        "lanes": reckoned.lanes,
        "calls_a_minute": round(reckoned.calls_a_minute, 1),
        "dollars_a_month": round(reckoned.dollars, 2),
    }
    return plain, [*summary(compiled, reckoned, compiled.document.file)]
