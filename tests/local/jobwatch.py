"""`./jobwatch` for the commands of a page: some do their work, of others the words are read."""

import os
import runpy
import sys

import click

from operate.command.group import SUMMARIES, ended, jobwatch, load
from tests.catalogue import ours, read_once
from tests.models import parse_once

QUICK = ("check", "cost", "member", "replay", "sources")
"""Subcommands that run for real; of the others is seen that they are there, with their words."""

for each in SUMMARIES:
    load(each)
parse_once()
read_once()
ours()


def main(words: list[str]) -> int | None:
    """Run a command line, or only read it; give its exit code."""
    name = words[0]
    if name == "member":
        words = [*words, "--watches", os.environ["WATCHES"]]
    if os.environ["DRY"] or name not in QUICK:
        return _with_words(words)
    sys.argv = ["jobwatch", *words]
    runpy.run_module("operate", run_name="__main__")
    return None


def _with_words(words: list[str]) -> int:
    try:
        return ended(lambda: read(words))
    except click.exceptions.Exit as done:
        return done.exit_code


def read(words: list[str]) -> int:
    """Give the exit code with which wrong words would end it."""
    ctx = jobwatch.context_class(jobwatch, info_name="./jobwatch")
    name, command, others = jobwatch.resolve_command(ctx, words)
    # A sentence may name a subcommand alone that is called with more.
    if command and others:
        command.make_context(name, others, parent=ctx)
    return 0
