"""Time as a budget: no call is begun that could outlast the invocation."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Clock = Callable[[], datetime]
"""Tells the time, aware and in UTC."""

LONGEST_BACKOFF = 20.0
"""Seconds that botocore waits at most before it tries again."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an invocation must be done: `at` is a value of `timer`, both in seconds."""

    at: float
    timer: Callable[[], float] = time.monotonic

    def allows(self, seconds: float) -> bool:
        """Tell whether something that takes so long would be done in time."""
        return self.timer() + seconds <= self.at

    def left(self) -> float:
        """Tell how many seconds are left."""
        return self.at - self.timer()

    def earlier(self, seconds: float) -> "Deadline":
        """Give a deadline that is earlier by so many seconds."""
        return Deadline(self.at - seconds, self.timer)


def worst_case(config: Any) -> float:
    """Give how many seconds a call takes at most: each attempt times out, with waits between.

    `config` is botocore's, which has its settings as attributes of which its types say nothing.
    """
    attempts = config.retries["total_max_attempts"]
    waits = sum(min(2.0**n, LONGEST_BACKOFF) for n in range(attempts - 1))
    return float(attempts * (config.connect_timeout + config.read_timeout) + waits)
