"""Events off a tail's queue: each once, and only those that were asked for."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from operate.tail.queue import Tail
from operate.telling import line, status_of

Event = Mapping[str, Any]
"""An event as EventBridge brings it, with `detail-type` and `detail`."""
WAIT = 10
"""Seconds that one call waits for events: fewer than a client waits for an answer."""
STAYS_EVERY = timedelta(minutes=10)
MOST_KNOWN = 10_000
"""Ids that are remembered, by which a repeat is known."""
_TEXTS = ("id", "watch", "source", "status", "observed_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to show: of one of each, where any are named; watches and sources as globs."""

    watches: Sequence[str] = ()
    sources: Sequence[str] = ()
    statuses: Sequence[str] = ()

    def takes(self, event: Event) -> bool:
        """Tell whether an event is wanted."""
        detail = event["detail"]
        return (
            _fits(self.watches, detail["watch"])
            and _fits(self.sources, detail["source"])
            and _fits(self.statuses, status_of(event["detail-type"], detail))
        )


def arriving(tail: Tail, url: str, clock: Callable[[], datetime]) -> Iterator[Event]:
    """Give events as they arrive, without end, each once; of those of one call, in their order."""
    sqs, known = tail.clients("sqs"), deque[str](maxlen=MOST_KNOWN)
    said = clock()
    while True:
        if clock() - said > STAYS_EVERY:
            said = clock()
            tail.stay(url, said)
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=WAIT)
        messages = answer.get("Messages", ())
        events = [event for each in messages if (event := _read(each["Body"])) is not None]
        for event in sorted(events, key=lambda each: str(each["detail"]["observed_at"])):
            if event["detail"]["id"] not in known:
                known.append(event["detail"]["id"])
                yield event
        if messages:
            taken = [
                {"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]}
                for place, each in enumerate(messages)
            ]
            sqs.delete_message_batch(QueueUrl=url, Entries=taken)


def _read(body: str) -> Event | None:
    """Read an event; None where it has not the shape of one of ours, and so can't be shown.

    Whoever may change the queue's policy can let others send to it.
    """
    try:
        event = json.loads(body)
        detail = event["detail"]
        texts = [event["detail-type"], *(detail[name] for name in _TEXTS)]
        line(event["detail-type"], detail)
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    return event if all(isinstance(each, str) for each in texts) else None


def _fits(wanted: Sequence[str], found: str) -> bool:
    return not wanted or any(fnmatchcase(found, each) for each in wanted)
