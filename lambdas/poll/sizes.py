"""How much memory the answers of jobs take, and how many are dealt with at a time."""

from collections.abc import Iterable
from sys import getsizeof
from typing import Any

from lambdas.model import Job, ListedJob

BATCH = 1_000
"""Jobs that are looked up and decided on at a time, for memory's sake."""


def size_of(jobs: Iterable[ListedJob | Job]) -> int:
    """Reckon the bytes that the jobs' answers take in memory.

    The names of an answer's own fields are not counted: they are the same objects in each.
    """
    answers = [job.answer for job in jobs]
    total = sum(map(getsizeof, answers))
    left: list[Any] = [value for answer in answers for value in answer.values()]
    while left:
        total += sum(map(getsizeof, left))
        nested = [each for each in left if isinstance(each, (dict, list))]
        left = []
        for each in nested:
            left += each
            if isinstance(each, dict):
                left += each.values()
    return total
