"""Talk between the benchmark and a process of its own: lines of JSON, a question and its answer.

What is measured runs in a virtual environment of its own, so it is a process of its own; nothing
here needs more than Python, as each of those environments imports it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_PATIENCE = 20


class ProcessError(Exception):
    """A process of the benchmark ended before it answered; the message says what it wrote."""


class Process:
    """A process that answers questions."""

    def __init__(self, running: subprocess.Popen[str], log: Path) -> None:
        self._running = running
        self._log = log

    def ask(self, **question: Any) -> dict[str, Any]:
        """Ask and wait for the answer.

        :raises ProcessError: when the process ended instead.
        """
        line = ""
        if self._running.stdin and self._running.stdout:
            with suppress(BrokenPipeError):
                print(json.dumps(question), file=self._running.stdin, flush=True)
                line = self._running.stdout.readline()
        if not line:
            end = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
            raise ProcessError("\n".join([f"{self._log.stem} ended:", *end]))
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def run(
    python: Path, module: str, *arguments: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[Process]:
    """Run a module of the benchmark under some Python, in a folder of its own."""
    log = folder / f"{'-'.join([module.rpartition('.')[2], *arguments])}.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  the commands are ours
            [str(python), "-P", "-m", module, *arguments],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as running,
    ):
        try:
            yield Process(running, log)
        finally:
            _end(running)


def _end(running: subprocess.Popen[str]) -> None:
    """Close its questions, at which it ends by itself; stop it if it does not."""
    if running.stdin is not None:
        with suppress(BrokenPipeError):  # it ended before, and a question was left in the pipe
            running.stdin.close()
    try:
        running.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        running.kill()


def answer(respond: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Answer every question until there are no more; what else this process prints is its log."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(respond(json.loads(line))), file=replies, flush=True)
