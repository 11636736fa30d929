"""`python -m bench`: measure, keep what was measured, and write docs/performance.md of it.

Nothing but this runs: a part that is named is measured anew, the others stay as they were kept.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench import history, page, record, side_by_side, start
from bench.launch import LaunchError
from bench.lines import ProcessError
from bench.surroundings import Surroundings
from demo.local_aws import ROOT, Trouble
from demo.panels import WIDTH

PARTS = {
    "side-by-side": (side_by_side, ("boto3", "custodian", "airflow", "moto")),
    "history": (history, ("boto3", "moto")),
}
"""What is measured case by case: the module, and the environments whose versions matter."""
START = "start"
"""What is measured at once: the functions' size, start and memory."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts that are named, or all; return 0 if everything could be measured."""
    options = _read(arguments)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)  # what is no terminal has no width
    try:
        for name in options.parts:
            if name == START:
                with console.status("start: a few minutes"):
                    start.keep()
            else:
                _measure(name, console, quick=options.quick)
        _draw()
    except (Trouble, ProcessError, LaunchError) as trouble:
        console.print(f"[bold red]✗[/] {trouble}", soft_wrap=True)
        return 1
    page.main()
    console.print(f"written to {page.PAGE.relative_to(ROOT)}")
    return 0


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        choices=[*PARTS, START, []],
        help="what to measure; left out: everything",
    )
    parser.add_argument("--quick", action="store_true", help="only the smaller numbers of jobs")
    parser.add_argument("--page", action="store_true", help="measure nothing, only write the page")
    options = parser.parse_args(arguments)
    options.parts = [] if options.page else options.parts or [*PARTS, START]
    return options


def _measure(name: str, console: Console, *, quick: bool) -> None:
    """Measure one part and keep it."""
    module, venvs = PARTS[name]
    cases = module.CASES[:2] if quick else module.CASES
    steps = len(cases) * module.STEPS
    records = list(_watched(module.measure(cases), name, steps, console))
    record.write(name, versions=record.versions(*venvs), records=records)


def _watched(
    records: Iterator[dict[str, Any]], name: str, steps: int, console: Console
) -> Iterator[dict[str, Any]]:
    """Show how far a measurement is, and each record when it is there."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=steps)
        for each in records:
            progress.advance(task)
            progress.console.print(_line(each))
            yield each


def _line(each: dict[str, Any]) -> str:
    """Write one record in a line."""
    jobs = each.get("jobs", each.get("finished", 0) + each.get("running", 0))
    service = each["source"].split(".")[0]
    about = f"{jobs:>7,} {service:12} {each.get('subject', 'Jobwatch'):16}"
    if "left_out" in each:
        return f"{about} not measured"
    cycle, floor = each.get("second") or each["unchanged"], each["floor"]
    ratios = [cycle[clock] / floor[clock] for clock in ("cpu", "wall")]
    called = sum(cycle["calls"].values())
    return f"{about} {called:>7,} calls  {ratios[0]:>6.1f} x cpu  {ratios[1]:>6.1f} x time"


def _draw() -> None:
    """Draw the plots, in the environment that has the library for it."""
    with tempfile.TemporaryDirectory() as folder:
        surroundings = Surroundings(Path(folder))
        command = [str(surroundings.python("plots")), "-P", "-m", "bench.plots"]
        done = subprocess.run(  # noqa: S603  the command is ours
            command, env=surroundings.environment(), capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise Trouble(f"The plots could not be drawn: {done.stderr.strip().splitlines()[-1]}")


if __name__ == "__main__":
    sys.exit(main())
