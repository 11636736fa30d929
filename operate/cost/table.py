"""What the table takes: its reads and writes in a month, and its size."""

import math
from collections.abc import Sequence

from operate.cost import quantities as q
from operate.cost.fleet import Activity, Group, leaves_of


def reads(groups: Sequence[Group], activity: Activity) -> float:
    """Count the read units of a month.

    A quiet tick gets one item a scope, consistently. Where the digest differs, the unfinished jobs
    are read from the index, and the jobs of the parts that differ one by one.
    """
    ticks = sum(q.MONTH / group.every * group.scopes for group in groups)
    full = activity.jobs * q.FULL_READS * q.DAYS
    entries = _steps(activity.unfinished / leaves_of(groups) * q.ENTRY_BYTES, q.READ_STEP) / 2
    looked_up = 1 + _jobs(groups, activity) / q.DIGEST_PARTS
    differences = _differences(activity) + _progress(groups, activity)
    return ticks + full + differences * (looked_up + entries)


def writes(groups: Sequence[Group], activity: Activity) -> float:
    """Count the write units of a month: a job and its entry in the index, a scope's health."""
    progress = _progress(groups, activity)
    stored = activity.changes * q.DAYS + progress
    job = _steps(q.ITEM_BYTES, q.WRITE_STEP) + _steps(q.ENTRY_BYTES, q.WRITE_STEP)
    healths = stored + _jobs_of_month(activity) * q.HEALTHS_OF_JOB
    healths += leaves_of(groups) * q.FULL_READS * q.DAYS + _rests(groups, activity)
    return stored * job + healths * _steps(_health_bytes(groups, activity), q.WRITE_STEP)


def stored_bytes(groups: Sequence[Group], activity: Activity) -> tuple[float, float]:
    """Give the size of the table, and that of its index."""
    scopes = sum(group.scopes for group in groups)
    items = activity.jobs * (q.ITEM_BYTES + q.ITEM_OVERHEAD)
    healths = scopes * (_health_bytes(groups, activity) + q.ITEM_OVERHEAD)
    return items + healths, activity.unfinished * (q.ENTRY_BYTES + q.ITEM_OVERHEAD)


def polled(groups: Sequence[Group], activity: Activity) -> float:
    """Count how often an unfinished job is looked at in a month, all of them together."""
    return sum(_polled(groups, activity, group) for group in groups)


def _differences(activity: Activity) -> float:
    """Count the looks that differ: one a change, and one when the list drops a job."""
    return activity.changes * q.DAYS + _jobs_of_month(activity)


def _jobs_of_month(activity: Activity) -> float:
    return activity.changes * q.DAYS / q.CHANGES_OF_JOB


def _progress(groups: Sequence[Group], activity: Activity) -> float:
    """Count the silent writes of jobs that moved on without a change of status."""
    writing = [group for group in groups if group.stalls and group.has_progress]
    return activity.moving / 100 * sum(_polled(groups, activity, group) for group in writing)


def _polled(groups: Sequence[Group], activity: Activity, group: Group) -> float:
    return activity.unfinished * group.leaves / leaves_of(groups) * q.MONTH / group.every


def _rests(groups: Sequence[Group], activity: Activity) -> float:
    """Count how often it is noted until when an idle scope is left alone."""
    resting = [group for group in groups if group.idle_every]
    rests = sum(group.leaves * q.MONTH / (group.idle_every or 1) for group in resting)
    return rests * (100 - activity.busy) / 100


def _jobs(groups: Sequence[Group], activity: Activity) -> float:
    return activity.jobs / leaves_of(groups)


def _health_bytes(groups: Sequence[Group], activity: Activity) -> float:
    return q.HEALTH_BYTES + min(_jobs(groups, activity) * q.DIGEST_BYTES, q.DIGEST_MOST)


def _steps(size: float, step: int) -> int:
    """Count the steps that DynamoDB charges for, at least one."""
    return max(math.ceil(size / step), 1)
