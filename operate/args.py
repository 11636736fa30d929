"""The words after a command: `make deploy ARGS="-c stack=Staging"`.

The CDK's command line takes an option or a context that it does not know for nothing, and would
deploy the usual file over the usual stack. `python -m operate.args` tells before it is asked.
"""

import argparse
import difflib
from collections.abc import Callable, Sequence
from typing import NoReturn

from infra.context import mistake
from infra.terminal import run_main

MEANT = {
    "--watches": "-c watches=PATH",
    "--file": "-c watches=PATH",
    "--stack": "-c stack=NAME",
}
"""Words of the other commands, and what is said instead to the CDK's."""
OURS = ("--profile", "--region", "--context")
SPARED = ("--proxy", "--ca-bundle-path")
"""Ways to AWS that are the CDK's alone."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"ARGS: {message}\n")


def add_context(parser: argparse.ArgumentParser) -> None:
    """Take `-c watches=PATH` and `-c stack=NAME`, as a deployment does."""
    words = "watches=PATH or stack=NAME, as for `make deploy`"
    parser.add_argument("-c", "--context", action="append", type=_pair, default=[], help=words)


def value_of(key: str) -> Callable[[str], str]:
    """Give what reads an option that says the same as a key of the context."""

    def read(value: str) -> str:
        return _pair(f"{key}={value}")[1]

    return read


def read_words(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read what of the words for the CDK's command line is ours, too; exit where one is wrong."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    add_context(parser)
    for option in ("--profile", "--region", *SPARED):
        parser.add_argument(option)
    given, others = parser.parse_known_args(arguments)
    for each in others:
        if meant := _meant(each.partition("=")[0]):
            parser.error(f"found {each}, expected {meant}")
    return given


def _pair(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    if wrong := mistake(key, value):
        raise argparse.ArgumentTypeError(wrong)
    return key, value


def _meant(option: str) -> str | None:
    close = difflib.get_close_matches(option, OURS, n=1, cutoff=0.8)
    return MEANT.get(option) or next(iter(close), None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit with 2, and a line, where a word is wrong."""
    read_words(arguments)
    return 0


if __name__ == "__main__":
    run_main(main)
