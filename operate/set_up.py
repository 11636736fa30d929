"""Sets up what a command needs besides Python's libraries, as the Makefile says how."""

import subprocess
import sys
from pathlib import Path

from operate.trouble import Trouble

ROOT = Path(__file__).resolve().parents[1]
NODE, LOCAL_AWS = "node_modules", ".venv-aws"


def set_up(*folders: str) -> None:
    """Have make bring folders up to date; it says what it does, where there is anything to do.

    One that is linked is set up where it is: make would clear what it leads to.

    :raises Trouble: when it can't.
    """
    targets = [f"{each}/.ready" for each in folders if not (ROOT / each).is_symlink()]
    if not targets:
        return
    command = ["make", "-C", str(ROOT), "--no-print-directory", *targets]
    try:
        # What a command prints may be for a program: this is not.
        done = subprocess.run(command, stdout=sys.stderr.fileno(), check=False)  # noqa: S603  ours
    except FileNotFoundError as missing:
        raise Trouble("make is not there, which sets this folder up: install it") from missing
    if done.returncode:
        raise Trouble(f"{' and '.join(folders)} could not be set up: the lines above say why")
