"""A look at all waits: a heartbeat for each, and what is left of those that have come to an end.

It comes each minute, and goes on where the one before stopped, should there be more waits than it
has time for. A heartbeat needs no look at the job: that its end was not told, as a function was
stopped or an event got lost, is noticed a few minutes later.

Where there are more than it has time for, a wait has its turn only every few minutes, which might
never be those in which its job is looked up: so it is the looks that count then, and not minutes.

One whose answer was not taken is looked up in each look and gets no heartbeat: where none is ever
taken, as its state machine is under a key that refuses, nobody would else notice that it is over.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lambdas.deadline import Deadline
from lambdas.waits.calls import CALL_SECONDS
from lambdas.waits.memory import Stop, key
from lambdas.waits.settling import TELL_SECONDS, Outcome, Settler
from lambdas.waits.wait import Wait

MINUTE = 60
LOOKS_EVERY = 5
"""The job of each wait is looked up in one of so many looks: a read of the table costs, a
heartbeat does not."""
PAGE_SECONDS = 2 * CALL_SECONDS + TELL_SECONDS
"""What a page needs so that it may begin: to be read, one scope looked up, and one task told."""


def sweep(settler: Settler, deadline: Deadline) -> Counter[Outcome]:
    """Look at the waits behind where the last look stopped; count what became of them.

    :raises CallError: where the table of waits could not be read or written.
    """
    counts = Counter[Outcome]()
    memory, within = settler.memory, deadline.earlier(CALL_SECONDS)
    before = memory.stopped_at()
    stop = before or Stop(look=int(settler.clock().timestamp()) // MINUTE)
    last: Wait | None = None
    for page in memory.all(stop.behind):
        outcomes = _settle(settler, page, within, stop.look)
        counts.update(outcomes)
        reached = _reached(page, outcomes)
        last = reached[-1] if reached else last
        if len(reached) < len(page) or not within.allows(PAGE_SECONDS):
            if last is not None:
                memory.stop_at(replace(stop, behind=key(last)))
            return counts
    if stop.behind is not None:
        memory.stop_at(Stop(stop.look + 1))
    elif before is not None:
        memory.stop_at(None)
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


def _settle(settler: Settler, page: Sequence[Wait], deadline: Deadline, look: int) -> list[Outcome]:
    now = settler.clock()
    due = [
        wait.key not in settler.deaf and (_is_due(wait, look) or wait.until <= now or wait.untold)
        for wait in page
    ]
    looked_at = [wait for wait, is_due in zip(page, due, strict=True) if is_due]
    others = [wait for wait, is_due in zip(page, due, strict=True) if not is_due]
    settled = iter(settler.settle(looked_at, deadline))
    told = iter(settler.tell(others, [None] * len(others), deadline))
    return [next(settled if is_due else told) for is_due in due]


def _is_due(wait: Wait, look: int) -> bool:
    """Tell whether the job is looked up in a look at all waits; not all are in the same one."""
    return (look + int(wait.key[:4], 16)) % LOOKS_EVERY == 0


def _reached(page: Sequence[Wait], outcomes: Sequence[Outcome]) -> Sequence[Wait]:
    """Give the waits before the first for which there was no time."""
    unreached = Outcome.UNREACHED in outcomes
    return page[: outcomes.index(Outcome.UNREACHED)] if unreached else page
