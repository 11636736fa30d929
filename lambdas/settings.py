"""The functions' environment, with errors that say which variable is wrong."""

import os
from pathlib import Path


class SettingError(Exception):
    """An environment variable that the stack sets is missing."""


def setting(name: str) -> str:
    """Read an environment variable that must be there."""
    value = os.environ.get(name)
    if not value:
        raise SettingError(
            f"environment variable {name}: found nothing, expected what the stack sets"
        )
    return value


def plan_file(beside: Path) -> Path:
    """Say where the plan is: beside the code, or in the layer that `JOBWATCH_PLAN` names."""
    return Path(os.environ.get("JOBWATCH_PLAN") or beside)
