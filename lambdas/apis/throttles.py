"""Counts how often a job API answered that it is called too much."""

import threading
from typing import Any

from botocore.retries.standard import RetryContext, RetryEventAdapter, ThrottlingErrorDetector

from lambdas.model import SourceError


def is_throttle(code: str) -> bool:
    """Say whether an error's code means that the API is called too much, by botocore's own list."""
    answer = RetryContext(attempt_number=1, parsed_response={"Error": {"Code": code}})
    detector = ThrottlingErrorDetector(RetryEventAdapter())
    return bool(detector.is_throttling_error_from_context(answer))


def is_refusal(error: SourceError) -> bool:
    """Say whether an API answered that it won't do what it was asked for, whenever it is asked."""
    return error.answered and not is_throttle(error.code)


class Throttles:
    """A counter for the clients of all threads; an answer counts whether or not a retry helped."""

    def __init__(self) -> None:
        self._detector = ThrottlingErrorDetector(RetryEventAdapter())
        self._lock = threading.Lock()
        self._count = 0

    def note(self, *, event_name: str, **answer: Any) -> None:  # noqa: ARG002  botocore gives it
        """Look at an answer; a handler for botocore's event `needs-retry`."""
        if self._detector.is_throttling_error(**answer):
            with self._lock:
                self._count += 1

    def take(self) -> int:
        """Give the number since the last time that it was taken."""
        with self._lock:
            taken, self._count = self._count, 0
            return taken
