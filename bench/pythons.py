"""Finds the Python that stands for the one in Lambda."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.bundle import PYTHON

OLDEST = 11
SETTING = "JOBWATCH_PYTHON"


def find_python() -> str:
    """Return the Python that a setting names, or the runtime's, or the newest before it."""
    named = os.environ.get(SETTING)
    if named:
        return named
    newest = int(PYTHON.split(".")[1])
    names = [f"3.{minor}" for minor in range(newest, OLDEST - 1, -1)]
    found = (path for name in names for path in _places(name) if _is(name, path))
    return next(found, sys.executable)


def version_of(python: str) -> str:
    """Return the version of a Python, and nothing when it does not run."""
    command = [python, "-I", "-c", "import platform; print(platform.python_version())"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return ""
    return done.stdout.strip()


def _is(name: str, python: str) -> bool:
    """Whether it runs and is of that version: pyenv puts some on the path that do not run."""
    return version_of(python).startswith(f"{name}.")


def _places(name: str) -> Iterator[str]:
    on_path = shutil.which(f"python{name}")
    if on_path:
        yield on_path
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from map(str, versions.glob(f"{name}.*/bin/python{name}"))
