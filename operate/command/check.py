"""`./jobwatch check`: says what is wrong with files, or what they come to."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import rich_click as click

from infra.checked import check
from infra.config.files.mistakes import Mistakes
from infra.config.rows import FOLDER
from infra.context import WATCHES
from infra.summary import summary
from lambdas.legible import legible
from operate import screen
from operate.command import options

NAMES = (WATCHES, "watches.yml")
"""What the file beside a folder of rows may be called; any other is named by --watches."""


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

    FILES are checked instead of watches.yaml, each for itself; of a row in a folder `catalogue`,
    the watches.yaml beside that folder.
    """
    every = [_checked(file) for file in (_meant(files, watches) if files else (watches,))]
    if as_json:
        click.echo(screen.as_json([plain for plain, _ in every]))
    else:
        for plain, lines in every:
            click.echo("\n".join(lines), err=bool(plain["mistakes"]))
    return 1 if any(plain["mistakes"] for plain, _ in every) else 0


def _meant(files: Iterable[Path], watches: Path) -> list[Path]:
    """Give the files to check, each once; a row that nothing reads is said to be one."""
    found: dict[Path, None] = {}
    for file in files:
        if reader := _reader(file, watches):
            found[reader] = None
        else:
            said = f"no {WATCHES} beside its folder reads it: not checked"
            click.echo(f"{legible(str(file))}: {said}", err=True)
    return [*found]


def _reader(file: Path, watches: Path) -> Path | None:
    """Give the file that reads a row, None where there is none; any other file is what it is."""
    if file.parent.name != FOLDER or file.name in NAMES:
        return file
    beside = file.parent.parent
    given = [watches] if watches.parent.resolve() == beside.resolve() else []
    return next((e for e in (*given, *(beside / name for name in NAMES)) if e.is_file()), None)


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
