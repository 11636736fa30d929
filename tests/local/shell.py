"""Runs the commands of a page as a reader would, in one shell, against the local AWS."""

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.local_aws import clean_environment
from demo.supervisor import Supervised

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv/bin/python"
CLI = ROOT / ".venv-cli/bin/python"
"""It has AWS's command line."""
SET_UP = (".venv", ".venv-aws", ".venv-checkov", ".venv-cli", "node_modules")
READY = [f"--old-file={name}/.ready" for name in SET_UP]
"""What `make` must not set up anew in the middle of the tests."""
OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS")
"""What `make test` leaves in the environment: words that are not for these commands."""

ASK = '#!/bin/sh\nexec {} "$@"\n'
"""Asks for a fork: a folder's name may have a space, which `#!` can't."""
SERVED = {"aws": CLI, "jobwatch": PYTHON}
"""What is imported once for all commands, out of a module beside this, and the Python for that."""
DRY = {"DRY": "yes"}
"""In the environment, for making nothing."""
MAKE = f"""\
#!/bin/sh
exec {{make}} {" ".join(READY)} --dry-run "$@"
"""
NOT_RUN = '#!/bin/sh\necho {name} >> "$USED"\n'
BEFORE = """\
set -euo pipefail
cd() { echo cd >> "$USED"; }
./jobwatch() { jobwatch "$@"; }
"""


@dataclass(frozen=True)
class Ran:
    """What came of a page's commands, and which exceptions they took."""

    code: int
    output: str
    used: frozenset[str]


def commands(page: Path) -> str:
    """Give the commands of a page, block after block."""
    text = page.read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def named(page: Path) -> list[str]:
    """Give the commands that stand in a page's sentences and comments, as far as they go."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"`((?:aws|make|\./jobwatch) [^`]*)`", text)
    found += re.findall(r"#.*?(\./jobwatch [a-z]+ --.*)$", commands(page), re.MULTILINE)
    return [" ".join(each.replace("…", "").split()) for each in found]


@contextmanager
def shell(folder: Path) -> Iterator[Path]:
    """Give a folder in which `run` finds what runs the commands.

    Most of a command's time goes into what it imports: each is a fork of what has done that.
    """
    assert CLI.exists(), f"{CLI} is not there: run `make install`"
    programs = folder / "bin"
    programs.mkdir()
    _write(programs / "make", MAKE.format(make=shutil.which("make")))
    with ExitStack() as running:
        for name, python in SERVED.items():
            running.enter_context(_forks(folder, name, python))
            ask = (sys.executable, "-I", "-S", ROOT / "tests/local/ask.py", folder, name)
            _write(programs / name, ASK.format(shlex.join(map(str, ask))))
        yield folder


@contextmanager
def _forks(folder: Path, name: str, python: Path) -> Iterator[None]:
    command = [str(python), "-m", "tests.local.forks", f"tests.local.{name}", str(folder / name)]
    with (
        (folder / f"{name}.log").open("wb") as log,
        Supervised(command, cwd=ROOT, env=clean_environment(), log=log) as process,
    ):
        while not (folder / name).exists():
            assert process.ended() is None, (folder / f"{name}.log").read_text()
            time.sleep(0.05)
        yield


def run(
    script: str,
    folder: Path,
    environment: Mapping[str, str],
    *,
    watches: str = "",
    lacking: Iterable[str] = (),
    not_run: Iterable[str] = (),
) -> Ran:
    """Run a script in one shell of a folder that `shell` made; a command that fails ends it.

    `watches` is what stands in `watches.yaml` then. Operations that are `lacking` are only held
    against the service's model where the local AWS refuses them; programs that are `not_run` are
    noted.
    """
    programs = folder / "bin"
    assert (programs / "aws").exists(), f"no shell was made in {folder}"
    file = folder / "watches.yaml"
    file.write_text(watches, encoding="utf-8")
    used = folder / "used"
    used.write_text("", encoding="utf-8")
    for name in not_run:
        _write(programs / name, NOT_RUN.format(name=name))
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-x", "-c", BEFORE + script],
        cwd=ROOT,
        env={
            "DRY": "",
            **{name: each for name, each in environment.items() if name not in OF_MAKE},
            "PATH": f"{programs}:{environment['PATH']}",
            "USED": str(used),
            "WATCHES": str(file),
            "LACKING": ",".join(lacking),
            "AWS_PAGER": "",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = used.read_text(encoding="utf-8").splitlines()
    return Ran(done.returncode, done.stdout, frozenset(lines))


def _write(program: Path, text: str) -> None:
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
