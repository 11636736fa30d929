"""One cold start: import a function, call it twice, and say on the last line what that took.

`python -I -S -B run.py BUNDLE MODULE EVENT` is a process of its own, in which only the bundle and
the standard library can be imported. What this file needs itself is imported when the clock is off.
"""

import sys
import time
from typing import Any

PROC = "/proc/self/status"


class Context:
    """What the functions ask of Lambda's context."""

    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"

    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Give the longest time that Lambda gives."""
        return 900_000


class Stopwatch:
    """Seconds since the last look, on the wall and of the processor."""

    def __init__(self) -> None:
        self._last = self._now()

    def look(self) -> dict[str, float]:
        """Give the seconds since the last look."""
        before, self._last = self._last, self._now()
        wall, cpu = (now - then for now, then in zip(self._last, before, strict=True))
        return {"wall": wall, "cpu": cpu}

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), time.process_time()


def main(bundle: str, module: str, event: str) -> None:
    """Measure the start of the function `module`, found in the bundle or beside this file."""
    sys.path[:0] = [bundle, __file__.rpartition("/")[0]]
    taken: dict[str, Any] = {}
    watch = Stopwatch()
    handler = __import__(module, fromlist=["handler"]).handler
    taken["import"] = watch.look()
    import json  # noqa: PLC0415  not before the clock ran

    given = json.loads(event)
    watch.look()
    taken["answer"] = handler(given, Context())
    taken["first"] = watch.look()
    handler(given, Context())
    taken["second"] = watch.look()
    print(json.dumps({**taken, "peak": peak(), "python": sys.version.split()[0]}))


def peak() -> float:
    """Give the most memory that this process ever held, in MB.

    Not `ru_maxrss` where there is a choice: it begins with what the parent process held.
    """
    try:
        with open(PROC, encoding="ascii") as lines:  # noqa: PTH123  pathlib is 5 ms of imports
            return next(int(line.split()[1]) for line in lines if "VmHWM" in line) * 1_024 / 1e6
    except FileNotFoundError:
        import resource  # noqa: PLC0415  not before the clock ran

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
