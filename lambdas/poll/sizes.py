"""How much memory the answers of listed jobs take: whoever starts jobs decides on that."""

from collections.abc import Iterable
from sys import getsizeof
from typing import Any

from lambdas.model import ListedJob


def size_of(jobs: Iterable[ListedJob]) -> int:
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
