"""What else would look at the same running jobs as often: a loop or a schedule for each job.

They are counted kindly: only their polling. What they would need besides, to notify anybody, to be
watched over, and to find jobs that nobody started them for, is left out.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from operate.cost import quantities as q
from operate.cost.dynamodb import GB, polled
from operate.cost.fleet import Activity, Group, leaves_of
from operate.cost.month import Counted, usage
from operate.cost.prices import Bill, Price, bill

MOST_JOBS = 10_000_000
"""Nobody runs more at a time; a break-even beyond it is none."""


class Rival(NamedTuple):
    """Something else, its bill, and the running jobs from which Jobwatch is cheaper, if ever."""

    bill: Bill
    from_jobs: int | None


class Comparison(NamedTuple):
    """Jobwatch, a Step Functions loop a job, and a schedule with a function a job."""

    jobwatch: Bill
    loop: Rival
    function: Rival


def compare(groups: Sequence[Group], activity: Activity, prices: Mapping[str, Price]) -> Comparison:
    """Price a month of all of them; which is cheaper is decided by the list prices."""

    def ours(jobs: int) -> Bill:
        running = replace(activity, unfinished=jobs, jobs=max(jobs, activity.jobs))
        return bill(usage(groups, running), prices)

    def rival(takes: Callable[[float], Counted]) -> Rival:
        def theirs(jobs: int) -> Bill:
            return bill(takes(polled(groups, jobs / leaves_of(groups))), prices)

        first = _first(lambda jobs: ours(jobs).listed < theirs(jobs).listed)
        return Rival(theirs(activity.unfinished), first)

    return Comparison(ours(activity.unfinished), rival(_loop), rival(_scheduled_function))


def _loop(polls: float) -> Counted:
    return {"step-functions": polls * q.TRANSITIONS}


def _scheduled_function(polls: float) -> Counted:
    return {
        "scheduler": polls,
        "lambda-requests": polls,
        "lambda-duration": polls * q.TASK_SECONDS * q.TASK_GB,
        "logs": polls * q.TASK_LOG / GB,
    }


def _first(cheaper: Callable[[int], bool]) -> int | None:
    """Find the smallest number of jobs for which it holds; it holds for all above, too."""
    numbers = range(1, MOST_JOBS + 1)
    place = bisect_left(numbers, True, key=cheaper)
    return numbers[place] if place < MOST_JOBS else None
