"""Size and start of the functions, beside the smallest function that could do anything.

`python -m bench.start` measures, keeps the figures in bench/results/start.json and writes them
into docs/performance.md.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import memory
from bench.deployed import build_unhurried
from bench.launch import Launcher
from bench.pythons import find_python, version_of
from bench.services import local_services
from bench.start_tables import markdown
from demo.local_aws import ROOT
from infra.bundle import PYTHON
from infra.config.plan import compile_plan

__all__ = ["main", "markdown", "measure"]

ROUNDS = 15
JOBS = 100
"""A page of the list, so that the smallest function and a poll make the same call."""
RESULT = ROOT / "bench" / "results" / "start.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- size and start: begin -->\n", "<!-- size and start: end -->\n"
DETAIL = {
    "status": "SUCCEEDED",
    "previous_status": "RUNNING",
    "observed_at": "2026-11-22T02:14:31Z",
}
RECORD = {
    "SequenceNumber": "1",
    "NewImage": {
        "pk": {"S": "bench#0"},
        "sk": {"S": "job#1"},
        "announce": {"S": "Job Status Change"},
        "detail": {"S": json.dumps(DETAIL)},
    },
}
SUBJECTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "empty": ("empty", {}),
    "smallest": ("smallest", {}),
    "poll": ("lambdas.handle_poll", {"watches": ["ses-imports"]}),
    "publish": ("lambdas.publish.handler", {"Records": [{"dynamodb": RECORD}]}),
}
"""What is started: a module of the bundle or of bench/cold, and the event that it is given."""


def measure() -> dict[str, Any]:
    """Measure size, start and memory of the bundle that would be deployed."""
    python = find_python()
    with tempfile.TemporaryDirectory() as folder:
        archive, bundle = _unpacked(Path(folder))
        return {
            "measured": _where(python),
            "size": {"zip": archive.stat().st_size, "unpacked": _size(bundle)},
            "starts": _starts(python, bundle, _compiled(python, bundle)),
            "memory": memory.measure(bundle, python),
        }


def keep() -> str:
    """Measure, and keep the figures and the page; give its section."""
    result = measure()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    section = markdown(result)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(before + BEGIN + section + END + rest.split(END)[1], encoding="utf-8")
    return section


def main() -> None:
    """Measure, keep and print the figures."""
    print(keep())


def _where(python: str) -> dict[str, Any]:
    return {
        "on": datetime.now(UTC).date().isoformat(),
        "python": version_of(python),
        "deployed": PYTHON,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "botocore": version("botocore"),
        "powertools": version("aws-lambda-powertools"),
        "rounds": ROUNDS,
    }


def _unpacked(folder: Path) -> tuple[Path, Path]:
    """Zip the bundle as it would be deployed, and unpack it as Lambda would."""
    built = build_unhurried(compile_plan(ROOT / "watches.yaml", ROOT / "catalogue"))
    archive = shutil.make_archive(str(folder / "functions"), "zip", built)
    shutil.unpack_archive(archive, folder / "functions")
    return Path(archive), folder / "functions"


def _compiled(python: str, bundle: Path) -> Path:
    """Copy the bundle and compile it for this Python, which no other could use."""
    copy = bundle.with_name("compiled")
    shutil.copytree(bundle, copy)
    command = [python, "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, copy], check=True)  # noqa: S603  the command is ours
    return copy


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _starts(python: str, *bundles: Path) -> dict[str, Any]:
    """Start everything in turn, so that each meets the machine in the same moods."""
    told: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with local_services(JOBS) as settings:
        launcher = Launcher(python, settings)
        launcher.start(bundles[0], *SUBJECTS["poll"])  # what it finds is new once
        for _ in range(ROUNDS):
            for bundle in bundles:
                for name, subject in SUBJECTS.items():
                    start = launcher.start(bundle, *subject)
                    told.setdefault((bundle.name, name), []).append(start)
    return {
        bundle.name: {name: _medians(told[bundle.name, name]) for name in SUBJECTS}
        for bundle in bundles
    }


def _medians(starts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the medians in milliseconds; `start` is import and first call together."""
    rows = [_row(start) for start in starts]
    return {name: round(statistics.median(row[name] for row in rows), 2) for name in rows[0]}


def _row(start: Mapping[str, Any]) -> dict[str, float]:
    row = {
        f"{part}_{clock}": start[part][clock] * 1_000
        for part in ("import", "first", "second")
        for clock in ("wall", "cpu")
    }
    both = {f"start_{c}": row[f"import_{c}"] + row[f"first_{c}"] for c in ("wall", "cpu")}
    return {**row, **both, "peak": start["peak"]}


if __name__ == "__main__":
    main()
