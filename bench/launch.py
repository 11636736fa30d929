"""Starts a function in a fresh process, as Lambda does, and says what that took."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.surroundings import FUNCTION

RUN = Path(__file__).parent / "cold" / "run.py"
FLAGS = ("-I", "-S", "-B")
"""Isolated, without site-packages, and nothing compiled is kept: Lambda's files are read-only."""


class LaunchError(Exception):
    """A measured function failed; the message is what it said at last."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts functions with one Python; `settings` say where the services are."""

    python: str
    settings: Mapping[str, str]

    def start(self, bundle: Path, module: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Import `module` out of the bundle in a fresh process and call its handler twice."""
        said = self._run(*FLAGS, str(RUN), str(bundle), module, json.dumps(event), name=module)
        answer: dict[str, Any] = json.loads(said)
        return answer

    def version(self) -> str:
        """Return the version of the Python."""
        return self._run("-c", "import platform; print(platform.python_version())", name="Python")

    def _run(self, *words: str, name: str) -> str:
        environment = {**FUNCTION, **self.settings}
        done = subprocess.run(  # noqa: S603  the command is ours
            [self.python, *words], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LaunchError(f"{name}: {(done.stderr.strip().splitlines() or ['silent'])[-1]}")
        return done.stdout.splitlines()[-1]
