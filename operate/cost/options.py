"""The options of `make cost`, and what they ask for."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from infra.config.files.durations import DAY, MINUTE, seconds
from infra.config.files.mistakes import nearest_word
from infra.config.plan import compile_plan
from infra.config.values import OFTEN
from operate.cost.fleet import Activity, Group, from_plan

ROOT = Path(__file__).resolve().parents[2]
USUAL = Activity()
PARENTS = 10


Asked = tuple[Sequence[Group], Activity]
"""What somebody asks for: what is watched, and what goes on there."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where to find what is right."""

    def error(self, message: str) -> NoReturn:
        """Stop with exit code 2, as argparse does."""
        said = message.removeprefix("argument ")
        self.exit(2, f'{self.prog}: {said}\nmake cost ARGS="--help" lists the options.\n')


def ask(
    arguments: Sequence[str] | None = None,
    words: str | None = None,
    watched: Iterable[Group] | None = None,
) -> Asked:
    """Read the options, and the file that they name unless it is said what is `watched`.

    `words` describe the command.

    :raises Mistakes: when the file is wrong.
    """
    parser = _parser(words)
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(_no_option(unknown[0], given))
    for name, whole in (("unfinished", "jobs"), ("alerts", "changes")):
        found, most = getattr(given, name), getattr(given, whole)
        if found > most:
            parser.error(f"--{name}: found {found}, expected at most the {most} of --{whole}")
    emails = given.emails or 0
    if watched is None:
        compiled = compile_plan(given.file, ROOT / "catalogue")
        watched = from_plan(compiled.plan, given.parents)
        emails = len(compiled.emails) if given.emails is None else given.emails
    numbers = {name: getattr(given, name) for name, *_ in _NUMBERS}
    return [_changed(group, given) for group in watched], Activity(**numbers, emails=emails)


def _no_option(found: str, given: argparse.Namespace) -> str:
    nearest = nearest_word(found, [f"--{name.replace('_', '-')}" for name in vars(given)])
    meant = f"; did you mean {nearest}?" if nearest else ""
    return f'found "{found}", expected an option{meant}'


def _changed(group: Group, given: argparse.Namespace) -> Group:
    """Lay the options over what the file says."""
    return replace(
        group,
        accounts=given.accounts or group.accounts,
        regions=given.regions or group.regions,
        every=given.every or group.every,
        stalls=given.stalls or group.stalls,
    )


def _parser(words: str | None) -> Parser:
    parser = Parser(prog="make cost", description=words, allow_abbrev=False)
    add = parser.add_argument_group("what is watched").add_argument
    add("--file", type=Path, default=ROOT / "watches.yaml", help="left out: watches.yaml")
    add("--accounts", type=_whole(1), metavar="N", help="of each watch, the stack's own included")
    add("--regions", type=_whole(1), metavar="N", help="of each watch")
    words = f"applications, segments and such, where a watch names none; left out: {PARENTS}"
    add("--parents", type=_whole(1), metavar="N", default=PARENTS, help=words)
    add("--every", type=_cadence, metavar="'5 minutes'", help="how often each watch is due")
    words = "each watch has `stalled_after`, whatever the file says: progress is written"
    add("--stalls", action="store_true", help=words)
    add = parser.add_argument_group("what goes on there").add_argument
    add("--emails", type=_whole(0), metavar="N", help="addresses; left out: the file's")
    for name, usual, most, words in _NUMBERS:
        said = f"{words}; left out: {usual:,}"
        add(f"--{name}", type=_whole(0, most), default=usual, metavar="N", help=said)
    return parser


_NUMBERS = (
    ("jobs", USUAL.jobs, None, "jobs that are listed and remembered"),
    ("unfinished", USUAL.unfinished, None, "of them, at any time"),
    ("changes", USUAL.changes, None, "changes of a status a day"),
    ("alerts", USUAL.alerts, None, "of them, that send an alert"),
    ("moving", USUAL.moving, 100, "percent of them move at each look (stalled_after)"),
    ("busy", USUAL.busy, 100, "percent of the time with unfinished jobs (idle_every)"),
)


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = text.replace(",", "").replace("_", "")
        if not number.isdecimal() or not least <= int(number) <= (most or int(number)):
            words = f"a whole number from {least} " + (f"to {most}" if most else "on")
            raise argparse.ArgumentTypeError(f'found "{text}", expected {words}')
        return int(number)

    return read


def _cadence(text: str) -> int:
    found = seconds(text)
    if found not in OFTEN and (found is None or found % MINUTE or not MINUTE <= found <= DAY):
        words = f"from 1 minute to 1 day, or one of {', '.join(map(str, OFTEN))} seconds"
        raise argparse.ArgumentTypeError(f'found "{text}", expected whole minutes {words}')
    return found
