"""What `./jobwatch` prints, as the files of tests/data/command/ have it.

A file's first line is what is typed; then come what is printed, what is told, and the exit code.
`python -m tests.golden` writes them anew: look at what changed.
"""

import contextlib
import io
import os
import re
import shlex
import tempfile
from pathlib import Path
from unittest import mock

import botocore

from tests.command import Cdk, call

FOLDER = Path(__file__).parent / "data" / "command"
FILES = sorted(FOLDER.glob("*.txt"))
PROMPT = "$ ./jobwatch"
NOBODY = {
    "PATH": os.environ["PATH"],
    "COLUMNS": "100",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
}
"""The environment of somebody without credentials or a region."""


def typed(file: Path) -> list[str]:
    """Give the words of a file's first line."""
    first, *_ = file.read_text(encoding="utf-8").splitlines()
    return shlex.split(first.removeprefix(PROMPT))


def session(words: list[str]) -> str:
    """Type words in the folder of the files, with a command line of the CDK that does nothing."""
    out, err = io.StringIO(), io.StringIO()
    with (
        tempfile.TemporaryDirectory() as scratch,
        mock.patch.dict(os.environ, NOBODY, clear=True),
        contextlib.chdir(FOLDER),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = call(*words, **Cdk(Path(scratch)).means)
    lines = [f"{PROMPT} {shlex.join(words)}".rstrip(), out.getvalue(), err.getvalue(), f"[{code}]"]
    return _plain("\n".join(each.rstrip("\n") for each in lines if each) + "\n")


def _plain(text: str) -> str:
    """Take out what is of this machine, and of the day."""
    text = text.replace(str(FOLDER), "").replace(botocore.__version__, "BOTOCORE")
    text = text.replace(str(FOLDER.parents[2]), "")
    text = re.sub(r"the \d+ sources", "the N sources", text)
    text = re.sub(r"read on \d{4}-\d\d-\d\d", "read on DATE", text)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


if __name__ == "__main__":
    for each in FILES:
        each.write_text(session(typed(each)), encoding="utf-8")
