"""Writes the templates of the roles that other accounts deploy: `make member`.

There is one for each name of a role in `watches.yaml`. It takes the context that a deployment
takes: `make member ARGS="-c watches=mine.yaml -c stack=Staging"`.
"""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from infra.config.files.mistakes import Mistakes
from infra.config.plan import compile_plan
from infra.context import STACK, WATCHES
from infra.member import LARGEST_BODY, member_template
from infra.terminal import run_main
from operate.args import add_context

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"


def write_templates(watches: Path, stack: str, folder: Path) -> Iterator[Path]:
    """Write the templates into a folder; give their files.

    :raises Mistakes: when the watches or the catalogue are wrong.
    """
    readers = compile_plan(watches, ROOT / "catalogue").readers
    folder.mkdir(parents=True, exist_ok=True)
    for reader in readers:
        # A path's slashes become what no role's name can hold: each name has a file of its own.
        file = folder / f"{reader.role.replace('/', '~')}.template.yaml"
        file.write_text(member_template(reader, stack), encoding="utf-8")
        yield file


def main(arguments: Sequence[str] | None = None) -> int:
    """Write them to `build/` and say what to do with them."""
    parser = argparse.ArgumentParser(
        prog="make member", description="Write the role that other accounts deploy."
    )
    add_context(parser)
    context = dict(parser.parse_args(arguments).context)
    say = partial(Console(highlight=False).print, markup=False, soft_wrap=True)
    watches = context.get("watches", WATCHES)
    try:
        files = list(write_templates(ROOT / watches, context.get("stack", STACK), BUILD))
    except Mistakes as found:
        say(*map(str, found.mistakes), sep="\n")
        return 1
    if not files:
        say(f"{watches} names no `accounts`: there is nothing to deploy elsewhere.")
    for file in files:
        say(f"Wrote {BUILD.name}/{file.name}: docs/other-accounts.md says how to deploy it.")
        if file.stat().st_size > LARGEST_BODY:
            say(f"It has more than {LARGEST_BODY:,} bytes: CloudFormation takes it from a bucket.")
    return 0


if __name__ == "__main__":
    run_main(main)
