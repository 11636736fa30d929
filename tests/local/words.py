"""Reads the words of a command line of `./jobwatch`, and does nothing of what they say."""

import sys

import click

from operate.command.group import ended, jobwatch


def read(words: list[str]) -> int:
    """Give the exit code with which wrong words would end it."""
    ctx = jobwatch.context_class(jobwatch, info_name="./jobwatch")
    name, command, others = jobwatch.resolve_command(ctx, words)
    # A sentence may name a subcommand alone that is called with more.
    if command and others:
        command.make_context(name, others, parent=ctx)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(ended(lambda: read(sys.argv[1:])))
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
