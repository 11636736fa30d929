"""The options that mean the same in every subcommand, and what commands do their work with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click
from rich.text import Text

from infra.config.aws.regions import regions
from infra.config.files.mistakes import nearest_word, shown
from infra.context import STACK, WATCHES, mistake
from operate.aws import Clients, Fetch, clients_here, download

ROOT = Path(__file__).resolve().parents[2]
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Means:
    """What commands do their work with: a test gives others, as click's `obj`.

    `clients` makes clients for a profile, a region and whether they only read; `fetch` fetches what
    a service gave a link to.
    """

    clients: Callable[..., Clients] = clients_here
    fetch: Fetch = download


means = click.make_pass_decorator(Means, ensure=True)
"""Gives a command the means as its first argument."""


def command(*examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a subcommand of its docstring, with examples of what to type."""
    shown = Text("\n".join(("Examples:", *(f"  {each}" for each in examples))))
    # It is written as it is: of plain text the lines would be joined.
    return click.command(epilog=shown)


class Stack(click.ParamType[str]):
    """The name of a stack, as CloudFormation and the names made of it take it."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what can't be one."""
        if wrong := mistake("stack", value):
            self.fail(f"found {shown(value)}, {wrong.partition(': ')[2]}", param, ctx)
        return str(value)


class Region(click.ParamType[str]):
    """The name of a region that botocore knows."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse one that there is not: AWS would be called in vain, and slowly."""
        if value not in regions():
            near = nearest_word(value, regions())
            hint = f"; did you mean {near}?" if near else ""
            self.fail(f"found {shown(value)}, expected a region of AWS{hint}", param, ctx)
        return str(value)


watches = click.option(
    "--watches",
    type=click.Path(path_type=Path),
    default=ROOT / WATCHES,
    metavar="FILE",
    help=f"Another file than {WATCHES}.",
)
stack = click.option(
    "--stack",
    type=Stack(),
    default=STACK,
    metavar="NAME",
    help=f"The stack's name; left out: {STACK}.",
)
profile = click.option("--profile", metavar="NAME", help="Whose credentials to use.")
region = click.option(
    "--region", type=Region(), metavar="NAME", help="The region of the stack; left out: yours."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def account(command: Decorated) -> Decorated:
    """Add what says with whose credentials, and in which region."""
    return profile(region(command))
