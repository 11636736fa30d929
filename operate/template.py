"""Writes a versioned template and its two zips, for those without the CDK."""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.bundle import build_bundle, plan_bytes
from infra.config.plan import Compiled, operations_of_rows
from infra.config.rows import read_catalogue
from infra.portable import portable
from operate.version import version

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "catalogue"
SAYS = "watches AWS jobs and announces their changes."
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of each entry: the same content is the same zip."""
_TEMPLATE = ".template.json"
_ZIP = re.compile(r"jobwatch-.+-(?:code|plan)-([0-9a-f]{16})\.zip")


@dataclass(frozen=True, slots=True)
class Written:
    """The files; `removed` are those of earlier calls."""

    template: Path
    code: Path
    plan: Path
    removed: tuple[Path, ...] = ()


def write(
    folder: Path, compiled: Compiled, stack: str, synthesize: Callable[..., Mapping[str, Any]]
) -> Written:
    """Write the files of a stack into a folder; what has not changed keeps its name.

    Those of an earlier call are removed: who uploads the folder means what was written last.

    :raises BundleError: when the code can't be built.
    :raises OSError: when the folder can't be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"jobwatch-{version()}"
    code = _zip(folder, f"{name}-code", _files(build_portable(compiled)))
    plan = _zip(folder, f"{name}-plan", [("plan.json", plan_bytes(compiled.plan))])
    said = f"Jobwatch {version()}: {SAYS}"
    made = portable(synthesize(compiled, stack), said, code.name, plan.name)
    template = folder / f"{name}{_TEMPLATE}"
    template.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    removed = tuple(_old(folder, {template, code, plan}))
    for each in removed:
        each.unlink()
    return Written(template, code, plan, removed)


def _old(folder: Path, new: Collection[Path]) -> Iterator[Path]:
    """Find what earlier calls wrote: nobody else's file has its name and what goes with that."""
    for path in sorted(folder.glob("jobwatch-*")):
        if path not in new and not path.is_symlink() and path.is_file() and _is_ours(path):
            yield path


def _is_ours(path: Path) -> bool:
    if path.name.endswith(_TEMPLATE):
        return f": {SAYS}" in path.read_text(encoding="utf-8", errors="replace")
    found = _ZIP.fullmatch(path.name)
    return found is not None and _digest(path) == found[1]


def build_portable(compiled: Compiled) -> Path:
    """Build code that every plan can run with: it knows all the catalogue, and the user's rows.

    :raises BundleError: when it can't be built.
    """
    operations = operations_of_rows(read_catalogue(CATALOGUE).rows.values())
    for service, called in compiled.operations.items():
        operations[service] = tuple(sorted({*operations.get(service, ()), *called}))
    return build_bundle(ROOT, None, operations)


def _files(folder: Path) -> Iterable[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _zip(folder: Path, name: str, files: Iterable[tuple[str, bytes]]) -> Path:
    """Write a zip whose name ends with its content's digest: CloudFormation sees only the name."""
    unnamed = folder / f"{name}.zip"
    with zipfile.ZipFile(unnamed, "w", zipfile.ZIP_DEFLATED) as packed:
        for file, content in files:
            entry = zipfile.ZipInfo(file, _LONG_AGO)
            entry.external_attr = 0o100644 << 16  # Lambda reads the files as another user
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return unnamed.rename(unnamed.with_stem(f"{name}-{_digest(unnamed)}"))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
