"""What a month of Jobwatch takes of each thing that AWS charges for."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra import timeouts
from infra.config.files.durations import MINUTE
from infra.cost import quantities as q
from infra.cost.dynamodb import GB, table
from infra.cost.fleet import Activity, Group, leaves_of

_VCPU = q.POLL_GB / q.GB_OF_VCPU
Counted = Mapping[str, float]
"""Quantities of a month by the ids of `prices.yaml`."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Watches of one service that are due together: a message a tick in each of the `places`.

    One of them takes so many calls, and so many seconds.
    """

    service: str
    every: int
    places: int
    calls: float
    seconds: float


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
    yield table(groups, activity)
    yield _outlets(activity)
    yield _heartbeat()
    # What is there all month, whether it is used or not: Lambda never stops to poll a queue.
    empty_receives = q.MONTH / q.POLLER_WAIT * q.POLLERS
    yield {
        "metrics": q.METRICS + len(messages) * q.METRICS_OF_CADENCE,
        "alarms": q.ALARMS + len(messages) * q.ALARMS_OF_CADENCE,
        "sqs-fifo": empty_receives,
        "sqs-standard": empty_receives if min(messages) < MINUTE else 0,
    }


def lanes(groups: Sequence[Group], activity: Activity) -> Iterator[Lane]:
    """Give the lanes of all watches; each works off one scope after the other."""
    jobs = activity.jobs / leaves_of(groups)
    found: defaultdict[tuple[str, int], list[Group]] = defaultdict(list)
    for group in groups:
        found[group.service, group.every].append(group)
    scope, page = q.TABLE_WAIT + q.SCOPE_CPU / _VCPU, q.PAGE_WAIT + q.PAGE_CPU / _VCPU
    for (service, every), lane in found.items():
        places = max(group.places for group in lane)
        scopes = sum(group.scopes for group in lane) / places
        # Listing the parents of a place takes a call as well.
        looks = sum(each.leaves * each.calls(jobs) * each.looks(activity.busy) for each in lane)
        listings = sum((each.scopes - each.leaves) * each.listings() for each in lane)
        calls = (looks + listings) / places
        rate = lane[0].rate
        # Each list is of one operation, whose first call waits for nothing.
        paced = max(calls - scopes, 0) / rate if rate else 0
        yield Lane(service, every, places, calls, max(scopes * scope + calls * page, paced))


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


def _heartbeat() -> Counted:
    """Count the item that a schedule writes, and the outlets that it wakes; they send nothing."""
    beats = q.MONTH / timeouts.HEARTBEAT
    return {
        "scheduler": beats,
        "dynamodb-writes": beats,
        **_invocations(beats * q.OUTLETS, q.START, q.OUTLET_GB, q.LAMBDAS_LOG),
    }


def _invocations(count: float, seconds: float, memory: float, log: int) -> Counted:
    return {
        "lambda-requests": count,
        "lambda-duration": count * seconds * memory,
        "logs": count * log / GB,
    }
