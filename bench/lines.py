"""Answers the benchmark's questions: lines of JSON, a question and its answer.

What is measured runs in a virtual environment of its own, so it is a process of its own; nothing
here needs more than Python, as each of those environments imports it.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from bench.cold.run import peak


def answer(respond: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Answer every question until there are no more; what else this process prints is its log."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(respond(json.loads(line))), file=replies, flush=True)


def measure(cycle: Callable[[], int]) -> None:
    """Do a cycle for each question, and answer what it took, in seconds and MB.

    `cycle` looks at all jobs once, and gives how many endings of jobs it reported.
    """

    def respond(_: dict[str, Any]) -> dict[str, Any]:
        wall, cpu = time.perf_counter(), time.process_time()
        reported = cycle()
        cpu = time.process_time() - cpu
        wall = time.perf_counter() - wall
        return {"wall": wall, "cpu": cpu, "reported": reported, "peak": peak()}

    answer(respond)
