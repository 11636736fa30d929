"""Which lanes are due, and how their turns come into the queue."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from lambdas.messages import SPREAD, Turn, write_turn
from lambdas.plan import Plan, Watch
from lambdas.queues import QueueError, send

PER_CALL = 10
LARGEST_CALL = 1_000_000
"""Bytes of the bodies in one call: SQS takes 1,048,576, and as many of a message alone."""
MOST_TRIES = 4
"""How often refused messages are sent: 0.2 s later, then twice as late each time."""
MINUTE = 60


def turns_of(
    plan: Plan,
    watches: Iterable[Watch],
    own: tuple[str, str],
    tick: datetime,
    due: datetime | None,
) -> list[Turn]:
    """Give each lane of these watches its turn; `own` are the stack's account and region."""
    lanes: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for watch in watches:
        for source in watch.sources:
            for region in plan.regions_of(watch, source, own[1]):
                for account in watch.accounts_in(own[0]):
                    lanes[plan.sources[source].service, account, region].add(watch.name)
    return [Turn(*lane, tuple(sorted(names)), tick, due) for lane, names in lanes.items()]


def turns_to_spread(
    watches: Iterable[Watch], own: tuple[str, str], tick: datetime, due: datetime | None
) -> list[Turn]:
    """Give the turn of the watches that look into organizations, if there are any.

    Who ticks knows no account of one: poll gives their lanes their turns.
    """
    names = tuple(sorted(watch.name for watch in watches if watch.organization))
    return [Turn(SPREAD, *own, names, tick, due)] if names else []


def enqueue(
    sqs: Any, url: str, turns: Sequence[Turn], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Send the turns, in another order each time: none is always the last.

    :raises QueueError: when the queue refuses one again and again, or can't be called.
    """
    # Fair, not secret: the tick decides the order.
    order = sorted(turns, key=lambda turn: sha256(f"{turn.tick} {turn.group}".encode()).digest())
    _send(sqs, url, [_entry(turn) for turn in order], sleep)


def _entry(turn: Turn) -> dict[str, Any]:
    body = write_turn(turn)
    # A schedule may fire twice for one time; a person who asks twice wants it twice.
    once = f"{turn.group} {turn.due} {turn.watches}" if turn.due else uuid4().hex
    name = sha256(once.encode()).hexdigest()
    return {
        "MessageBody": body,
        "MessageGroupId": turn.group,
        "MessageDeduplicationId": name,
    }


def enqueue_later(
    sqs: Any,
    url: str,
    watches: Sequence[str],
    *,
    due: datetime,
    every: int,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Let the watches be due again within the minute, as schedules know whole minutes only."""
    entries = []
    for seconds in range(every, MINUTE, every):
        later = due + timedelta(seconds=seconds)
        message = {"watches": list(watches), "due": later.isoformat()}
        entries.append({"DelaySeconds": seconds, "MessageBody": json.dumps(message)})
    _send(sqs, url, entries, sleep)


def _send(
    sqs: Any, url: str, entries: Sequence[dict[str, Any]], sleep: Callable[[float], None]
) -> None:
    for call in _calls(entries):
        some = {str(n): entry for n, entry in enumerate(call)}
        for tries in range(MOST_TRIES):
            if tries:
                sleep(0.1 * 2**tries)
            batch = [{"Id": name, **entry} for name, entry in some.items()]
            answer = send(sqs.send_message_batch, QueueUrl=url, Entries=batch)
            refused = {each["Id"]: each.get("Code") for each in answer.get("Failed", ())}
            some = {name: entry for name, entry in some.items() if name in refused}
            if not some:
                break
        else:
            codes = ", ".join(sorted(set(map(str, refused.values()))))
            raise QueueError(f"the queue refused {len(some)} messages {MOST_TRIES} times: {codes}")


def _calls(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut into calls that fit; a body is ASCII, so its characters are its bytes."""
    call: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        length = len(entry["MessageBody"])
        if call and (len(call) == PER_CALL or size + length > LARGEST_CALL):
            yield call
            call, size = [], 0
        call.append(entry)
        size += length
    if call:
        yield call
