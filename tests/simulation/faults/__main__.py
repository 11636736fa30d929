"""Puts faults back, one at a time: `python -m tests.simulation.faults [NAME …]`.

Each goes into a copy of lambdas/, where seeds run until one breaks a promise. The table says after
how many simulated minutes that was; a fault that none notices is one that the tests are blind for.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.simulation.faults.patches import FAULTS, Fault

ROOT = Path(__file__).parents[3]
LINKED = ("tests", "infra", "operate", "catalogue", "docs")
AT_A_TIME = 2


def main() -> int:
    """Try the named faults, or all; 1 when one was not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.faults")
    parser.add_argument("names", nargs="*", help="faults to try; left out: all")
    parser.add_argument("--minutes", default="10000", help="simulated minutes for each at most")
    parser.add_argument("--first", default="0", help="the first seed")
    parser.add_argument("--storm", help="only seeds that have this one")
    options = parser.parse_args()
    chosen = [fault for fault in FAULTS if not options.names or fault.name in options.names]
    missed = 0
    calm = _simulate(ROOT, options, [])
    red = re.findall(r"^seed (\d+) .* [1-9]\d* promises broken", calm, re.MULTILINE)
    print(f"red with nothing put back, and passed over: {', '.join(red) or 'none'}", flush=True)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        tries = pool.map(lambda fault: _try(fault, options, red), chosen)
        for fault, found in zip(chosen, tries, strict=True):
            missed += found is None
            print(f"{fault.name:16} {found or 'NOT NOTICED'}  ({fault.says})", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} faults noticed")
    return 1 if missed else 0


def _try(fault: Fault, options: argparse.Namespace, red: list[str]) -> str | None:
    """Run seeds with a fault; tell when a promise was broken and which, or None."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(ROOT / "lambdas", root / "lambdas")
        for name in LINKED:
            (root / name).symlink_to(ROOT / name)
        for file, old, new in fault.edits:
            _edit(root / "lambdas" / file, old, new)
        return _verdict(_simulate(root, options, ["--most", "1", "--skip", *red]))


def _simulate(root: Path, options: argparse.Namespace, more: list[str]) -> str:
    """Run seeds of the functions below a folder; give what was said."""
    words = [sys.executable, "-m", "tests.simulation", "--minutes", options.minutes]
    words += ["--first", options.first, "--most", "1000", *more]
    words += ["--storm", options.storm] if options.storm else []
    done = subprocess.run(
        words,
        cwd=root,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "simulated minutes" not in done.stdout:
        raise SystemExit(f"does not run: {done.stderr[-300:]}")
    return done.stdout


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise SystemExit(f"{file.name} has {text.count(old)} times what is to be replaced:\n{old}")
    file.write_text(text.replace(old, new), encoding="utf-8")


def _verdict(output: str) -> str | None:
    minutes = re.search(r"^(\d+) simulated minutes", output, re.MULTILINE)
    runs = re.findall(r"^seed (\d+ \(.*?\)).*\n.*\n  (.*)", output, re.MULTILINE)
    if minutes is None or not runs:
        return None
    seed, promise = runs[-1]
    return f"after {minutes[1]} min, seed {seed}: {promise[:90]}"


if __name__ == "__main__":
    sys.exit(main())
