"""`./jobwatch tail`: shows events as they arrive."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from types import FrameType

import rich_click as click
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.legible import legible, write_line
from operate.aws import Fetch, in_a_line
from operate.command import options
from operate.command.options import Means
from operate.credentials import who
from operate.remembered.deployed import no_such, plan_of
from operate.remembered.words import FAILED
from operate.screen import console
from operate.stack import Stack, deployed_stack
from operate.tail.events import Wanted, arriving
from operate.tail.leftovers import left_behind
from operate.tail.queue import Tail, listening, new_tail
from operate.telling import COLOURS, line, print_line
from operate.trouble import Trouble

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a tail: Ctrl-C, to be killed, and a terminal that is closed."""


@options.command(
    "tail",
    "tail --failed --watch 'prod-*'",
    "tail --json | jq .detail.job_id",
)
@options.stack
@click.option(
    "--watch", "watches", multiple=True, metavar="NAME", help="Only of this watch; a glob."
)
@click.option(
    "--source", "sources", multiple=True, metavar="ID", help="Only of this source; a glob."
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=options.word_of(COLOURS),
    metavar="STATUS",
    help=f"Only of this status: {', '.join(COLOURS)}.",
)
@click.option("--failed", is_flag=True, help="Only what failed, in whole or in part.")
@options.account
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an event a line.")
@options.means
def command(
    means: Means,
    *,
    stack: str,
    watches: tuple[str, ...],
    sources: tuple[str, ...],
    statuses: tuple[str, ...],
    failed: bool,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Show events as they arrive, until you end it with Ctrl-C.

    It makes a queue, and a rule on the bus that fills it, and removes both when it ends; what an
    earlier tail left behind goes as well. docs/poll.md says what your credentials must allow.
    """
    clients = means.clients(profile, region, reading=True)
    who(clients)
    found = deployed_stack(stack, clients)
    wanted = Wanted(watches, sources, (*statuses, *(FAILED if failed else ())))
    if watches or sources:
        _check(wanted, found, means.fetch)
    tail, screen = new_tail(clients, found, means.clock()), console()
    _clear(tail, means)
    with _ended_by(*ENDING), listening(tail, means.clock(), _warn) as url:
        _say(f"Listening to {stack}: the first event may take a minute. Ctrl-C ends it.")
        for event in arriving(tail, url, means.clock):
            if wanted.takes(event):
                if as_json:
                    click.echo(write_line(event))
                else:
                    print_line(screen, line(event["detail-type"], event["detail"]))
    return 0


def _check(wanted: Wanted, stack: Stack, fetch: Fetch) -> None:
    """Refuse what no event can be of; who may not read the plan may listen all the same.

    :raises Trouble: where a glob fits no watch, or no source, of the stack.
    """
    try:
        plan = plan_of(stack, fetch)
    except (ClientError, BotoCoreError, Trouble) as error:
        _say(f"Whether there is such a watch or source can't be looked up: {in_a_line(error)}")
        return
    for option, globs, what, there in (
        ("--watch", wanted.watches, "a watch", plan.watches),
        ("--source", wanted.sources, "a source", plan.sources),
    ):
        for glob in globs:
            if not any(fnmatchcase(each, glob) for each in there):
                raise no_such(option, glob, f"{what} of {stack.name}", there)


def _clear(like: Tail, means: Means) -> None:
    """Remove what earlier tails left behind; who may not look for it may listen all the same."""
    try:
        for each in [*left_behind(like, means.clock())]:
            kept = [*each.end()]
            for said in kept or [f"{each.name} was left behind by an earlier tail: it is removed"]:
                _say(said)
    except (ClientError, BotoCoreError) as error:
        _say(f"What earlier tails left behind can't be looked for: {in_a_line(error)}")


@contextmanager
def _ended_by(*signals: signal.Signals) -> Iterator[None]:
    """Let the first of some signals end it, and none of them what it does as it ends.

    A terminal that is closed sends two, and who waits presses Ctrl-C again. What is ignored
    already, as by nohup, stays so.
    """
    before = {each: signal.getsignal(each) for each in signals}
    heeded = [each for each in signals if before[each] is not signal.SIG_IGN]

    def stop(_number: int, _frame: FrameType | None) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    try:
        for each in heeded:
            signal.signal(each, stop)
        yield
    finally:
        for each in heeded:
            signal.signal(each, before[each])


def _say(text: str) -> None:
    click.echo(legible(text), err=True)


def _warn(text: str) -> None:
    _say(f"✗ {text} → remove it by hand, or the next tail does in an hour")
