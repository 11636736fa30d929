"""What a list that is read in several invocations carries from one to the next."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from lambdas.apis.throttles import is_refusal
from lambdas.digest import PARTS, part_of
from lambdas.health import UNREACHABLE_AFTER
from lambdas.model import Cursor, Health, SourceError

MOST_CARRIED = 100_000
"""Characters of the ids that a cursor carries, as JSON in ASCII: it is a part of an item."""


def resumed(health: Health) -> Cursor | None:
    """Give where the list goes on, unless the last invocation was stopped amid its writes."""
    return None if health.unfinished_checksum is None else health.cursor


def carrying(cursor: Cursor, unseen: Collection[str], now: datetime) -> Cursor:
    """Carry the unfinished jobs that the list has not shown so far, as many as fit.

    Of the parts of the others it is not known what is absent. They begin at another part each time,
    whatever the cadence, so that every part has its turn.
    """
    first = part_of(now.isoformat())
    left = MOST_CARRIED
    carried, unchecked = set[str](), set[int]()
    for job_id in sorted(unseen, key=lambda i: (part_of(i) - first) % PARTS):
        left -= len(json.dumps(job_id))
        if left < 0:
            unchecked.add(part_of(job_id))
        else:
            carried.add(job_id)
    return replace(
        cursor, unseen=frozenset(carried), unchecked_parts=cursor.unchecked_parts | unchecked
    )


def kept(before: Health, error: SourceError, *, any_page: bool) -> Cursor | None:
    """Give where a list that failed goes on; None: it begins anew.

    A scope that is unreachable by now begins anew, and so does a list whose first call (`any_page`
    tells that another was answered) was refused: it may be the kept token that has expired.
    """
    expired = is_refusal(error) and not any_page
    is_unreachable = before.failures + 1 >= UNREACHABLE_AFTER
    return None if expired or is_unreachable else before.cursor
