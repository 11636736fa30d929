"""Handing scopes to later invocations of the same function, through a queue.

A message holds some of a tick's visits::

    {"tick": "2026-11-22T10:00:00+00:00", "due": null, "visits": [{"watch": …}, …]}

The queue is FIFO: what is in one message group is visited by one invocation at a time. All scopes
of a service in an account and region share a group, so that calls of that API stay few.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from lambdas.apis.jobs import read_time
from lambdas.digest import packed, unpacked
from lambdas.model import Bookmark, Visit
from lambdas.plan import Plan
from lambdas.scopes import scope_of

PER_MESSAGE = 25
"""Scopes in one message, at most."""
GROUPS = 16
"""Message groups; somewhat more than are visited side by side."""
_PER_CALL = 10
_LARGEST_CALL = 1_000_000
"""Characters in all messages of a call; SQS takes a few more."""


class HandoverError(Exception):
    """The queue did not take a message."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The queue of scopes, through a botocore client; what is lost goes to its dead letters.

    `tick` is when the tick began, `due` the time for which a schedule wanted it, if one did.
    """

    client: Any
    url: str
    lost_url: str
    plan: Plan
    tick: datetime
    due: datetime | None

    def put(self, visits: Sequence[Visit]) -> None:
        """Queue visits, in an order that is another one each time: none is always the last."""
        self._send(self.url, visits)

    def put_aside(self, visits: Sequence[Visit]) -> None:
        """Put visits to the dead letters: an alarm tells of them, the next tick makes them."""
        self._send(self.lost_url, visits)

    def _send(self, url: str, visits: Sequence[Visit]) -> None:
        entries = [self._entry(group, some) for group, some in self._messages(visits)]
        for some in _calls(entries):
            answer = self.client.send_message_batch(QueueUrl=url, Entries=some)
            for refused in answer.get("Failed", ()):
                raise HandoverError(f"the queue refused scopes: {refused.get('Code')}")

    def _messages(self, visits: Sequence[Visit]) -> Iterator[tuple[str, list[Visit]]]:
        groups: defaultdict[str, list[Visit]] = defaultdict(list)
        for visit in random.sample(visits, len(visits)):
            groups[self._group(visit)].append(visit)
        for group, found in groups.items():
            # A bookmark may be large: it travels alone.
            yield from ((group, [visit]) for visit in found if visit.bookmark)
            rest = [visit for visit in found if not visit.bookmark]
            for start in range(0, len(rest), PER_MESSAGE):
                yield group, rest[start : start + PER_MESSAGE]

    def _group(self, visit: Visit) -> str:
        scope = visit.scope
        service = self.plan.watches[scope.watch].source.service
        lane = f"{service} {scope.account} {scope.region}"
        return str(int(sha256(lane.encode()).hexdigest(), 16) % GROUPS)

    def _entry(self, group: str, visits: Iterable[Visit]) -> dict[str, str]:
        message = {
            "tick": self.tick.isoformat(),
            "due": self.due.isoformat() if self.due else None,
            "visits": [_written(visit) for visit in visits],
        }
        name = uuid4().hex
        return {
            "Id": name,
            "MessageBody": json.dumps(message, separators=(",", ":")),
            "MessageGroupId": group,
            "MessageDeduplicationId": name,
        }


def read_visits(rows: Iterable[Mapping[str, Any]], plan: Plan) -> list[Visit]:
    """Read a message's visits, but for what was removed from the plan since it was sent."""
    found = (_read(row, plan) for row in rows if row["watch"] in plan.watches)
    return [visit for visit in found if visit is not None]


def _calls(entries: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Divide messages into calls."""
    some: list[dict[str, str]] = []
    for entry in entries:
        size = sum(len(each["MessageBody"]) for each in [*some, entry])
        if some and (len(some) == _PER_CALL or size > _LARGEST_CALL):
            yield some
            some = []
        some.append(entry)
    if some:
        yield some


def _written(visit: Visit) -> dict[str, Any]:
    scope, mark = visit.scope, visit.bookmark
    row: dict[str, Any] = {
        "watch": scope.watch,
        "source": scope.source,
        "account": scope.account,
        "abroad": scope.role is not None,
        "region": scope.region,
        "parameters": dict(scope.parameters),
        "quiet_before": visit.quiet_before.isoformat() if visit.quiet_before else None,
        "bury": visit.bury,
        "last": visit.last,
    }
    if mark is not None:
        row["bookmark"] = {
            "began": mark.began.isoformat(),
            "token": mark.token,
            "pages": mark.pages,
            "finished": mark.finished and packed(mark.finished),
            "old": mark.old and packed(mark.old),
            "doubt": sorted(mark.doubt),
            "seen": None if mark.seen is None else sorted(mark.seen),
            "failed": mark.failed,
        }
    return row


def _read(row: Mapping[str, Any], plan: Plan) -> Visit | None:
    watch, mark = plan.watches[row["watch"]], row.get("bookmark")
    scope = scope_of(watch, row["account"], row["region"], row["parameters"])
    # Without its role, our own account would be read for another one.
    if (scope.source, scope.role is not None) != (row["source"], row["abroad"]):
        return None
    return Visit(
        scope=scope,
        quiet_before=read_time(row["quiet_before"]),
        bury=row["bury"],
        last=row["last"],
        bookmark=Bookmark(
            began=datetime.fromisoformat(mark["began"]),
            token=mark["token"],
            pages=mark["pages"],
            finished=mark["finished"] and unpacked(mark["finished"]),
            old=mark["old"] and unpacked(mark["old"]),
            doubt=frozenset(mark["doubt"]),
            seen=None if mark["seen"] is None else frozenset(mark["seen"]),
            failed=mark["failed"],
        )
        if mark
        else None,
    )
