"""What EventBridge could not bring to a recipient: brought to it once more, and to nobody else.

A letter is the event of the bus of alerts as it was. Only the alert function may put anything on
that bus: it puts it there again, addressed to the one recipient, so that no other's rule takes it.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from infra.words import counted
from lambdas.alert.again import OPEN_AGAIN, OVER
from lambdas.alert.bus import DETAIL_TYPE
from lambdas.times import read_time
from lambdas.unlinked import for_people
from operate.asking import Refused, invoke
from operate.aws import Clients
from operate.letters import opened
from operate.stack import Stack
from operate.trouble import Trouble

BUS = "ALERT_BUS_NAME"
"""The setting of the alert function that names the bus, where recipients are behind it."""
MOST_LEVELS = 50
MOST = 10_000
"""Letters that are read at once: whoever may send to the queue could else do so for as long as it
is read, and have none of them sent."""
KEPT = {
    OVER: ("of what is over by now", "would be open again"),
    OPEN_AGAIN: ("of the end of what is open again", "would close that"),
}
"""What is not sent again, by what the function says of it, and what it would do."""
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The dead letters of a recipient, which `function` sends again."""

    name: str
    queue: str
    function: str


def find_undelivered(stack: Stack, function: str) -> Iterator[Undelivered]:
    """Find the recipients behind the bus of an alert function, by the rules that lead to them.

    Only rules and queues of the stack count: whoever may put rules could name any other queue, and
    have its messages held.
    """
    clients = stack.clients
    settings = clients("lambda").get_function_configuration(FunctionName=function)
    bus = settings.get("Environment", {}).get("Variables", {}).get(BUS)
    if bus is None:
        return
    rules, queues = (_named(stack, kind) for kind in ("AWS::Events::Rule", "AWS::SQS::Queue"))
    events = clients("events")
    for page in events.get_paginator("list_rules").paginate(EventBusName=bus):
        for rule in (each for each in page["Rules"] if each["Name"] in rules):
            names = _told(json.loads(rule.get("EventPattern") or "{}"))
            targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"]
            letters = [e["DeadLetterConfig"]["Arn"] for e in targets if "DeadLetterConfig" in e]
            for name, arn in zip(names, letters, strict=False):
                if (queue := arn.rpartition(":")[2]) in queues:
                    url = clients("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
                    yield Undelivered(name, url, function)


def _told(pattern: Any) -> list[str]:
    """Name whom a rule is for: nobody where somebody gave it a pattern of another shape."""
    match pattern:
        case {"detail": {"to": list() as names}}:
            return [name for name in names if isinstance(name, str)]
    return []


def _named(stack: Stack, kind: str) -> set[str]:
    """Name what the stack made of a type; CloudFormation has a queue's URL, and a bus and its rule.

    Something of another type may be called as a queue of somebody else's is.
    """
    return {re.split(r"[/|]", each)[-1] for each in stack.of_type(kind)}


def bring(
    undelivered: Undelivered, clients: Clients, say: Callable[[str], None], *, forget: bool = False
) -> None:
    """Have a recipient's dead letters sent again, the oldest first, and delete them.

    The function does not open again at a chat or a pager what is over by now, nor end what is open
    again: such letters stay, unless they are to be forgotten.

    :raises Trouble: when one can't be sent for now: it stays, with those behind it. Also when one
        is none, is never taken, or stays, which holds up no other.
    """
    name, brought, kept, refused = undelivered.name, 0, Counter[str](), list[str]()
    with opened(clients("sqs"), undelivered.queue) as queue:
        messages = [*islice(queue.receive(), MOST)]
        letters = {each["ReceiptHandle"]: _detail(each) for each in messages}
        for receipt, detail in sorted(letters.items(), key=lambda each: _time(each[1])):
            if detail is None:
                continue
            event = {"again": {"to": name, "detail": detail["detail"]}}
            try:
                answer = invoke(clients, undelivered.function, event)
            except Refused as why:
                refused.append(for_people(str(why)))
                continue
            by_now = [each for each in KEPT if each in answer]
            if forget or not by_now:
                queue.delete(receipt)
            brought += not by_now
            kept.update(by_now)
    if brought:
        say(f"{name}: sent again {counted(brought, 'alert')}, to it alone")
    for each, number in kept.items() if forget else ():
        say(f"{name}: deleted {counted(number, 'alert')} {KEPT[each][0]}")
    if left := [*_left([*letters.values()], refused, {} if forget else kept)]:
        raise Trouble(f"{name}: left {' and '.join(left)}")


def _left(
    letters: Collection[Any], refused: Collection[str], kept: Mapping[str, int]
) -> Iterator[str]:
    if strange := sum(each is None for each in letters):
        yield f"{counted(strange, 'message')} that can't be read as alerts"
    for why, number in Counter(refused).items():
        yield f"{counted(number, 'message')} never taken ({why})"
    for each, number in kept.items():
        of, would = KEPT[each]
        yield f"{counted(number, 'alert')} {of}, which {would}: --forget deletes what is"
    if len(letters) == MOST:
        yield f"what is behind the {MOST:,} that are read at once: call again"


def _detail(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read a letter; None when it is no event of ours, or none that a function can be handed."""
    try:
        event = json.loads(message["Body"])
        ours = event["detail-type"] == DETAIL_TYPE and isinstance(event["detail"]["to"], list)
        if _is_deep(event):
            return None
        json.dumps(event, allow_nan=False)  # Lambda takes no NaN
    except (TypeError, ValueError, LookupError, RecursionError):
        return None
    return dict(event) if ours else None


def _is_deep(document: Any) -> bool:
    """Tell whether it has more levels than any alert: readers of JSON give up on such."""
    left: list[Any] = [document]
    for _ in range(MOST_LEVELS):
        left = [
            inner
            for each in left
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(left)


def _time(event: Mapping[str, Any] | None) -> datetime:
    return read_time(event and event.get("time")) or _EARLIEST
