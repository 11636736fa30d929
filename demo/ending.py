"""How a program that starts others is ended: Ctrl-C at any point, or a signal, ends all of them."""

import signal
import sys
from importlib import import_module
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def run(module: str) -> int:
    """Run the `main` of a module with the command line's words; return the exit code.

    Loading the module takes a while, in which Ctrl-C counts as well: without a traceback.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        return int(import_module(module).main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.stderr.write("\nEnded; nothing is left running.\n")
        return INTERRUPTED
