"""What was measured, kept as JSON beside where and when: the page and the plots are made of it."""

import json
import os
import platform
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def write(name: str, **measured: Any) -> None:
    """Keep a measurement under a name, with the machine and the date."""
    machine = {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "python": platform.python_version(),
    }
    result = {"date": datetime.now(UTC).date().isoformat(), "machine": machine, **measured}
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(result, indent=1) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


def read(name: str) -> dict[str, Any]:
    """Give what was kept under a name."""
    result: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return result


def versions(*groups: str) -> dict[str, str]:
    """Give the one package of each group of dependencies, and its version."""
    all_groups = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["dependency-groups"]
    found = {}
    for group in groups:
        package, version = all_groups[group][0].split("==")
        found[package.split("[")[0]] = version
    return found
