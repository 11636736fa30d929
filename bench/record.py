"""What was measured, kept as JSON beside where and when: the page and the plots are made of it."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
_REQUIREMENTS = Path(__file__).parent / "requirements"


def write(name: str, **measured: Any) -> None:
    """Keep a measurement under a name, with the machine and the date."""
    result = {"date": datetime.now(UTC).date().isoformat(), "machine": machine(), **measured}
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(result, indent=1) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


def read(name: str) -> dict[str, Any] | None:
    """Give what was kept under a name, or None when that was never measured."""
    file = FOLDER / f"{name}.json"
    if not file.exists():
        return None
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return result


def machine() -> dict[str, Any]:
    """Say what this machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "memory_gb": round(memory / 1024**3),
        "python": platform.python_version(),
    }


def versions(*names: str) -> dict[str, str]:
    """Give the versions of what runs in the benchmark's own environments."""
    return dict(pinned(_REQUIREMENTS / f"{name}.txt") for name in names)


def pinned(file: Path) -> tuple[str, str]:
    """Give the first package of a list of requirements, and its version."""
    lines = file.read_text(encoding="utf-8").splitlines()
    package, version = next(line for line in lines if "==" in line).split("==")
    return package.split("[")[0], version
