"""One cold start: import a function, call it twice, and say on the last line what that took.

`python -I -S -B run.py BUNDLE MODULE EVENT` is a process of its own, in which only the bundle and
the standard library can be imported. What this file needs itself is imported when the clock is off.
"""

import sys
import time


class Context:
    """What the functions ask of Lambda's context."""

    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Give the longest time that Lambda gives."""
        return 900_000


def clocks() -> dict[str, float]:
    """Read the wall's clock and the processor's, in milliseconds."""
    return {"wall": time.perf_counter() * 1_000, "cpu": time.process_time() * 1_000}


def main(bundle: str, module: str, event: str) -> None:
    """Measure the start of the function `module`, found in the bundle or beside this file."""
    sys.path[:0] = [bundle, __file__.rpartition("/")[0]]
    began = clocks()
    handler = __import__(module, fromlist=["handler"]).handler
    imported = clocks()
    import json  # noqa: PLC0415  not before the clock ran

    given, context = json.loads(event), Context()
    called = clocks()
    answer = handler(given, context)
    answered = clocks()
    handler(given, context)
    taken = {
        "import": (began, imported),
        "first": (called, answered),
        "second": (answered, clocks()),
    }
    said = {"answer": answer, "peak": peak(), "python": sys.version.split()[0]}
    for part, (then, now) in taken.items():
        said |= {f"{part}_{clock}": now[clock] - then[clock] for clock in now}
    print(json.dumps(said))


def peak() -> float:
    """Give the most memory that this process ever held, in MB.

    Not `ru_maxrss` where there is a choice: it begins with what the parent process held.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123  pathlib is slow
            return next(int(line.split()[1]) for line in lines if "VmHWM" in line) * 1_024 / 1e6
    except FileNotFoundError:
        import resource  # noqa: PLC0415  not before the clock ran

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
