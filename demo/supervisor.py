"""Runs a command and ends it, with all that it started, when its caller is gone.

`python -m demo.supervisor FOLDER COMMAND…` runs the command in a process group of its own, and
watches its own standard input: when that closes, the caller is done with it or has died, however
it died. Then the whole group gets SIGTERM and, if that does not help, SIGKILL.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

GRACE = 1.5
"""Seconds that a command has to end after SIGTERM."""
_INTERVAL = 0.1


class Supervised:
    """A command under a supervisor; leaving the context ends it and all that it started."""

    def __init__(
        self, command: Sequence[str], *, cwd: Path, env: dict[str, str], log: IO[bytes]
    ) -> None:
        """Start the command; its output goes to `log`."""
        root = Path(__file__).resolve().parent.parent
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "demo.supervisor", str(cwd), *command],
            cwd=root,
            env=env,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def ended(self) -> int | None:
        """Return the exit code of a command that ended by itself, None while it runs."""
        return self._supervisor.poll()

    def wait(self) -> int:
        """Wait for the command to end by itself; return its exit code."""
        return self._supervisor.wait()

    def stop(self) -> None:
        """End the command and all that it started."""
        if self._supervisor.stdin:
            with contextlib.suppress(OSError):
                self._supervisor.stdin.close()
        while self._supervisor.poll() is None:
            # It takes seconds at most; an impatient Ctrl-C must not leave it behind half done.
            with contextlib.suppress(KeyboardInterrupt):
                self._supervisor.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def main(arguments: Sequence[str]) -> int:
    """Run `arguments[1:]` in the folder `arguments[0]` until it or the standard input ends."""
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: signals.append(number))
    folder, *command = arguments
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, start_new_session=True
    )
    while process.poll() is None and signal.SIGTERM not in signals and not _closed():
        pass
    _end(process)
    return process.returncode


def _closed() -> bool:
    """Say whether the standard input was closed, after a short wait for that."""
    readable, _, _ = select.select([sys.stdin], [], [], _INTERVAL)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 1.0)):
        until = time.monotonic() + patience
        left = _signal(process.pid, number)
        while left and time.monotonic() < until:
            time.sleep(_INTERVAL)
            process.poll()
            left = _signal(process.pid, 0)
    process.wait()


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; say whether anything of it is left."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
