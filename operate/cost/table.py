"""What the table takes: its reads at each tick and once a day, its writes, and its size."""

import math
from collections.abc import Callable, Sequence

from operate.cost.fleet import Activity, Group, exact_of, looks
from operate.cost.quantities import Quantities


def tick_reads(
    cadence: Sequence[Group], groups: Sequence[Group], activity: Activity, q: Quantities
) -> float:
    """Count the read units of a tick: a query of the index for each scope that holds jobs."""
    exact = exact_of(groups)
    entries = activity.unfinished / exact * q.entry_bytes
    units = 0.0
    for group in cadence:
        query = _steps(health_bytes(group, activity.jobs / exact, q) + entries, q.read_step)
        named = group.named * looks(group, activity)
        units += group.exact * (query + named) * q.read
        units += (group.scopes - group.exact) * q.broad_read
    return units


def whole_reads(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Count the read units of a day in which all that is remembered is read once."""
    steps = _steps(activity.jobs / exact_of(groups) * q.item_bytes, q.read_step)
    listing = exact_of([group for group in groups if not group.named])
    return listing * q.whole_reads * steps * q.certain_read


def lookups(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Count the read units that a month's changes take.

    A job that is new is looked up. One that the list drops changes the digest, so that the jobs of
    its part are.
    """
    jobs = activity.jobs / exact_of(groups)
    of_part = _mean(groups, lambda group: digested(group, jobs, q) / q.digest_parts)
    return _jobs_of_month(activity, q) * (1 + of_part) * q.read


def writes(groups: Sequence[Group], activity: Activity, q: Quantities, *, stored: float) -> float:
    """Count the write units of a month in which jobs are `stored` so many times.

    An item is written to the table and to the index.
    """
    jobs = activity.jobs / exact_of(groups)

    def health(group: Group) -> float:
        return 2 * _steps(health_bytes(group, jobs, q), q.write_step)

    daily = sum(group.exact * health(group) for group in groups) * q.whole_reads * q.days
    ends = _jobs_of_month(activity, q) * q.health_writes * _mean(groups, health)
    return stored * (_steps(q.item_bytes, q.write_step) + q.entry_write) + daily + ends


def table_bytes(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Give the size of the table without its index."""
    return activity.jobs * (q.item_bytes + q.item_overhead) + _healths(groups, activity, q)


def index_bytes(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Give the size of the index: the unfinished jobs, and each scope's health once more."""
    return activity.unfinished * (q.entry_bytes + q.item_overhead) + _healths(groups, activity, q)


def health_bytes(group: Group, jobs: float, q: Quantities) -> float:
    """Give the size of a scope's health, of whose jobs so many are remembered."""
    return q.health_bytes + min(digested(group, jobs, q) * q.digest_bytes, q.digest_most)


def digested(group: Group, jobs: float, q: Quantities) -> float:
    """Count the jobs that a scope's digest vouches for."""
    if group.named:
        return 0
    return min(jobs, q.sorted_page) if group.newest_first else jobs


def _healths(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    jobs = activity.jobs / exact_of(groups)
    return sum(g.scopes * (health_bytes(g, jobs, q) + q.item_overhead) for g in groups)


def _jobs_of_month(activity: Activity, q: Quantities) -> float:
    return activity.changes * q.days / q.changes_of_job


def _mean(groups: Sequence[Group], of: Callable[[Group], float]) -> float:
    """Give the mean over the scopes that hold jobs."""
    return sum(group.exact * of(group) for group in groups) / exact_of(groups)


def _steps(size: float, step: float) -> int:
    """Count the steps that DynamoDB charges for, at least one."""
    return max(math.ceil(size / step), 1)
