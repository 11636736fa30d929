"""Mutes: for which watches and jobs nobody is to be alerted, until when, who said so, and why.

An item of the alert function's table is one mute; there is one of each watch and glob:

============  =====================================================================
`pk`, `sk`    `mutes#`, as no watch is called; `mute#`, the watch, `#` and the glob
`mute`        what `Mute` has, as JSON
`expires_at`  when DynamoDB may forget it, in epoch seconds
============  =====================================================================
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from lambdas.deadline import Deadline
from lambdas.outbox.delivery import LONGEST_CALL
from lambdas.times import read_time

MOST_DAYS = 90
LONGEST = timedelta(days=MOST_DAYS)
"""For how long something can be muted."""
_OF_MUTES = {"S": "mutes#"}
_DAMAGED = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


class UnreadMutesError(Exception):
    """The mutes could not be read: no time was left."""


@dataclass(frozen=True, slots=True)
class Mute:
    """One mute: of a watch, None: of all, and of the jobs whose name fits a glob, None: of all.

    `since` and `until` are times in ISO 8601; `who` is the ARN of who said it.
    """

    watch: str | None
    name: str | None
    why: str
    who: str
    since: str
    until: str

    def silences(self, watch: str, called: str | None) -> bool:
        """Tell whether alerts of a watch and of what is called so are not sent.

        What is no job has no name: a mute of names does not concern it.
        """
        if self.watch not in (None, watch):
            return False
        return self.name is None or (called is not None and fnmatchcase(called, self.name))

    def is_over(self, now: datetime) -> bool:
        """Tell whether it has ended."""
        until = read_time(self.until)
        return until is None or until <= now


@dataclass(frozen=True, slots=True)
class Mutes:
    """The mutes in the table, through a botocore client."""

    client: Any
    table: str

    def read(self, now: datetime, deadline: Deadline) -> list[Mute]:
        """Give the mutes that have not ended.

        :raises UnreadMutesError: where no time is left.
        """
        return [each for each in self._all(deadline) if not each.is_over(now)]

    def write(self, mute: Mute) -> None:
        """Mute something, instead of what was said of the same watch and glob before."""
        until = read_time(mute.until)
        assert until is not None  # noqa: S101  who asked for it was checked
        item = {
            **_key(mute.watch, mute.name),
            "mute": {"S": json.dumps(asdict(mute))},
            "expires_at": {"N": str(int(until.timestamp()))},
        }
        self.client.put_item(TableName=self.table, Item=item)

    def delete(self, watch: str | None, name: str | None) -> None:
        """Mute something no more."""
        self.client.delete_item(TableName=self.table, Key=_key(watch, name))

    def forget_ended(self, now: datetime, deadline: Deadline) -> None:
        """Forget those that have ended, which DynamoDB does only days later: each batch reads all.

        :raises UnreadMutesError: where no time is left.
        """
        for each in [*self._all(deadline)]:
            if each.is_over(now) and deadline.allows(LONGEST_CALL):
                self.delete(each.watch, each.name)

    def _all(self, deadline: Deadline) -> Iterator[Mute]:
        more: dict[str, Any] | None = {}
        while more is not None:
            if not deadline.allows(LONGEST_CALL):
                raise UnreadMutesError("no time was left to read what is muted")
            answer = self.client.query(
                TableName=self.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": _OF_MUTES},
                ConsistentRead=True,
                **more,
            )
            yield from filter(None, map(_read, answer["Items"]))
            last = answer.get("LastEvaluatedKey")
            more = {"ExclusiveStartKey": last} if last else None


def _key(watch: str | None, name: str | None) -> dict[str, Any]:
    return {"pk": _OF_MUTES, "sk": {"S": f"mute#{watch or ''}#{name or ''}"}}


def _read(item: Mapping[str, Any]) -> Mute | None:
    """Read an item; one that can't be read mutes nothing."""
    try:
        return Mute(**json.loads(item["mute"]["S"]))
    except _DAMAGED:
        return None
