"""Measures one subject: each question is for one cycle, each answer says what the cycle took.

A subject is a module that is run with the name of a source and the number of its jobs. It imports
its library, makes its clients, and then looks at all the jobs once for each question.
"""

import time
from collections.abc import Callable
from typing import Any

from bench.cold.run import peak
from bench.lines import answer


def measure(cycle: Callable[[], int]) -> None:
    """Do a cycle for each question; `cycle` gives how many endings of jobs it reported."""

    def respond(_: dict[str, Any]) -> dict[str, Any]:
        wall, cpu = time.perf_counter(), time.process_time()
        reported = cycle()
        cpu = time.process_time() - cpu
        wall = time.perf_counter() - wall
        return {"wall": wall, "cpu": cpu, "reported": reported, "peak": peak()}

    answer(respond)
