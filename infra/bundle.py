"""Builds the functions' zip without Docker: pruned dependencies, our package and the plan."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from infra import prune
from lambdas.plan import Plan, write_plan

CALLED_ANYHOW = ("dynamodb", "events", "sns", "sqs", "stepfunctions", "sts")
"""The services, by botocore's names, that the functions call whatever is watched: kept whole."""

TOLD = (
    *("SendDurableExecutionCallbackSuccess", "SendDurableExecutionCallbackFailure"),
    "SendDurableExecutionCallbackHeartbeat",
)
"""What is called of Lambda whatever is watched, of whose model the rest is pruned."""

PYTHON = "3.14"
"""The runtime's, whatever this one is."""

PIP = (
    sys.executable,
    "-P",  # what is in the folder in which the command is called is not pip, whatever its name
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--no-user",
)
SAME_EVERYWHERE = (
    *("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"),
    *(f"--python-version={PYTHON}", "--no-deps", "--no-compile", "--require-hashes"),
)
"""Pure Python for the runtime in Lambda, whatever machine and Python this is."""

NOT_OURS = ("PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_CONSTRAINT", "PIP_PYTHON")
"""What in the environment would have pip install something else."""

UNUSED = ("bin", "*.dist-info", "aws_lambda_powertools/event_handler")
"""Left out: scripts, which name this machine's Python, pip's notes, Powertools' web framework."""

OF_CRONS = ("cronsim", "tzdata")
"""Left out as well where no watch has a cron: what reads it, and the time zones."""

KEPT = ("service-2", "endpoint-rule-set-1", "paginators-1")
"""What the functions use of botocore's knowledge of a service; not its examples and waiters."""


class BundleError(Exception):
    """The zip cannot be built; the message is one line that says why."""


def build_bundle(root: Path, plan: Plan | None, operations: Mapping[str, Iterable[str]]) -> Path:
    """Return the zip's directory, in the project's `build/`; nothing is built a second time.

    Without a plan, it serves any whose sources are read with no other operations: each function
    finds its plan elsewhere. `operations` are what is called of each service, by botocore's names.
    What was built before is taken again only if it is what it was.
    """
    every = {**operations, "lambda": {*operations.get("lambda", ()), *TOLD}}
    called = {name: sorted(every[name]) for name in every if name not in CALLED_ANYHOW}
    has_crons = plan is None or any(
        watch.expect and watch.expect.at for watch in plan.watches.values()
    )
    dependencies = _dependencies(root, called, UNUSED if has_crons else (*UNUSED, *OF_CRONS))
    files = _contents(root, "lambdas/**/*.py")
    if plan is not None:
        files["plan.json"] = plan_bytes(plan)

    def fill(target: Path) -> None:
        for name, content in {**_contents(dependencies, "**/*"), **files}.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)

    parts = [part for name in sorted(files) for part in (name.encode(), files[name])]
    return _once(root / "build" / f"functions-{_key(dependencies.name.encode(), *parts)}", fill)


def plan_bytes(plan: Plan) -> bytes:
    """Write a plan as the functions read it."""
    return json.dumps(write_plan(plan), sort_keys=True, separators=(",", ":")).encode()


def _contents(root: Path, pattern: str) -> dict[str, bytes]:
    """Give what is in files, by their path in a directory."""
    files = (path for path in root.glob(pattern) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def _dependencies(
    root: Path, called: Mapping[str, Collection[str]], unused: Collection[str]
) -> Path:
    """Return the directory of the requirements, installed and pruned."""
    requirements = root / "lambdas" / "requirements.txt"

    def fill(target: Path) -> None:
        _install(requirements, target)
        for pattern in unused:
            for path in target.glob(pattern):
                shutil.rmtree(path)
        data = target / "botocore" / "data"
        prune.prune(data, _models(data, {*CALLED_ANYHOW, *called}), called)

    # These files are in the key: who prunes in another way builds anew.
    files = (requirements, Path(__file__), Path(prune.__file__))
    chosen = json.dumps([called, [*unused]], sort_keys=True).encode()
    key = _key(*(file.read_bytes() for file in files), chosen)
    return _once(root / "build" / f"dependencies-{key}", fill)


def _install(requirements: Path, target: Path) -> None:
    command = [*PIP, *SAME_EVERYWHERE, f"--target={target}", f"--requirement={requirements}"]
    usual = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    pip = subprocess.run(  # noqa: S603 - no input
        command, capture_output=True, text=True, check=False, env=usual
    )
    if pip.returncode:
        said = pip.stderr.strip().splitlines() or ["pip says nothing"]
        reason = next((line for line in said if line.startswith("ERROR: ")), said[-1])
        raise BundleError(f"{requirements}: cannot be installed: {reason.removeprefix('ERROR: ')}")
    _check_installed(requirements, target)


def _check_installed(requirements: Path, target: Path) -> None:
    """Hold what was installed against what is pinned: pip's own configuration may add to it."""
    pinned = _names(re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", requirements.read_text("utf-8")))
    notes = (path.name.removesuffix(".dist-info") for path in target.glob("*.dist-info"))
    installed = _names(note.rsplit("-", 1) for note in notes)
    if installed != pinned:
        other = ", ".join(sorted(installed ^ pinned))
        raise BundleError(
            f"{requirements}: pip did not install what is pinned there and nothing else: {other}: "
            "look at its configuration (pip config debug)"
        )


def _names(found: Iterable[Sequence[str]]) -> set[str]:
    return {f"{re.sub('[-_.]+', '-', name).lower()} {version}" for name, version in found}


def _models(data: Path, services: Iterable[str]) -> Iterator[Path]:
    for service in services:
        if not (data / service).is_dir():
            raise BundleError(f"lambdas/requirements.txt: its botocore knows no service {service}")
        newest = max(path for path in (data / service).iterdir() if path.is_dir())
        yield from (path for kind in KEPT for path in newest.glob(f"{kind}.*"))


def _key(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()[:16]


def _once(start: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a directory unless there is one; its name begins so and ends with its content's digest.

    It appears whole or not at all, and two may try.
    """
    for built in start.parent.glob(f"{start.name}-*"):
        if built != _named(start, built):
            raise BundleError(
                f"{built}: was changed after it was built: find out by whom, and remove it"
            )
        return built
    directory = start
    try:
        start.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=start.parent) as scratch:
            made = Path(scratch) / start.name
            made.mkdir()
            fill(made)
            _let_anyone_read(made)
            directory = _named(start, made)
            made.rename(directory)
    except OSError as error:
        if not directory.is_dir():
            where, why = error.filename or directory, error.strerror or error
            raise BundleError(f"{where}: cannot be written: {why}") from error
    return directory


def _named(start: Path, content: Path) -> Path:
    """Name a directory by all that is in it, the directories as well.

    A link is refused: what it leads to would be packed, and may change.
    """
    paths = sorted(content.rglob("*"))
    if link := next((path for path in [content, *paths] if path.is_symlink()), None):
        raise BundleError(f"{link}: is a link, which was not built: find out whose, and remove it")
    parts = (
        (str(path.relative_to(content)).encode(), b"/" if path.is_dir() else path.read_bytes())
        for path in paths
    )
    return start.with_name(f"{start.name}-{_key(*(part for pair in parts for part in pair))}")


def _let_anyone_read(directory: Path) -> None:
    """Let Lambda read the files, which does so as another user; not every file system has modes."""
    with suppress(OSError):
        for path in [directory, *directory.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
