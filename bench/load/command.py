"""The load test's command line: sizes in, a table and a file out."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from bench.load.report import table
from bench.load.run import load
from bench.load.script import Size
from demo.local_aws import ROOT, Trouble
from demo.show import Terminal

RESULT = ROOT / "bench" / "results" / "load.json"
PATIENCE = 900.0


def main(arguments: Sequence[str]) -> int:
    """Run the load test; return 0 when everything arrived, and nothing else."""
    options = _read(arguments)
    size = Size(options.scopes, options.jobs, options.changes, options.ticks)
    terminal = Terminal()
    try:
        result = load(size, terminal, options.patience)
    except Trouble as trouble:
        terminal.fault(str(trouble))
        return 1
    terminal.console.print(table(result["ticks"]))
    for fault in result["faults"]:
        terminal.fault(fault)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    told = sum(tick["events"] for tick in result["ticks"])
    terminal.console.print(f"{told:,} events; written to {options.output}", soft_wrap=True)
    if options.output == RESULT:
        terminal.console.print("`make bench ARGS=--page` takes it into docs/performance.md")
    return 1 if result["faults"] else 0


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    size = Size()
    parser.add_argument("--scopes", type=_count, default=size.scopes, help="places to look at")
    parser.add_argument("--jobs", type=_count, default=size.jobs, help="jobs in each scope")
    parser.add_argument("--changes", type=_count, default=size.changes, help="changes in each tick")
    parser.add_argument("--ticks", type=_count, default=size.ticks, help="ticks to run")
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, help="seconds that a tick may take"
    )
    parser.add_argument("--output", type=Path, default=RESULT, help="where the figures go")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number above 0")
    return int(text)
