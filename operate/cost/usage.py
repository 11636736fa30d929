"""What a month of Jobwatch takes of each thing that AWS charges for."""

from collections import defaultdict
from collections.abc import Sequence

from operate.cost.fleet import Activity, Group, by_cadence, exact_of
from operate.cost.quantities import Quantities
from operate.cost.table import index_bytes, lookups, table_bytes, writes
from operate.cost.ticks import GB, MINUTE, Counted, clock, daily, reading, splitting


def usage(groups: Sequence[Group], activity: Activity, q: Quantities) -> Counted:
    """Count everything by the ids of `prices.yaml`."""
    parts = [_queues(groups, q), _changing(groups, activity, q), _telling(activity, q)]
    parts += [_standing(groups, activity, q), daily(groups, activity, q)]
    for cadence in by_cadence(groups):
        parts += [clock(cadence, q), splitting(cadence, q)]
        parts.append(reading(cadence, groups, activity, q))
    used: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        for name, quantity in part.items():
            used[name] += quantity
    return used


def _queues(groups: Sequence[Group], q: Quantities) -> Counted:
    """Count what Lambda asks of empty queues: it never stops to poll those that it reads."""
    asked = q.month / q.poller_wait * q.pollers
    later = any(group.every < MINUTE for group in groups)
    return {"sqs-fifo": asked, "sqs-standard": asked if later else 0}


def _changing(groups: Sequence[Group], activity: Activity, q: Quantities) -> Counted:
    """Count what is looked up and written: changes, progress, and the healths of the scopes."""
    stored = activity.changes * q.days + progress(groups, activity, q)
    return {
        "dynamodb-reads": lookups(groups, activity, q),
        "dynamodb-writes": writes(groups, activity, q, stored=stored),
    }


def progress(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Count the silent writes of jobs that moved on without a change of status."""
    writing = [group for group in groups if group.writes_progress]
    return activity.moving * _polls(writing, activity.unfinished / exact_of(groups), q)


def polls(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Count how often an unfinished job is looked at in a month, all of them together."""
    return _polls(groups, activity.unfinished / exact_of(groups), q)


def _polls(groups: Sequence[Group], jobs_of_scope: float, q: Quantities) -> float:
    return sum(jobs_of_scope * group.exact * q.month / group.every for group in groups)


def _telling(activity: Activity, q: Quantities) -> Counted:
    changes, alerts = activity.changes * q.days, activity.alerts * q.days
    keys = min(alerts, q.month / q.key_reuse)
    return {
        "dynamodb-streams": changes,
        "lambda-requests": changes,
        "lambda-duration": changes * q.publish_seconds * q.publish_gb,
        "logs": changes * q.publish_log / GB,
        "eventbridge": changes,
        "sns": alerts,
        "sns-email": alerts * activity.emails,
        "kms": keys * 2,
    }


def _standing(groups: Sequence[Group], activity: Activity, q: Quantities) -> Counted:
    """Count what is there all month, whether it is used or not."""
    cadences = len({group.every for group in groups})
    items, entries = table_bytes(groups, activity, q), index_bytes(groups, activity, q)
    foreign = max(group.foreign for group in groups)
    return {
        "dynamodb-storage": (items + entries) / GB,
        "dynamodb-backup": items / GB,
        "metrics": q.metrics + cadences * q.metrics_of_cadence,
        "alarms": q.alarms + cadences * q.alarms_of_cadence,
        "sts": foreign * q.month / q.session,
    }
