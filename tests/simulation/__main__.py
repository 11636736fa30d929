"""Runs the simulation: `python -m tests.simulation SEED [--without NAME …]`, or `--minutes N`.

A seed that breaks a promise is shrunk: ingredients are switched off and the time is cut as long as
it still does. The line that is printed in the end shows it again.
"""

import argparse
import os
import sys

if os.environ.get("PYTHONHASHSEED") != "0":  # sets are walked in an order that it decides
    os.environ["PYTHONHASHSEED"] = "0"
    os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])  # noqa: S606

from dataclasses import replace

from tests.simulation.ingredients import INGREDIENTS
from tests.simulation.run import Outcome, Run, off_in, shrink, simulate


def main() -> int:
    """Run one seed, or as many as the minutes take."""
    options = _options()
    if options.seed is not None:
        off = INGREDIENTS - {*options.only} if options.only else frozenset(options.without)
        if not (options.only or options.without):
            off = off_in(options.storm)
        run = Run(options.seed, off, options.hours or 24.0, options.storm)
        outcome = simulate(run)
        _report(run, outcome)
        return 1 if outcome.broken else 0
    return _many(options)


def _many(options: argparse.Namespace) -> int:
    minutes, red, seed = 0.0, 0, options.first
    while minutes < options.minutes and red < options.most:
        run = Run.drawn(seed)
        run = replace(run, hours=options.hours or run.hours, off=run.off | {*options.without})
        if seed in options.skip or (options.storm and run.storm != options.storm):
            seed += 1
            continue
        outcome = simulate(run)
        minutes += outcome.minutes
        print(f"seed {seed} ({run.storm or 'mixed'}): {outcome}", flush=True)
        if outcome.broken:
            red += 1
            print(f"{run}\n  {outcome.broken[0]}", flush=True)
            if options.shrink:
                _report(*shrink(run))
        seed += 1
    print(f"{minutes:.0f} simulated minutes, {seed - options.first} seeds, {red} of them red")
    return 1 if red else 0


def _report(run: Run, outcome: Outcome) -> None:
    print(f"{run}\n  {outcome}", flush=True)
    for line in outcome.broken[:8]:
        print(f"  {line}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seed", nargs="?", type=int, help="run this one, with all that is not off")
    parser.add_argument("--without", action="append", default=[], help="an ingredient to leave out")
    parser.add_argument("--storm", help="have this one; of many seeds, only those that do")
    parser.add_argument("--only", action="append", default=[], help="leave out all but these")
    parser.add_argument("--hours", type=float, help="how long it lasts before it becomes calm")
    parser.add_argument("--minutes", type=float, default=10_000, help="simulate at least so many")
    parser.add_argument("--first", type=int, default=0, help="the first of many seeds")
    parser.add_argument("--most", type=int, default=1, help="stop after so many red seeds")
    parser.add_argument("--skip", type=int, nargs="*", default=[], help="seeds to pass over")
    parser.add_argument("--shrink", action="store_true", help="shrink red seeds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
