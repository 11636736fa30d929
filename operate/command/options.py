"""The options that mean the same in every subcommand, and what commands do their work with."""

import shlex
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import rich_click as click
from click.shell_completion import CompletionItem
from rich.text import Text

from infra.config.aws.regions import regions
from infra.config.files.mistakes import InvalidValueError, nearest_word, one_of, shown
from infra.config.plan import Compiled
from infra.context import KEYS, STACK, WATCHES, mistake
from lambdas.deadline import Clock
from operate.aws import Clients, Fetch, clients_here, download
from operate.cdk import COMMAND, OUT
from operate.set_up import set_up
from operate.ways import Typed

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "catalogue"
OURS = ("--watches", "--stack", "--profile", "--region")
Command = Callable[..., Any]


def now() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Means:
    """What commands do their work with: a test gives others, as click's `obj`.

    `clients` makes clients for a profile, a region and whether they only read; `fetch` fetches what
    a service gave a link to. `cdk` is the CDK's command line, which writes to `out`; `set_up` has
    make bring folders up to date. `build` and `synthesize` give what a folder would deploy, where
    that is not this one. `clock` tells the time, `sleep` waits so many seconds.
    """

    clients: Callable[..., Clients] = clients_here
    fetch: Fetch = download
    cdk: Path = COMMAND
    out: Path = OUT
    set_up: Callable[..., None] = set_up
    build: Callable[..., Path] | None = None
    synthesize: Callable[[Compiled, str], Mapping[str, Any]] | None = None
    clock: Clock = now
    sleep: Callable[[float], None] = time.sleep


means = click.make_pass_decorator(Means, ensure=True)
"""Gives a command the means as its first argument."""


class Subcommand(click.RichCommand):
    """One whose mistakes in words always know whose words they are."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


def command(*examples: str) -> Callable[[Command], click.Command]:
    """Make a function a subcommand of its docstring, with examples of what to type."""
    shown = Text("\n".join(("Examples:", *(f"  ./jobwatch {each}" for each in examples))))
    # It is written as it is: of plain text the lines would be joined.
    return click.command(cls=Subcommand, epilog=shown)


class Read(click.ParamType[Any]):
    """What a function reads out of a word, that says itself what it expects instead.

    `words` gives those that a shell completes; files where it is None.
    """

    def __init__(
        self,
        read: Callable[[str], Any],
        name: str = "N",
        words: Callable[[], Iterable[str]] | None = tuple,
    ) -> None:
        self.read, self.name, self.words = read, name, words

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002  click's
        param: click.Parameter,  # noqa: ARG002  click's
        incomplete: str,
    ) -> list[CompletionItem]:
        """Give the words that begin so, written large or small."""
        if self.words is None:
            return [CompletionItem(incomplete, type="file")]
        begun = incomplete.upper()
        return [CompletionItem(each) for each in self.words() if each.upper().startswith(begun)]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it; a default is what it is."""
        if not isinstance(value, str):
            return value
        try:
            return self.read(value)
        except InvalidValueError as error:
            near = nearest_word(value, error.among)
            self.fail(f"{error}" + (f"; did you mean {near}?" if near else ""), param, ctx)


class Choice(click.Choice[str]):
    """One of a few words, which help lists and shells complete."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse any other, and name the nearest."""
        if value not in self.choices:
            near = nearest_word(value, self.choices)
            hint = f"; did you mean {near}?" if near else ""
            self.fail(f"found {shown(value)}, expected {one_of(self.choices)}{hint}", param, ctx)
        return super().convert(value, param, ctx)


def word_of(words: Iterable[str]) -> Read:
    """Take one of these words, written large or small."""
    right = {each.upper(): each for each in words}

    def read(word: str) -> str:
        if word.upper() not in right:
            raise InvalidValueError(shown(word), one_of(right), right)
        return right[word.upper()]

    return Read(read, "word", right.values)


def _of_context(key: str, value: str) -> str:
    """Hold a word against what a deployment takes with `-c`."""
    if wrong := mistake(key, value):
        raise InvalidValueError(shown(value), wrong.partition(": expected ")[2])
    return value


def _region(word: str) -> str:
    """Refuse a region that there is not: AWS would be called in vain, and slowly."""
    if word not in regions():
        raise InvalidValueError(shown(word), "a region of AWS", regions())
    return word


def _path(word: str) -> Path:
    return Path(_of_context("watches", word))


watches = click.option(
    "--watches",
    type=Read(_path, "file", None),
    default=ROOT / WATCHES,
    show_default=False,
    metavar="FILE",
    help=f"Another file than {WATCHES}.",
)
stack = click.option(
    "--stack",
    type=Read(partial(_of_context, "stack")),
    default=STACK,
    metavar="NAME",
    help=f"The stack's name; left out: {STACK}.",
)
profile = click.option("--profile", metavar="NAME", help="Whose credentials to use.")
region = click.option(
    "--region",
    type=Read(_region, "region", regions),
    metavar="NAME",
    help="Where the stack is, or is to be; left out: the region that is set here.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def account(command: Command) -> Command:
    """Add what says with whose credentials, and in which region."""
    return profile(region(command))


def as_typed(watches: Path, profile: str | None, region: str | None) -> Typed:
    """Give the words with which a file and an account were named, to be typed again."""
    file = None if watches == ROOT / WATCHES else str(watches)
    return Typed(_said("--watches", file), _said("--profile", profile) + _said("--region", region))


def _said(option: str, value: str | None) -> str:
    return f" {option} {shlex.quote(value)}" if value else ""


def of_the_cdk(command: Command) -> Command:
    """Add what the CDK is asked with: a file, a stack, an account, and words of its own."""
    words = click.argument(
        "words", nargs=-1, type=click.UNPROCESSED, callback=_its_words, metavar="[-- WORDS]"
    )
    return watches(stack(account(words(means(command)))))


def _its_words(
    ctx: click.Context, param: click.Parameter, words: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse what it would take for nothing, and deploy the usual file over the usual stack."""
    for at, word in enumerate(words):
        option, _, value = word.partition("=")
        if at == 0 and not word.startswith("-"):
            raise click.BadParameter(f"found {shown(word)}, expected none before --", ctx, param)
        if option in OURS:
            raise click.BadParameter(f"found {option} after --, expected it before", ctx, param)
        if near := next(iter(get_close_matches(option, OURS[2:], n=1, cutoff=0.8)), None):
            raise click.BadParameter(f"found {option}, expected {near} before --", ctx, param)
        if word in ("-c", "--context"):
            _check_context((*words, "")[at + 1], ctx, param)
        elif option == "--context" or (word.startswith("-c") and not word.startswith("--")):
            _check_context(value if option == "--context" else word[2:], ctx, param)
    return words


def _check_context(word: str, ctx: click.Context, param: click.Parameter) -> None:
    key, _, value = word.partition("=")
    if key in KEYS:
        raise click.BadParameter(f"found -c {word}, expected --{key} {KEYS[key][0]}", ctx, param)
    if wrong := mistake(key, value):
        raise click.BadParameter(wrong, ctx, param)
