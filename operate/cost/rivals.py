"""What else would look at the same running jobs as often: loops, one for each job.

They are counted kindly: only their polling. What they would need besides, to tell anybody, to stop
after an error, to be watched over, and to find jobs that nobody started them for, is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from operate.cost.fleet import Activity, Group
from operate.cost.prices import Bill, Price, bill
from operate.cost.quantities import Quantities
from operate.cost.ticks import GB, Counted
from operate.cost.usage import polls, usage

MOST_JOBS = 10_000_000
"""Nobody runs more at a time; a break-even beyond it is none."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Something else, and what it costs.

    `from_listed` and `from_after_free` are how many running jobs Jobwatch is cheaper from, at list
    prices and with the free tiers; None where it never is.
    """

    label: str
    bill: Bill
    from_listed: int | None
    from_after_free: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Jobwatch and what else there is, for one set of numbers."""

    jobwatch: Bill
    rivals: tuple[Rival, ...]


def compare(
    groups: Sequence[Group], activity: Activity, prices: Mapping[str, Price], q: Quantities
) -> Comparison:
    """Price a month of all of them."""

    def running(jobs: int) -> Activity:
        return replace(activity, unfinished=jobs, jobs=max(jobs, activity.jobs))

    def ours(jobs: int) -> Bill:
        return bill(usage(groups, running(jobs), q), prices)

    def rival(label: str, takes: Callable[[float, Quantities], Counted]) -> Rival:
        def theirs(jobs: int) -> Bill:
            return bill(takes(polls(groups, running(jobs), q), q), prices)

        return Rival(
            label=label,
            bill=theirs(activity.unfinished),
            from_listed=_first(lambda jobs: ours(jobs).listed < theirs(jobs).listed),
            from_after_free=_first(lambda jobs: ours(jobs).after_free < theirs(jobs).after_free),
        )

    return Comparison(ours(activity.unfinished), tuple(rival(*each) for each in RIVALS.items()))


def _loop(polled: float, q: Quantities) -> Counted:
    return {"step-functions": polled * q.transitions}


def _function(polled: float, q: Quantities) -> Counted:
    return {
        "lambda-requests": polled,
        "lambda-duration": polled * q.task_seconds * q.task_gb,
        "logs": polled * q.task_log / GB,
    }


def _loop_with_function(polled: float, q: Quantities) -> Counted:
    return {**_loop(polled, q), **_function(polled, q)}


def _scheduled_function(polled: float, q: Quantities) -> Counted:
    return {"scheduler": polled, **_function(polled, q)}


RIVALS: Mapping[str, Callable[[float, Quantities], Counted]] = {
    "Step Functions, a loop a job": _loop,
    "the same, asking with a function": _loop_with_function,
    "a schedule and a function a job": _scheduled_function,
}
"""What they take for a number of polls of single jobs, by their labels."""


def _first(cheaper: Callable[[int], bool]) -> int | None:
    """Find the smallest number of jobs for which it holds; it holds for all above, too."""
    below, above = 0, 1
    while not cheaper(above):
        below, above = above, above * 2
        if above > MOST_JOBS:
            return None
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if cheaper(middle) else (middle, above)
    return above
