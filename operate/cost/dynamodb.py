"""What the table takes: its reads and writes in a month, and its size."""

import math
from collections.abc import Sequence

from operate.cost import quantities as q
from operate.cost.fleet import Activity, Group, leaves_of

GB = 1024**3


def table(groups: Sequence[Group], activity: Activity) -> dict[str, float]:
    """Count the read and write units of a month, and the GB of the table with its index.

    A quiet tick gets one item a scope, consistently. Where the digest differs, the unfinished jobs
    are read from the index, and the jobs of the parts that differ one by one. A job is written with
    its entry in the index, and each time its scope's health.
    """
    scopes, leaves = sum(group.scopes for group in groups), leaves_of(groups)
    jobs, unfinished = activity.jobs / leaves, activity.unfinished / leaves
    full_reads = q.FULL_READS * q.DAYS
    health_bytes = q.HEALTH_BYTES + min(jobs * q.DIGEST_BYTES, q.DIGEST_MOST)

    changes = activity.changes * q.DAYS
    dropped = changes / q.CHANGES_OF_JOB
    writing = [group for group in groups if group.stalls and group.has_progress]
    progress = activity.moving / 100 * polled(writing, unfinished)

    ticks = sum(q.MONTH / group.every * group.scopes for group in groups)
    entries = _steps(unfinished * q.ENTRY_BYTES, q.READ_STEP) / 2
    looked_up = 1 + jobs / q.DIGEST_PARTS
    differences = changes + dropped + progress

    # Until when an idle scope is left alone is noted in its health.
    rests = sum(q.MONTH / each.idle_every * each.leaves for each in groups if each.idle_every)
    stored = changes + progress
    job = _steps(q.ITEM_BYTES, q.WRITE_STEP) + _steps(q.ENTRY_BYTES, q.WRITE_STEP)
    healths = stored + dropped * q.HEALTHS_OF_JOB + leaves * full_reads
    healths += rests * (100 - activity.busy) / 100

    job_items = activity.jobs * (q.ITEM_BYTES + q.ITEM_OVERHEAD)
    items = job_items + scopes * (health_bytes + q.ITEM_OVERHEAD)
    index = activity.unfinished * (q.ENTRY_BYTES + q.ITEM_OVERHEAD)
    return {
        "dynamodb-reads": ticks + activity.jobs * full_reads + differences * (looked_up + entries),
        "dynamodb-writes": stored * job + healths * _steps(health_bytes, q.WRITE_STEP),
        "dynamodb-storage": (items + index) / GB,
        "dynamodb-backup": items / GB,
    }


def polled(groups: Sequence[Group], unfinished: float) -> float:
    """Count the looks at a job in a month, with so many unfinished ones in each leaf."""
    return unfinished * sum(q.MONTH / group.every * group.leaves for group in groups)


def _steps(size: float, step: int) -> int:
    """Count the steps that DynamoDB charges for, at least one."""
    return max(math.ceil(size / step), 1)
