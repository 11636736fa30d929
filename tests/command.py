"""`./jobwatch` as its user has it, in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from operate.aws import Clients
from operate.command.group import jobwatch
from operate.command.options import Means

FAKE = """\
#!/bin/sh
printf '%s\\n' "$@" > '{folder}'/"$(printf %s-words "$1")"
echo "$1" >> '{folder}/calls'
echo "$1 ${{CI:-}}" >> '{folder}/pipelines'
echo 'python app.py: Subprocess exited with error 1' >&2
[ ! -e '{folder}'/"$(printf %s-fails "$1")" ]
"""
TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


class Cdk:
    """A command line of the CDK that notes its words, and has a template of its own."""

    def __init__(self, folder: Path, stack: str = "Jobwatch") -> None:
        self._folder = folder / "cdk"
        self._folder.mkdir()
        program, self.template = self._folder / "cdk", self._folder / f"{stack}.template.json"
        program.write_text(FAKE.format(folder=self._folder), encoding="utf-8")
        program.chmod(0o755)
        self.template.write_text(json.dumps(TEMPLATE), encoding="utf-8")
        self.means: dict[str, Any] = {
            "cdk": program,
            "out": self._folder,
            "set_up": lambda *_: None,
        }

    def fail(self, verb: str) -> None:
        """Have what is asked for end with another exit code than 0."""
        (self._folder / f"{verb}-fails").touch()

    def calls(self) -> list[str]:
        """Name what was asked for, in order."""
        noted = self._folder / "calls"
        return noted.read_text(encoding="utf-8").split() if noted.exists() else []

    def pipelines(self) -> list[str]:
        """Name what was asked for as in a pipeline, where the CDK has no advice of its own."""
        noted = (self._folder / "pipelines").read_text(encoding="utf-8")
        return [line.split()[0] for line in noted.splitlines() if line.endswith(" true")]

    def words(self, verb: str) -> list[str]:
        """Give the words with which it was asked last."""
        return (self._folder / f"{verb}-words").read_text(encoding="utf-8").splitlines()


def call(*words: str | Path, clients: Clients | None = None, **means: Any) -> int:
    """Give the exit code of a command line; all `clients` are these, where there are any."""
    if clients:
        means["clients"] = lambda *_, **__: clients
    with pytest.raises(SystemExit) as ended:
        jobwatch.main([str(each) for each in words], prog_name="./jobwatch", obj=Means(**means))
    return int(ended.value.code or 0)
