"""What the command says to who has an account, and what it is to say, word for word."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from operate.command.group import jobwatch
from operate.command.options import Means

GOLDEN = Path(__file__).parent / "data" / "command" / "account"
OFFLINE = Means()


class Said(NamedTuple):
    """What a command line came to; tables are filled with spaces, which nobody sees."""

    code: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *words: str, means: Means = OFFLINE) -> Said:
    """Run a command line with these means."""
    with pytest.raises(SystemExit) as ended:
        jobwatch.main(list(words), prog_name="./jobwatch", obj=means)
    said = capsys.readouterr()
    return Said(int(ended.value.code or 0), _seen(said.out), said.err)


def _seen(text: str) -> str:
    return re.sub(" +$", "", text, flags=re.MULTILINE)


def golden(name: str) -> str:
    """Read what a command is to say, word for word."""
    return (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
