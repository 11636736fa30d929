"""What holds for a file before anything is made of it: no mistake, and no more than it may cost."""

from pathlib import Path

from infra.config.files.mistakes import Mistakes
from infra.config.plan import Compiled, compile_plan
from infra.cost.reckoning import Reckoning, reckon, too_dear


def check(watches: Path, catalogue: Path) -> tuple[Compiled, Reckoning]:
    """Compile a file, and reckon what a month of it costs.

    :raises Mistakes: with everything that is wrong, or else when it would cost too much.
    """
    compiled = compile_plan(watches, catalogue)
    reckoned = reckon(compiled)
    if dear := [*too_dear(compiled, reckoned)]:
        raise Mistakes(dear)
    return compiled, reckoned
