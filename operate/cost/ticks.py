"""What the ticks of a cadence take: the schedule, the reads, the time, the messages of a split."""

import math
from collections.abc import Mapping, Sequence

from operate.cost.fleet import Activity, Group, exact_of, looks, scopes_of
from operate.cost.quantities import Quantities
from operate.cost.table import tick_reads, whole_reads

GB = 1024**3
MINUTE = 60

Counted = Mapping[str, float]
"""Quantities of a month by the ids of `prices.yaml`."""


def clock(cadence: Sequence[Group], q: Quantities) -> Counted:
    """Count the schedule; below a minute, copies of its event wait in a queue."""
    every = cadence[0].every
    scheduled, ticks = q.month / max(every, MINUTE), q.month / every
    received_deleted = 2
    sent = scheduled if every < MINUTE else 0  # those of a minute are sent together
    copies = (ticks - scheduled) * received_deleted
    return {"scheduler": scheduled, "sqs-standard": sent + copies}


def reading(
    cadence: Sequence[Group], groups: Sequence[Group], activity: Activity, q: Quantities
) -> Counted:
    """Count what looking takes: reads, invocations, time and logs."""
    ticks = q.month / cadence[0].every
    invocations = 1 + _messages(cadence, q)
    log = invocations * q.poll_log + sum(group.watches for group in cadence) * q.watch_log
    return {
        "dynamodb-reads": ticks * tick_reads(cadence, groups, activity, q),
        "lambda-requests": ticks * invocations,
        "lambda-duration": ticks * seconds(cadence, groups, activity, q) * q.poll_gb,
        "logs": ticks * log / GB,
    }


def daily(groups: Sequence[Group], activity: Activity, q: Quantities) -> Counted:
    """Count the whole reads: what is remembered of each scope, and sorted lists to their end."""
    remembered = activity.jobs / exact_of(groups) * q.job_cpu / q.poll_vcpu
    listing = [group for group in groups if not group.named]
    waits = (g.exact * (remembered + (g.pages - g.calls) * q.page_wait) for g in listing)
    return {
        "dynamodb-reads": q.days * whole_reads(groups, activity, q),
        "lambda-duration": q.days * q.whole_reads * sum(waits) * q.poll_gb,
    }


def seconds(
    cadence: Sequence[Group], groups: Sequence[Group], activity: Activity, q: Quantities
) -> float:
    """Give the seconds that all invocations of one tick take.

    An invocation is as long as the processor needs for all of its scopes, or as long as the
    slowest service lets it wait, whichever is more.
    """
    messages = _messages(cadence, q)
    table = q.table_cpu + activity.unfinished / exact_of(groups) * q.job_cpu
    processor = sum(
        g.scopes * (table + looks(g, activity) * (q.list_cpu + (g.calls - 1) * q.page_cpu))
        for g in cadence
    )
    most = q.scopes_of_message if messages else q.scopes_of_tick
    lanes = [[g for g in cadence if g.service == each.service] for each in cadence]
    wait = max(_wait(lane, activity, most, q) for lane in lanes)
    working = max(messages, 1)
    each = max(processor / q.poll_vcpu / working, wait)
    return working * (q.poll_start + each) + (q.poll_start if messages else 0)


def _wait(lane: Sequence[Group], activity: Activity, most: float, q: Quantities) -> float:
    """Give the seconds for which one service lets an invocation of `most` scopes wait."""
    scopes = min(sum(g.watches * g.scopes_of_place for g in lane), most)
    calls = max(looks(group, activity) * group.calls for group in lane)
    paced = [(scopes * calls - q.burst) / group.rate for group in lane if group.rate]
    rounds = math.ceil(scopes / q.threads)
    return max(rounds * (q.table_wait + calls * q.page_wait), *paced, 0)


def _messages(cadence: Sequence[Group], q: Quantities) -> int:
    """Count the messages of a tick that is split; 0 where one invocation is enough.

    What calls one service in one place is in one group. The last message of each group is, on
    average, half full.
    """
    scopes = scopes_of(cadence)
    if scopes <= q.scopes_of_tick:
        return 0
    places = dict.fromkeys((group.service for group in cadence), 0)
    for group in cadence:
        places[group.service] = max(places[group.service], group.places)
    spread = min(q.groups, sum(places.values()))
    return math.ceil(max(scopes / q.scopes_of_message + spread / 2, spread))


def splitting(cadence: Sequence[Group], q: Quantities) -> Counted:
    """Count the messages of a tick that is split, sent in batches, received and deleted."""
    messages = _messages(cadence, q)
    received_deleted = 2
    requests = math.ceil(messages / q.messages_of_send) + messages * received_deleted
    return {"sqs-fifo": q.month / cadence[0].every * requests}
