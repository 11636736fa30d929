"""The options of `make cost`, and what they ask for."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from infra.config.files.durations import DAY, MINUTE, seconds, spoken
from infra.config.files.mistakes import nearest_word
from infra.config.plan import compile_plan
from infra.config.values import OFTEN
from operate.cost.fleet import Activity, Change, Group, from_plan, made_up

ROOT = Path(__file__).resolve().parents[2]
USUAL = Activity()
PARENTS = 10


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks for: what is watched, and what goes on there."""

    groups: Sequence[Group]
    activity: Activity


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where to find what is right."""

    def error(self, message: str) -> NoReturn:
        """Stop with exit code 2, as argparse does."""
        said = message.removeprefix("argument ")
        self.exit(2, f'{self.prog}: {said}\nmake cost ARGS="--help" lists the options.\n')


def ask(arguments: Sequence[str] | None = None, words: str | None = None) -> Question:
    """Read the options and the file that they name; `words` describe the command.

    :raises Mistakes: when the file is wrong.
    """
    parser = _parser(words)
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(_no_option(unknown[0], given))
    _check(parser, given)
    groups, emails = _watched(given)
    activity = Activity(
        jobs=given.jobs,
        unfinished=given.unfinished,
        moving=given.moving / 100,
        changes=given.changes,
        alerts=given.alerts,
        emails=emails if given.emails is None else given.emails,
        busy=given.busy / 100,
    )
    return Question(groups, activity)


def _no_option(found: str, given: argparse.Namespace) -> str:
    options = [f"--{name.replace('_', '-')}" for name in vars(given)]
    nearest = nearest_word(found, options)
    return f'found "{found}", expected an option' + (
        f"; did you mean {nearest}?" if nearest else ""
    )


def _watched(given: argparse.Namespace) -> tuple[list[Group], int]:
    """Read the file, unless watches are made up, and lay the options over it."""
    what_if = Change(
        accounts=given.accounts,
        regions=given.regions,
        every=given.every,
        idle_every=given.idle_every,
        stalls=given.stalls,
    )
    if given.watches is not None:
        return made_up(given.watches, given.parents or 1, given.pages, what_if), 0
    compiled = compile_plan(given.file, ROOT / "catalogue")
    parents = given.parents or PARENTS
    return from_plan(compiled.plan, parents, given.pages, what_if), len(compiled.emails)


def _parser(words: str | None) -> Parser:
    parser = Parser(prog="make cost", description=words, allow_abbrev=False)
    add = parser.add_argument_group("what is watched").add_argument
    add("--file", type=Path, default=ROOT / "watches.yaml", help="left out: watches.yaml")
    add("--watches", type=_whole(1), metavar="N", help="so many watches, instead of the file's")
    add("--accounts", type=_whole(1), metavar="N", help="of each watch, the stack's own included")
    add("--regions", type=_whole(1), metavar="N", help="of each watch")
    words = f"in a place, where a watch names none; left out: {PARENTS}"
    add("--parents", type=_whole(1), metavar="N", help=f"applications, segments and such {words}")
    words = "of a list; one that is newest first is read to its end once a day; left out: 1"
    add("--pages", type=_whole(1), metavar="N", default=1, help=words)
    add("--every", type=_cadence, metavar="'5 minutes'", help="how often each watch is due")
    add("--idle-every", type=_duration, metavar="'1 hour'", help="and while nothing is unfinished")
    words = "each watch has `stalled_after`, whatever the file says: progress is written"
    add("--stalls", action="store_true", help=words)
    add = parser.add_argument_group("what goes on there").add_argument
    add("--emails", type=_whole(0), metavar="N", help="addresses; left out: the file's")
    for name, usual, words in _NUMBERS:
        said = f"{words}; left out: {usual:,}"
        add(f"--{name}", type=_whole(0), default=usual, metavar="N", help=said)
    for name, part, words in _PARTS:
        said = f"percent {words}; left out: {part:.0%}".replace("%", "")
        add(f"--{name}", type=_percent, default=part * 100, metavar="N", help=said)
    return parser


_NUMBERS = (
    ("jobs", USUAL.jobs, "jobs that are remembered"),
    ("unfinished", USUAL.unfinished, "of them, at any time"),
    ("changes", USUAL.changes, "changes of a status a day"),
    ("alerts", USUAL.alerts, "of them, that send an alert"),
)
_PARTS = (
    (
        "moving",
        USUAL.moving,
        "of the unfinished jobs that move at each look (stalled_after, --stalls)",
    ),
    ("busy", USUAL.busy, "of the time in which a scope has unfinished jobs (--idle-every)"),
)


def _check(parser: Parser, given: argparse.Namespace) -> None:
    """Refuse numbers that can't be together."""
    for name, whole in (("unfinished", "jobs"), ("alerts", "changes")):
        found, most = getattr(given, name), getattr(given, whole)
        if found > most:
            parser.error(f"--{name}: found {found}, expected at most the {most} of --{whole}")
    if given.idle_every and given.every and given.idle_every < given.every:
        parser.error(
            f"--idle-every: found {spoken(given.idle_every)}, expected at least "
            f"the {spoken(given.every)} of --every"
        )


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = text.replace(",", "").replace("_", "")
        if not (number.isascii() and number.isdecimal() and int(number) >= least):
            raise argparse.ArgumentTypeError(
                f'found "{text}", expected a whole number from {least}'
            )
        return int(number)

    return read


def _percent(text: str) -> float:
    if not (text.isascii() and text.isdecimal() and int(text) <= 100):  # noqa: PLR2004  all of it
        raise argparse.ArgumentTypeError(f'found "{text}", expected a percentage from 0 to 100')
    return float(text)


def _duration(text: str) -> int:
    found = seconds(text)
    if found is None or not min(OFTEN) <= found <= DAY:
        raise argparse.ArgumentTypeError(
            f'found "{text}", expected a duration from {spoken(min(OFTEN))} to 1 day, '
            'such as "5 minutes"'
        )
    return found


def _cadence(text: str) -> int:
    found = _duration(text)
    if found % MINUTE and found not in OFTEN:
        shorter = ", ".join(map(str, OFTEN))
        raise argparse.ArgumentTypeError(
            f'found "{text}", expected whole minutes, or one of {shorter} seconds'
        )
    return found
