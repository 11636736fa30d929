"""`python -m bench`: measure, keep what was measured, and write docs/performance.md of it.

A part that is named is measured anew, the others stay as they were kept.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import every, history, page, record, side_by_side, start
from bench.latency import measure as latency
from bench.surroundings import Surroundings
from demo.local_aws import ROOT, Trouble
from demo.show import Terminal
from infra.terminal import run_main

PARTS = {
    "side-by-side": side_by_side,
    "history": history,
    "every": every,
    "start": start,
    "latency": latency,
}
"""The modules that measure, by the names under which it is kept."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts that are named, or all; return 0 if everything could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    said = "what to measure; left out: everything"
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=said)
    parser.add_argument("--quick", action="store_true", help="fewer jobs and fewer starts")
    parser.add_argument("--page", action="store_true", help="measure nothing, only write the page")
    given = parser.parse_args(arguments)
    terminal = Terminal()
    try:
        for name in [] if given.page else given.parts or PARTS:
            measured = PARTS[name].measure(terminal.console.print, quick=given.quick)
            record.write(name, **measured)
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


if __name__ == "__main__":
    run_main(main)
