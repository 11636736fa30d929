"""What a month of Jobwatch takes of each thing that AWS charges for."""

import math
from collections import defaultdict
from collections.abc import Sequence

from operate.cost.fleet import Activity, Group, by_cadence, scopes_of
from operate.cost.quantities import Quantities
from operate.cost.ticks import GB, MINUTE, Counted, clock, reading, splitting


def usage(groups: Sequence[Group], activity: Activity, q: Quantities) -> Counted:
    """Count everything by the ids of `prices.yaml`."""
    parts = [_queues(groups, q), _changing(groups, activity, q), _telling(activity, q)]
    parts.append(_standing(groups, activity, q))
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
    """Count what is written: changes, progress, ends, and the time of the last complete read."""
    changes, scopes = activity.changes * q.days, scopes_of(groups)
    stored = changes + progress(groups, activity, q)
    health = changes / q.changes_of_job + scopes * q.health_writes * q.days
    health += idle_looks(groups, activity, q)
    digest = min(activity.jobs / scopes, q.digest_jobs) * q.digest_bytes
    health_write = math.ceil((q.health_bytes + digest) / q.write_unit)
    return {
        "dynamodb-reads": stored * q.change_read,
        "dynamodb-writes": stored * (q.item_write + q.index_write) + health * health_write,
    }


def idle_looks(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Count how often it is written down that an idle scope was asked."""
    idle = 1 - activity.busy
    return sum(idle * g.scopes * q.month / g.idle_every for g in groups if g.idle_every)


def progress(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Count the silent writes of jobs that moved on without a change of status."""
    telling = [group for group in groups if group.tells_progress]
    return activity.moving * _polls(telling, activity.unfinished / scopes_of(groups), q)


def polls(groups: Sequence[Group], activity: Activity, q: Quantities) -> float:
    """Count how often an unfinished job is looked at in a month, all of them together."""
    return _polls(groups, activity.unfinished / scopes_of(groups), q)


def _polls(groups: Sequence[Group], jobs_of_scope: float, q: Quantities) -> float:
    return sum(jobs_of_scope * group.scopes * q.month / group.every for group in groups)


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
    items = activity.jobs * (q.item_bytes + q.item_overhead)
    entries = activity.unfinished * (q.index_entry + q.item_overhead)
    foreign = max(group.foreign for group in groups)
    return {
        "dynamodb-storage": (items + entries) / GB,
        "dynamodb-backup": items / GB,
        "metrics": q.metrics + cadences * q.metrics_of_cadence,
        "alarms": q.alarms + cadences * q.alarms_of_cadence,
        "sts": foreign * q.month / q.session,
    }
