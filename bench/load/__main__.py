"""`python -m bench.load`: Ctrl-C at any point ends everything that was started."""

import signal
import sys
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    """Run the load test; return the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        # Loading all this takes a while, in which Ctrl-C counts as well.
        from bench.load.command import main as run  # noqa: PLC0415

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("\nEnded; nothing is left running.\n")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
