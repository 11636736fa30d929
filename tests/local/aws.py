"""AWS's command line, version 1, as version 2 is not on PyPI.

What the pages use of version 2 is put right: a payload is taken as it is, and the log's tail is
asked for otherwise.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from awscli import clidriver

from tests.local.forks import ended

DATA = os.environ["AWS_DATA_PATH"]
"""Where it has told itself, as it was imported, that its models are."""

clidriver.create_clidriver()  # which imports what each command needs


def main(words: list[str]) -> int:
    """Run a command; one that the local AWS may lack is then held against the service's model."""
    words = [*_of_version_1(words), "--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
    name = " ".join(words[:2])
    if name not in os.environ["LACKING"].split(","):
        return _run(words)
    with tempfile.TemporaryFile() as said:
        if code := _apart(words, said.fileno()):
            with Path(os.environ["USED"]).open("a") as used:
                used.write(name + "\n")
            return _run([*words, "--generate-cli-skeleton", "output"])
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout.buffer)
    return code


def _of_version_1(words: list[str]) -> list[str]:
    if "--cli-binary-format" in words:
        at = words.index("--cli-binary-format")
        assert words[at + 1] == "raw-in-base64-out"
        words = words[:at] + words[at + 2 :]
    if words[:2] == ["logs", "tail"]:
        since, length, *options, group = words[2:]
        assert since == "--since"
        assert length[:-1].isdigit()
        assert length[-1] in "mhd"
        words = ["logs", "filter-log-events", "--log-group-name", group, *options]
    return words


def _run(words: list[str]) -> int:
    os.environ["AWS_DATA_PATH"] = DATA
    sys.argv = ["aws", *words]
    return clidriver.main()


def _apart(words: list[str], said: int) -> int:
    """Run a command in a process of its own, whose output is kept; give its exit code."""
    if process := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    os.dup2(said, 1)
    os.dup2(said, 2)
    os._exit(ended(_run, words))
