"""A look at all waits: a heartbeat for each, and what is left of those that have come to an end.

It comes each minute, and goes on where the one before stopped, should there be more waits than it
has time for. A heartbeat needs no look at the job: that its end was not told, as a function was
stopped or an event got lost, is noticed a few minutes later.

Where there are more than one has time for, a wait has its turn only every few minutes, which might
never be those in which its job is looked up: so each job is looked up then.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from lambdas.deadline import Deadline
from lambdas.waits.calls import CALL_SECONDS
from lambdas.waits.settling import TELL_SECONDS, Outcome, Settler
from lambdas.waits.wait import Wait

MINUTE = 60
LOOKS_EVERY = 5
"""The job of each wait is looked up in one of so many minutes: a read of the table costs, a
heartbeat does not."""
PAGE_SECONDS = 2 * CALL_SECONDS + TELL_SECONDS
"""What a page needs so that it may begin: to be read, one scope looked up, and one task told."""


def sweep(settler: Settler, deadline: Deadline) -> Counter[Outcome]:
    """Look at the waits behind where the last look stopped; count what became of them.

    :raises CallError: where the table of waits could not be read or written.
    """
    counts = Counter[Outcome]()
    memory = settler.memory
    within, stop = deadline.earlier(CALL_SECONDS), memory.stopped_at()
    behind = stop.behind if stop else None
    last: Wait | None = None
    for page in memory.all(behind):
        outcomes = _settle(settler, page, within, each=stop is not None)
        counts.update(outcomes)
        reached = _reached(page, outcomes)
        last = reached[-1] if reached else last
        if len(reached) < len(page) or not within.allows(PAGE_SECONDS):
            if last is not None:
                memory.stop_at(last)
            return counts
    if behind is not None:
        memory.stop_at(None)
    elif stop is not None:
        memory.stop_nowhere()
    return counts


def answer_job(
    settler: Settler, job: tuple[str, str, str, str], deadline: Deadline
) -> Counter[Outcome]:
    """Settle the waits for a job: a source, an account, a region and an id.

    :raises CallError: where the table of waits could not be read.
    """
    counts = Counter[Outcome]()
    for page in settler.memory.of_job(*job):
        outcomes = settler.settle(page, deadline)
        counts.update(outcomes)
        if Outcome.UNREACHED in outcomes:
            break
    return counts


def _settle(
    settler: Settler, page: Sequence[Wait], deadline: Deadline, *, each: bool
) -> list[Outcome]:
    now = settler.clock()
    due = [each or _is_due(wait, now) for wait in page]
    looked_at = [wait for wait, is_due in zip(page, due, strict=True) if is_due]
    others = [wait for wait, is_due in zip(page, due, strict=True) if not is_due]
    settled = iter(settler.settle(looked_at, deadline))
    told = iter(settler.tell(others, [None] * len(others), deadline))
    return [next(settled if is_due else told) for is_due in due]


def _is_due(wait: Wait, now: datetime) -> bool:
    """Tell whether the job is looked up now; not all are so in the same minute."""
    minute = int(now.timestamp()) // MINUTE + int(wait.key[:4], 16)
    return minute % LOOKS_EVERY == 0 or wait.until <= now


def _reached(page: Sequence[Wait], outcomes: Sequence[Outcome]) -> Sequence[Wait]:
    """Give the waits before the first for which there was no time."""
    unreached = Outcome.UNREACHED in outcomes
    return page[: outcomes.index(Outcome.UNREACHED)] if unreached else page
