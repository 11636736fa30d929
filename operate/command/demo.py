"""`./jobwatch demo`: plays the demonstration."""

import os
import sys
from pathlib import Path

import rich_click as click

from infra.config.files.mistakes import InvalidValueError, shown
from operate.command import options
from operate.command.options import Means
from operate.set_up import LOCAL_AWS, NODE


def _new_file(word: str) -> Path:
    """Refuse where no file can be: it is written when the story is over."""
    path = Path(word).resolve()
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidValueError(shown(word), "a file in a folder that is there")
    return path


@options.command("demo", "demo --keep")
@click.option("--keep", is_flag=True, help="Leave everything running, for you to try.")
@click.option(
    "--picture",
    type=options.Read(_new_file, "file", None),
    metavar="FILE",
    help="Draw the screen at its fullest into a file, as SVG.",
)
@options.means
def command(means: Means, *, keep: bool, picture: Path | None) -> None:
    """Watch a story of jobs on a local AWS, to which the real stack is deployed.

    It needs no account, and takes little more than a minute once it is set up.
    """
    means.set_up(LOCAL_AWS, NODE)
    words = [*(["--keep"] if keep else []), *(["--picture", str(picture)] if picture else [])]
    # It ends what it started whatever ends it, for which it must be the process that is ended.
    os.chdir(options.ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "demo", *words])  # noqa: S606  ours
