"""How a command says what it says on a terminal that may not be one of UTF-8."""

import atexit
import codecs
import gc
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import NoReturn

PLAIN = {"✓": "+", "✗": "x", "→": "->", "…": "...", "·": "-", "▶": ">"}
"""What stands for our signs where they can't be written."""


def run_main(main: Callable[[], int]) -> NoReturn:
    """Run a command to its end: what the terminal can't write is written plainly."""
    # Of the services' models that are read nothing is garbage: to look for it, and once more for
    # all of it at the end, takes longer than much of what a command does.
    gc.set_threshold(200_000, 50, 1_000)
    atexit.register(gc.freeze)
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="plain")
    sys.exit(main())


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    return "".join(PLAIN.get(each, "?") for each in found), error.end
