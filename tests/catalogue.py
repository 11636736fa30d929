"""The catalogue, read and held against the services' models once in a process.

A synth compiles one plan, the tests thousands of them.
"""

from functools import cache
from pathlib import Path

from infra.config import plan
from infra.config.files.documents import from_here
from infra.config.plan import Compiled, compile_watches
from infra.config.rows import Catalogue, read_catalogue

CATALOGUE = Path(__file__).parents[1] / "catalogue"


def compile_plan(watches: Path, catalogue: Path = CATALOGUE) -> Compiled:
    """Compile a plan as a synth does; any other catalogue than ours is read each time."""
    return compile_watches(watches, _known(catalogue))


def read_once() -> None:
    """Let the commands that tests run in their process compile so, too, from now on."""
    plan.read_catalogue = _known  # type: ignore[attr-defined]


def ours() -> Catalogue:
    """Give our catalogue: reading it takes longer than most tests."""
    return _ours(from_here(CATALOGUE))


def _known(directory: Path) -> Catalogue:
    return ours() if directory == CATALOGUE else read_catalogue(directory)


@cache
def _ours(_named: str) -> Catalogue:
    """Read it: its documents name their files as it is seen from here."""
    return read_catalogue(CATALOGUE)
