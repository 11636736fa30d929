"""Measures one subject: each question is for one cycle, each answer says what the cycle took.

A subject is a module that is run with the name of a source and the number of its jobs. It imports
its library, makes its clients, and then looks at all the jobs once for each question.
"""

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.lines import answer

_STATUS = Path("/proc/self/status")


def measure(cycle: Callable[[], int]) -> None:
    """Do a cycle for each question; `cycle` gives how many endings of jobs it told of."""

    def respond(_: dict[str, Any]) -> dict[str, Any]:
        wall, cpu = time.perf_counter(), time.process_time()
        told = cycle()
        cpu = time.process_time() - cpu
        wall = time.perf_counter() - wall
        return {"wall": wall, "cpu": cpu, "told": told, "peak": peak()}

    answer(respond)


def peak() -> int:
    """Give the most memory that this process had, in bytes.

    Linux's `ru_maxrss` counts what the parent had before this process was this program.
    """
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return int(kilobytes) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
