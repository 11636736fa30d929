"""What the table takes: its reads and writes in a month, and its size."""

import math
from collections.abc import Sequence

from infra.cost import quantities as q
from infra.cost.fleet import Activity, Group, leaves_of

GB = 1024**3


def table(groups: Sequence[Group], activity: Activity) -> dict[str, float]:
    """Count the read and write units of a month, and the GB of the table with its indexes.

    A quiet tick gets one item a scope, consistently, and one more of a watch that expects runs.
    Once a day each job is read. Where parents are not listed, what they hold is read; that they
    were is noted in the parent's health.
    """
    scopes, leaves = sum(group.scopes for group in groups), leaves_of(groups)
    full_reads = q.FULL_READS * q.DAYS
    health_bytes = q.HEALTH_BYTES + min(activity.jobs / leaves * q.DIGEST_BYTES, q.DIGEST_MOST)

    ticks = sum(
        q.MONTH / group.every * (group.scopes + group.expects * group.places) for group in groups
    )
    found = [_leaf(group, activity, leaves) for group in groups]
    reads, jobs, healths = (sum(part) for part in zip(*found, strict=True))
    # Until when an idle scope is left alone is noted in its health.
    rests = sum(q.MONTH / each.idle_every * each.leaves for each in groups if each.idle_every)
    healths += leaves * full_reads + rests * (100 - activity.busy) / 100
    discovered = [each for each in groups if each.parents and each.discover_every]
    healths += sum(q.MONTH / each.every * each.listings() * each.places for each in discovered)
    reads += sum(map(_held, discovered))
    job = _steps(q.ITEM_BYTES, q.WRITE_STEP) + _steps(q.ENTRY_BYTES, q.WRITE_STEP)

    job_items = activity.jobs * (q.ITEM_BYTES + q.ITEM_OVERHEAD)
    items = job_items + scopes * (health_bytes + q.ITEM_OVERHEAD)
    index = activity.unfinished * (q.ENTRY_BYTES + q.ITEM_OVERHEAD)
    index += activity.jobs * (q.LISTED_BYTES + q.ITEM_OVERHEAD)
    return {
        "dynamodb-reads": ticks + activity.jobs * full_reads + reads,
        "dynamodb-writes": jobs * job
        + activity.changes * q.DAYS * _listed()
        + healths * _steps(health_bytes, q.WRITE_STEP),
        "dynamodb-storage": (items + index) / GB,
        "dynamodb-backup": items / GB,
    }


def _listed() -> float:
    """Count what a change takes in the index for people: an entry is put, and the last one taken.

    Of a job's first there is none to take. Progress changes no entry.
    """
    units = _steps(q.LISTED_BYTES, q.WRITE_STEP)
    return units * (2 * q.CHANGES_OF_JOB - 1) / q.CHANGES_OF_JOB


def _leaf(group: Group, activity: Activity, leaves: int) -> tuple[float, float, float]:
    """Count what differences take in the leaves of a group: reads, and writes of jobs and healths.

    In a look that differs, the unfinished jobs are read from the index once, and the jobs of the
    parts that differ one by one. A job is written with its entry in the index, and in the end the
    scope's health.
    """
    looks = q.MONTH / group.every
    changes = activity.changes * q.DAYS / leaves
    dropped = changes / q.CHANGES_OF_JOB
    writes_progress = group.stalls and group.has_progress
    moving = activity.moving / 100 * activity.unfinished / leaves if writes_progress else 0
    stored = changes + moving * looks
    differences = stored + dropped

    entries = _steps(activity.unfinished / leaves * q.ENTRY_BYTES, q.READ_STEP) / 2
    looked_up = _looked_up(activity.jobs / leaves, max(differences / looks, 1))
    reads = min(differences, looks) * (looked_up + entries)
    healths = min(stored, looks) + dropped * q.HEALTHS_OF_JOB
    return group.leaves * reads, group.leaves * stored, group.leaves * healths


def _held(group: Group) -> float:
    """Count the reads of what the parents of a group hold, in the ticks that do not list them."""
    queries = q.MONTH / group.every * (1 - group.listings()) * group.places
    return queries * _steps(group.parents * q.CHILD_BYTES, q.READ_STEP)


def _looked_up(jobs: float, differing: float) -> float:
    """Count the jobs of the parts in which some jobs differ."""
    others = max(jobs - differing, 0)
    parts_that_do_not = math.pow(1 - 1 / q.DIGEST_PARTS, differing)
    return differing + others * (1 - parts_that_do_not)


def polled(groups: Sequence[Group], unfinished: float) -> float:
    """Count the looks at a job in a month, with so many unfinished ones in each leaf."""
    return unfinished * sum(q.MONTH / group.every * group.leaves for group in groups)


def _steps(size: float, step: int) -> int:
    """Count the steps that DynamoDB charges for, at least one."""
    return max(math.ceil(size / step), 1)
