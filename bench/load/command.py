"""The load test's command line: sizes in, a table and a file out."""

import argparse
from collections.abc import Sequence
from dataclasses import fields

from bench import record
from bench.load.report import beside_slow, table
from bench.load.run import load
from bench.load.scenario import Size
from demo.local_aws import Trouble
from demo.show import Terminal

PATIENCE = 900.0
_WORDS = {
    "scopes": "places to look at",
    "jobs": "jobs in each scope",
    "changes": "changes in each tick",
    "ticks": "ticks to run; every second one beside a slow lane",
}


def main(arguments: Sequence[str]) -> int:
    """Run the load test; return 0 when everything arrived, and nothing else."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    for each in fields(Size):
        parser.add_argument(
            f"--{each.name}", type=_count, default=each.default, help=_WORDS[each.name]
        )
    words = "seconds that a tick may take"
    parser.add_argument("--patience", type=float, default=PATIENCE, help=words)
    parser.add_argument("--keep", default="load", help="the name in bench/results; left out: load")
    given = vars(parser.parse_args(arguments))
    patience, name = given.pop("patience"), given.pop("keep")
    terminal = Terminal()
    try:
        result = load(Size(**given), terminal, patience)
    except Trouble as trouble:
        terminal.fault(str(trouble))
        return 1
    record.write(name, **result)
    terminal.console.print(table(result["ticks"]), beside_slow(result["ticks"]), sep="\n")
    for fault in result["faults"]:
        terminal.fault(fault)
    terminal.console.print("`make bench ARGS=--page` takes it into docs/performance.md")
    return 1 if result["faults"] else 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number above 0")
    return int(text)
