"""What a month of Jobwatch takes of each thing that AWS charges for."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from infra import timeouts
from infra.config.files.durations import MINUTE
from infra.cost import quantities as q
from infra.cost.dynamodb import GB, table
from infra.cost.fleet import Activity, Group, leaves_of

_VCPU = q.POLL_GB / q.GB_OF_VCPU
Counted = Mapping[str, float]
"""Quantities of a month by the ids of `prices.yaml`."""
_Where = tuple[tuple[str, ...], tuple[str, ...]]
"""Accounts and regions: all of the one in all of the other."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Watches of one service that are due together: a message a tick in each of the `places`.

    In one of them, these take so many calls, and so many seconds.
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
    yield _dashboard(len({group.watch for group in groups}), activity)
    yield waiting(activity)
    yield _key(activity, queues=2 if min(messages) < MINUTE else 1)
    # What is there all month, whether it is used or not: Lambda never stops to poll a queue.
    empty_receives = q.MONTH / q.POLLER_WAIT * q.POLLERS
    yield {
        "metrics": q.METRICS + len(messages) * q.METRICS_OF_CADENCE,
        "alarms": q.ALARMS
        + len(messages) * q.ALARMS_OF_CADENCE
        + (activity.pagers + activity.topics) * q.ALARMS_OF_RECIPIENT,
        "sqs-fifo": empty_receives,
        "sqs-standard": empty_receives if min(messages) < MINUTE else 0,
    }


def lanes(groups: Sequence[Group], activity: Activity) -> Iterator[Lane]:
    """Give the lanes of all watches; each works off one scope after the other."""
    leaves = leaves_of(groups)
    found: defaultdict[tuple[str, int], list[Group]] = defaultdict(list)
    for group in groups:
        found[group.service, group.every].append(group)
    for together in found.values():
        for places, lane in _by_places(together):
            yield _lane(places, lane, activity, leaves)


def _by_places(groups: Sequence[Group]) -> Iterator[tuple[int, list[Group]]]:
    """Give what is looked at in the same places, and in how many that is so."""
    at: defaultdict[_Where, list[Group]] = defaultdict(list)
    for group in groups:
        at[group.accounts, group.regions].append(group)
    for shared, places in _shared(tuple(at)):
        yield places, [group for where in shared for group in at[where]]


@cache
def _shared(wheres: tuple[_Where, ...]) -> Sequence[tuple[tuple[_Where, ...], int]]:
    """Count the places by those of the `wheres` that they are in."""
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, where in enumerate(wheres):
        for place in product(*where):
            found[place].append(number)
    counted = Counter(map(tuple, found.values()))
    return [(tuple(wheres[n] for n in numbers), places) for numbers, places in counted.items()]


def _lane(places: int, groups: Sequence[Group], activity: Activity, leaves: int) -> Lane:
    one = groups[0]
    scope, page = q.TABLE_WAIT + q.SCOPE_CPU / _VCPU, q.PAGE_WAIT + q.PAGE_CPU / _VCPU
    scopes = sum(group.scopes // group.places for group in groups)
    calls = sum(group.calls_of_place(activity, leaves) for group in groups)
    # Each list is of one operation, whose first call waits for nothing.
    paced = max(calls - scopes, 0) / one.rate if one.rate else 0
    seconds = max(scopes * scope + calls * page, paced)
    return Lane(one.service, one.every, places, calls, seconds)


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
    """Count what publishes and alerts: each reads the stream, and is invoked for its own only.

    Alerting is invoked for each job that ended as well, which may be what ends an alert; for it and
    for each alert, what is open is read and written: an item of less than a write unit. What is
    muted is read with each batch, at most as often.
    """
    changes, alerts = activity.changes * q.DAYS, activity.alerts * q.DAYS
    remembered = alerts + changes / q.CHANGES_OF_JOB
    behind_bus = activity.pagers + activity.topics
    return {
        "eventbridge": changes + (alerts if behind_bus else 0),
        "api-destinations": alerts * activity.pagers,
        "sns": alerts * (1 + activity.topics),
        "sns-email": alerts * activity.emails,
        "kms": min(alerts, q.MONTH / q.KEY_REUSE) * q.REQUESTS_OF_KEY,
        "dynamodb-reads": 2 * remembered,
        "dynamodb-writes": remembered,
        **_invocations(changes + remembered, q.OUTLET_SECONDS, q.OUTLET_GB, q.OUTLET_LOG),
    }


def _heartbeat() -> Counted:
    """Count the item that a schedule writes, and the outlets that it wakes.

    One of them reads what is muted, and whether something was kept back that is no more.
    """
    beats = q.MONTH / timeouts.HEARTBEAT
    return {
        "scheduler": beats,
        "dynamodb-reads": 2 * beats,
        "dynamodb-writes": beats,
        **_invocations(beats * q.OUTLETS, q.START, q.OUTLET_GB, q.LAMBDAS_LOG),
    }


def _dashboard(watches: int, activity: Activity) -> Counted:
    """Count who looks at the dashboard: its function, which reads half a unit a query and a job.

    A query goes through entries of the index besides: those that count through each job once, those
    that list through twice as many as are shown at most. What metrics and logs the dashboard shows
    is read for nothing, or nearly so.
    """
    looks = q.LOOKS * q.DAYS * activity.dashboards
    jobs = activity.unfinished + activity.changes / q.CHANGES_OF_JOB
    queries = min(watches, q.MOST_WATCHES) * q.QUERIES_OF_WATCH
    entries = min(jobs, queries / 2 * q.MOST_COUNTED) + min(jobs, 2 * q.MOST_JOBS)
    reads = queries + min(jobs, q.MOST_JOBS) + entries * q.LISTED_BYTES / q.READ_STEP
    return {
        "dashboards": activity.dashboards,
        "dynamodb-reads": looks * reads / 2,
        **_invocations(looks, q.LOOK_SECONDS, q.BOARD_GB, q.LAMBDAS_LOG),
    }


def waiting(activity: Activity) -> Counted:
    """Count what it takes to hear of ends, and to look at all waits, while nobody waits.

    The table's key is kept as long as that of the topic of alerts, and there is always a use.
    """
    sweeps, ends = q.MONTH / timeouts.SWEEP, activity.changes * q.DAYS / q.CHANGES_OF_JOB
    return {
        "scheduler": sweeps,
        "dynamodb-reads": sweeps * q.READS_OF_SWEEP + ends * q.READS_OF_END,
        "kms": q.MONTH / q.KEY_REUSE,
        **_invocations(sweeps + ends, q.START, q.WAITING_GB, q.LAMBDAS_LOG),
    }


def _key(activity: Activity, queues: int) -> Counted:
    """Count the uses of a key of the user's own, beside those that a key of AWS's has as well.

    Each of the `queues` that are used all month is sent to and read by one role; that poll sends
    to one as well, where organizations are watched, is left out.
    """
    users = q.USERS_OF_TABLES + queues * q.USES_OF_QUEUE
    return {"kms": activity.keys * users * q.MONTH / q.KEY_REUSE}


def _invocations(count: float, seconds: float, memory: float, log: int) -> Counted:
    return {
        "lambda-requests": count,
        "lambda-duration": count * seconds * memory,
        "logs": count * log / GB,
    }
