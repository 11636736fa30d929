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
        """Import `module` out of the bundle in a fresh process and call its handler twice.

        `log` of the answer is how many bytes CloudWatch counts of what a call logs.
        """
        words = (*FLAGS, str(RUN), str(bundle), module, json.dumps(event))
        *logged, last = self._run(*words, name=module)
        answer: dict[str, Any] = json.loads(last)
        return answer | {"log": sum(len(line.encode()) + 26 for line in logged) / 2}

    def version(self) -> str:
        """Return the version of the Python."""
        (version,) = self._run("-c", "import sys; print(sys.version.split()[0])", name="Python")
        return version

    def _run(self, *words: str, name: str) -> list[str]:
        environment = {**FUNCTION, **self.settings}
        done = subprocess.run(  # noqa: S603  the command is ours
            [self.python, *words], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LaunchError(f"{name}: {(done.stderr.strip().splitlines() or ['silent'])[-1]}")
        return done.stdout.splitlines()
