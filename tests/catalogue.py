"""The catalogue, read and held against the services' models once in a process.

A synth compiles one plan, the tests thousands of them.
"""

from functools import cache
from pathlib import Path

from infra.config.plan import Compiled, compile_watches
from infra.config.rows import Catalogue, read_catalogue

CATALOGUE = Path(__file__).parents[1] / "catalogue"


def compile_plan(watches: Path, catalogue: Path = CATALOGUE) -> Compiled:
    """Compile a plan as a synth does; any other catalogue than ours is read each time."""
    known = ours() if catalogue == CATALOGUE else read_catalogue(catalogue)
    return compile_watches(watches, known)


def ours() -> Catalogue:
    """Give our catalogue: reading it takes longer than most tests."""
    return _ours(Path.cwd())


@cache
def _ours(_here: Path) -> Catalogue:
    """Its mistakes, if there were any, name files as they are seen from here."""
    return read_catalogue(CATALOGUE)
