"""Runs the commands of a page as a reader would, in one shell, against the local AWS.

`aws` is version 1 of AWS's command line, as version 2 is not on PyPI. What the pages use of version
2 is put right in `AWS`: a payload is taken as it is, and the log's tail is asked for otherwise.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLI = ROOT / ".venv-cli/bin/aws"
CALL = [str(CLI.with_name("python")), str(CLI)]
"""Its first line names a program in this folder, whose name may have a space."""
QUICK = ("check", "cost", "member", "replay", "sources")
"""Subcommands that run for real; of the others is seen that they are there, with their words."""
HERE = shlex.quote(f"{ROOT}/.venv/bin/python")
SET_UP = (".venv", ".venv-aws", ".venv-checkov", ".venv-cli", "node_modules")
READY = [f"--old-file={name}/.ready" for name in SET_UP]
"""What `make` must not set up anew in the middle of the tests."""
OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS")
"""What `make test` leaves in the environment: words that are not for these commands."""

AWS = f"""\
import os, subprocess, sys
words = sys.argv[1:]
if "--cli-binary-format" in words:
    at = words.index("--cli-binary-format")
    assert words[at + 1] == "raw-in-base64-out"
    del words[at:at + 2]
if words[:2] == ["logs", "tail"]:
    since, length, *options, group = words[2:]
    assert since == "--since" and length[:-1].isdigit() and length[-1] in "mhd"
    words = ["logs", "filter-log-events", "--log-group-name", group, *options]
name = " ".join(words[:2])
words += ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
done = subprocess.run([*{CALL!r}, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
if done.returncode and name in os.environ["LACKING"].split(","):
    with open(os.environ["USED"], "a") as used:
        used.write(name + "\\n")
    done = subprocess.run([*{CALL!r}, *words, "--generate-cli-skeleton", "output"])
    sys.exit(done.returncode)
sys.stdout.buffer.write(done.stdout)
sys.stderr.buffer.write(done.stderr)
sys.exit(done.returncode)
"""
PYTHON = '#!/bin/sh\nexec {python} {program} "$@"\n'
"""Runs one of these programs: a folder's name may have a space, which `#!` can't."""
DRY = {"DRY": "yes"}
"""In the environment, for making nothing."""
MAKE = f"""\
#!/bin/sh
exec {{make}} {" ".join(READY)} --dry-run "$@"
"""
JOBWATCH = f"""\
#!/bin/sh
if [ "$1" = member ]; then set -- "$@" --watches "$WATCHES"; fi
case "$DRY {" ".join(QUICK)} " in
    " "*" $1 "*) exec {HERE} -m operate "$@" ;;
    *) exec {HERE} -m tests.local.words "$@" ;;
esac
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


def run(
    script: str,
    folder: Path,
    environment: Mapping[str, str],
    *,
    watches: str = "",
    lacking: Iterable[str] = (),
    not_run: Iterable[str] = (),
) -> Ran:
    """Run a script in one shell; a command that fails ends it.

    `watches` is what stands in `watches.yaml` then. Operations that are `lacking` are only held
    against the service's model where the local AWS refuses them; programs that are `not_run` are
    noted.
    """
    assert CLI.exists(), f"{CLI} is not there: run `make install`"
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    file = folder / "watches.yaml"
    file.write_text(watches, encoding="utf-8")
    used = folder / "used"
    used.write_text("", encoding="utf-8")
    (folder / "aws.py").write_text(AWS, encoding="utf-8")
    python, program = (shlex.quote(str(each)) for each in (sys.executable, folder / "aws.py"))
    _write(programs / "aws", PYTHON.format(python=python, program=program))
    _write(programs / "make", MAKE.format(make=shutil.which("make")))
    _write(programs / "jobwatch", JOBWATCH)
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
