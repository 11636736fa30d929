"""The catalogue, read and held against the services' models once in a process.

A synth compiles one plan, the tests thousands of them.
"""

from functools import cache
from pathlib import Path

from infra.config import plan

CATALOGUE = Path(__file__).parents[1] / "catalogue"

_known_rows = plan.known_rows
_once = cache(lambda _here: _known_rows(CATALOGUE))


def read_once() -> None:
    """Let plans be compiled so from now on; any other catalogue is read each time."""
    plan.known_rows = lambda each: _once(Path.cwd()) if each == CATALOGUE else _known_rows(each)
