"""The options of `make cost`, and what they ask for."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from infra.config.files.durations import DAY, MINUTE, seconds
from infra.config.plan import compile_plan
from infra.config.values import OFTEN
from infra.context import WATCHES
from infra.cost.fleet import Activity, Group, groups_of, so_many
from infra.cost.reckoning import told
from operate.args import add_context, value_of

ROOT = Path(__file__).resolve().parents[2]
USUAL = Activity()


Asked = tuple[Sequence[Group], Activity]
"""What somebody asks for: what is watched, and what goes on there."""


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
    given = parser.parse_args(arguments)
    for name, whole in (("unfinished", "jobs"), ("alerts", "changes")):
        found, most = getattr(given, name), getattr(given, whole)
        if found > most:
            parser.error(f"--{name}: found {found}, expected at most the {most} of --{whole}")
    recipients: dict[str, int] = {}
    if watched is None:
        file = ROOT / (given.watches or dict(given.context).get("watches", WATCHES))
        compiled = compile_plan(file, ROOT / "catalogue")
        as_given = dict.fromkeys(compiled.plan.sources, given.parents)
        watched = groups_of(compiled.plan, as_given if given.parents else compiled.parents)
        recipients = told(compiled)
    numbers = {name: getattr(given, name) for name, *_ in _NUMBERS}
    laid_over = {name: getattr(given, name) for name in ("every", "stalls")}
    places = {name: getattr(given, name) for name in ("accounts", "regions")}
    laid_over |= {name: so_many(number) for name, number in places.items() if number}
    over = {name: value for name, value in laid_over.items() if value}
    return [replace(group, **over) for group in watched], Activity(**numbers, **recipients)


def _parser(words: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make cost", description=words, allow_abbrev=False)
    add_context(parser)
    add = parser.add_argument_group("what is watched").add_argument
    words = f"another file than {WATCHES}"
    add("--watches", "--file", type=value_of("watches"), metavar="FILE", help=words)
    add("--accounts", type=whole(1), metavar="N", help="of each watch, the stack's own included")
    add("--regions", type=whole(1), metavar="N", help="of each watch")
    words = "applications, segments and such, where a watch names none; left out: as rows say"
    add("--parents", type=whole(1), metavar="N", help=words)
    add("--every", type=_cadence, metavar="'5 minutes'", help="how often each watch is due")
    words = "each watch has `stalled_after`, whatever the file says: progress is written"
    add("--stalls", action="store_true", help=words)
    add = parser.add_argument_group("what goes on there").add_argument
    for name, most, words in _NUMBERS:
        usual = getattr(USUAL, name)
        said = f"{words}; left out: {usual:,}"
        add(f"--{name}", type=whole(0, most), default=usual, metavar="N", help=said)
    return parser


_NUMBERS = (
    ("jobs", None, "jobs that are listed and remembered"),
    ("unfinished", None, "of them, at any time"),
    ("changes", None, "changes of a status a day"),
    ("alerts", None, "of them, that send an alert"),
    ("moving", 100, "percent of them move at each look (stalled_after)"),
    ("busy", 100, "percent of the time with unfinished jobs (idle_every)"),
)


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Give what reads a whole number in an option."""

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
