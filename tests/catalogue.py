"""The catalogue, read and held against the services' models once in a process.

A synth compiles one plan, the tests thousands of them.
"""

from pathlib import Path

from infra.config import plan, rows
from infra.config.aws.services import remembered
from infra.config.files.documents import from_here
from infra.config.plan import Compiled, compile_watches
from infra.config.rows import Catalogue

CATALOGUE = Path(__file__).parents[1] / "catalogue"
_read = rows.read_catalogue


def compile_plan(watches: Path, catalogue: Path = CATALOGUE) -> Compiled:
    """Compile a plan as a synth does; any other catalogue than ours is read each time."""
    return compile_watches(watches, _known(catalogue))


def read_once() -> None:
    """Let what compiles, and whatever is imported from now on, read it so, too."""
    rows.read_catalogue = _known
    plan.read_catalogue = _known  # type: ignore[attr-defined]


def ours() -> Catalogue:
    """Give our catalogue: reading it takes longer than most tests."""
    return _ours(from_here(CATALOGUE))


def _known(directory: Path) -> Catalogue:
    return ours() if directory == CATALOGUE else _read(directory)


@remembered
def _ours(_named: str) -> Catalogue:
    """Read it: its documents name their files as it is seen from here."""
    return _read(CATALOGUE)
