"""What a month of Jobwatch takes of each thing that AWS charges for."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from operate.cost import quantities as q
from operate.cost.fleet import Activity, Group
from operate.cost.lanes import Lane, lanes
from operate.cost.table import reads, stored_bytes, writes

GB = 1024**3
MINUTE = 60
Counted = Mapping[str, float]
"""Quantities of a month by the ids of `prices.yaml`."""


def usage(groups: Sequence[Group], activity: Activity) -> Counted:
    """Count everything."""
    used: defaultdict[str, float] = defaultdict(float)
    for part in _parts(groups, activity):
        for name, quantity in part.items():
            used[name] += quantity
    return dict(used)


def _parts(groups: Sequence[Group], activity: Activity) -> Iterator[Counted]:
    messages: Counter[int] = Counter()
    for lane in lanes(groups, activity):
        messages[lane.every] += lane.places
        yield _polls(lane)
    for every, count in messages.items():
        yield _ticks(every, count)
    yield {"dynamodb-reads": reads(groups, activity), "dynamodb-writes": writes(groups, activity)}
    yield _outlets(activity)
    yield _standing(groups, activity)
    yield _idle_queue("sqs-fifo")
    if min(messages) < MINUTE:
        yield _idle_queue("sqs-standard")


def _ticks(every: int, messages: int) -> Counted:
    """Count the schedule and its function; below a minute, further ticks wait in a queue."""
    scheduled, ticks = q.MONTH / max(every, MINUTE), q.MONTH / every
    sends = math.ceil(messages / q.MESSAGES_OF_SEND)
    later = scheduled + (ticks - scheduled) * q.REQUESTS_OF_MESSAGE if every < MINUTE else 0
    return {
        "scheduler": scheduled,
        "sqs-standard": later,
        "sqs-fifo": ticks * sends,
        **_invocations(ticks, q.START + sends * q.SEND_WAIT, q.TICK_GB, q.TICK_LOG),
    }


def _polls(lane: Lane) -> Counted:
    """Count the messages of a lane in all of its places; each is one invocation.

    One that takes longer than the cadence is all that there is in the meantime.
    """
    messages = q.MONTH / lane.every * lane.places
    seconds = min(q.START + lane.seconds, lane.every)
    return {
        "sqs-fifo": messages * q.REQUESTS_OF_MESSAGE,
        **_invocations(messages, seconds, q.POLL_GB, q.POLL_LOG),
    }


def _idle_queue(name: str) -> Counted:
    """Count what Lambda asks of an empty queue: it never stops to poll those that it reads."""
    return {name: q.MONTH / q.POLLER_WAIT * q.POLLERS}


def _outlets(activity: Activity) -> Counted:
    """Count what publishes and alerts: each reads the stream, and is invoked for its own only."""
    changes, alerts = activity.changes * q.DAYS, activity.alerts * q.DAYS
    return {
        "eventbridge": changes,
        "sns": alerts,
        "sns-email": alerts * activity.emails,
        "kms": min(alerts, q.MONTH / q.KEY_REUSE) * q.REQUESTS_OF_KEY,
        **_invocations(changes + alerts, q.OUTLET_SECONDS, q.OUTLET_GB, q.OUTLET_LOG),
    }


def _standing(groups: Sequence[Group], activity: Activity) -> Counted:
    """Count what is there all month, whether it is used or not."""
    cadences = len({group.every for group in groups})
    items, entries = stored_bytes(groups, activity)
    return {
        "dynamodb-storage": (items + entries) / GB,
        "dynamodb-backup": items / GB,
        "metrics": q.METRICS + cadences * q.METRICS_OF_CADENCE,
        "alarms": q.ALARMS + cadences * q.ALARMS_OF_CADENCE,
    }


def _invocations(count: float, seconds: float, memory: float, log: int) -> Counted:
    return {
        "lambda-requests": count,
        "lambda-duration": count * seconds * memory,
        "logs": count * log / GB,
    }
