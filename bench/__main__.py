"""`python -m bench`: measure, keep what was measured, and write docs/performance.md of it.

A part that is named is measured anew, the others stay as they were kept.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from bench import history, page, record, side_by_side, start
from bench.surroundings import Surroundings
from bench.tables import Record, calls, ratio
from demo.local_aws import ROOT, Trouble
from demo.show import Terminal

REQUIREMENTS = Path(__file__).parent / "requirements"
PARTS = {
    "side-by-side": (side_by_side, ("boto3", "custodian", "airflow", "moto")),
    "history": (history, ("boto3",)),
}
"""What is measured case by case: the module, and the environments whose versions matter."""
START = "start"
"""What is measured at once: the functions' size, start and memory."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts that are named, or all; return 0 if everything could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parts = [*PARTS, START]
    said = "what to measure; left out: everything"
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help=said)
    parser.add_argument("--quick", action="store_true", help="only the smaller numbers of jobs")
    parser.add_argument("--page", action="store_true", help="measure nothing, only write the page")
    given = parser.parse_args(arguments)
    terminal = Terminal()
    try:
        for name in [] if given.page else given.parts or parts:
            if name == START:
                record.write(START, **start.measure())
            else:
                _measure(name, terminal.console, quick=given.quick)
        with tempfile.TemporaryDirectory() as folder:
            surroundings = Surroundings(Path(folder))
            with surroundings.run("plots", "bench.plots") as plots:
                plots.ask()
    except Trouble as trouble:
        terminal.fault(str(trouble))
        return 1
    page.main()
    terminal.console.print(f"written to {page.PAGE.relative_to(ROOT)}")
    return 0


def _measure(name: str, console: Console, *, quick: bool) -> None:
    """Measure one part, tell of each record in a line, and keep them."""
    module, venvs = PARTS[name]
    measured: Iterator[Record] = module.measure(module.CASES[:2] if quick else module.CASES)
    records = []
    for each in measured:
        console.print(_line(each))
        records.append(each)
    versions = record.versions(*(REQUIREMENTS / f"{venv}.txt" for venv in venvs))
    record.write(name, versions=versions, records=records)


def _line(each: Record) -> str:
    """Write one record in a line."""
    jobs = each.get("jobs", each.get("finished", 0) + each.get("running", 0))
    service = each["source"].split(".")[0]
    about = f"{jobs:>7,} {service:12} {each.get('subject', 'Jobwatch'):16}"
    if "left_out" in each:
        return f"{about} not measured"
    cpu, wall = ratio(each, "cpu"), ratio(each, "wall")
    return f"{about} {calls(each['unchanged']):>7,} calls  {cpu:>6.1f} x cpu  {wall:>6.1f} x time"


if __name__ == "__main__":
    sys.exit(main())
