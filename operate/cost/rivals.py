"""What else would look at the same running jobs as often: a loop or a schedule for each job.

They are counted kindly: only their polling. What they would need besides, to notify anybody, to be
watched over, and to find jobs that nobody started them for, is left out.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise, zip_longest
from typing import NamedTuple

from infra.cost import quantities as q
from infra.cost.dynamodb import GB, polled
from infra.cost.fleet import Activity, Group, leaves_of
from infra.cost.month import Counted, usage
from infra.cost.prices import Bill, Price, bill

MOST_JOBS = 10_000_000
"""Nobody runs more at a time; a break-even beyond it is none."""
STEP = 1.2
"""How much farther each look for a break-even is than the one before."""
_STEPS = math.floor(math.log(MOST_JOBS, STEP)) + 1


Span = tuple[int, int | None]
"""From so many jobs to so many, None where it goes on."""


class Rival(NamedTuple):
    """Something else, its bill, and for how many running jobs Jobwatch is cheaper."""

    bill: Bill
    dearer: tuple[Span, ...]


class Comparison(NamedTuple):
    """Jobwatch, a Step Functions loop a job, and a schedule with a function a job."""

    jobwatch: Bill
    loop: Rival
    function: Rival


def compare(groups: Sequence[Group], activity: Activity, prices: Mapping[str, Price]) -> Comparison:
    """Price a month of all of them; which is cheaper is decided by the list prices."""

    @cache
    def ours(jobs: int) -> Bill:
        running = replace(activity, unfinished=jobs, jobs=max(jobs, activity.jobs))
        return bill(usage(groups, running), prices)

    def rival(takes: Callable[[float], Counted]) -> Rival:
        def theirs(jobs: int) -> Bill:
            return bill(takes(polled(groups, jobs / leaves_of(groups))), prices)

        dearer = _spans(lambda jobs: ours(jobs).listed < theirs(jobs).listed, activity.unfinished)
        return Rival(theirs(activity.unfinished), dearer)

    return Comparison(ours(activity.unfinished), rival(_loop), rival(_scheduled_function))


def of_a_recipient(
    groups: Sequence[Group], activity: Activity, prices: Mapping[str, Price]
) -> dict[str, float]:
    """Give what one recipient more of each kind costs a month, to which every alert goes."""
    kinds = ("emails", "topics", "pagers")
    more = [replace(activity, **{kind: getattr(activity, kind) + 1}) for kind in kinds]
    now, *then = (bill(usage(groups, each), prices).listed for each in (activity, *more))
    return {kind: round(each - now, 4) for kind, each in zip(kinds, then, strict=True)}


def _loop(polls: float) -> Counted:
    return {"step-functions": polls * q.TRANSITIONS}


def _scheduled_function(polls: float) -> Counted:
    return {
        "scheduler": polls,
        "lambda-requests": polls,
        "lambda-duration": polls * q.TASK_SECONDS * q.TASK_GB,
        "logs": polls * q.TASK_LOG / GB,
    }


def _spans(holds: Callable[[int], bool], asked: int) -> tuple[Span, ...]:
    """Find the numbers of jobs for which something holds; of those `asked` for it is said surely.

    It may hold, and no more with more jobs: a job that moves is written, and what else looks at it
    costs the same.
    """
    places = {max(asked, 1), MOST_JOBS, *(round(STEP**n) for n in range(_STEPS))}
    found = [(place, holds(place)) for place in sorted(places)]
    turns = [1] if found[0][1] else []
    for (below, before), (above, after) in pairwise(found):
        if before is not after:
            between = range(below + 1, above)
            turns.append(
                below + 1 + bisect_left(between, True, key=lambda jobs: holds(jobs) is after)
            )
    ends = [turn - 1 for turn in turns[1::2]]
    return tuple(zip_longest(turns[::2], ends))
