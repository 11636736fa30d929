"""Talk between the benchmark and a process of its own: lines of JSON, a question and its answer.

What is measured runs in a virtual environment of its own, so it is a process of its own; nothing
here needs more than Python, as each of those environments imports it.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subprocess import Popen


class ProcessError(Exception):
    """A process of the benchmark ended before it answered; the message says what it wrote."""


class Process:
    """A process that answers questions."""

    def __init__(self, running: "Popen[str]", log: Path) -> None:
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


def answer(respond: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Answer every question until there are no more; what else this process prints is its log."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(respond(json.loads(line))), file=replies, flush=True)
