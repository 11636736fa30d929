"""What stands: what is remembered of alerts, and alerts themselves. Plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.alert.message import Detail
from lambdas.alert.terms import OPEN
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError

Key = tuple[str, str]
"""A watch, and the dedup key of what is told of it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was so: `at` orders the runs of one name, `seen` the changes of one job."""

    at: str
    seen: str
    job_id: str | None

    def is_before(self, other: "Moment") -> bool:
        """Tell whether another ends this: of two runs, one that ended later; a doubt ends none."""
        if self.job_id == other.job_id:
            return self.seen <= other.seen
        return self.at < other.at


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is open: in which `status`, `since` when, by which event, and when it was last so.

    `told` is whether anybody is alerted of it, or will be before it is over: a mute may forbid it.
    `to` are the recipients that were, and `severity` is how bad it was said to be at worst,
    whatever the watch says once it is over; None: nobody was told, or by a version before.
    """

    status: str
    since: str
    event: str
    last: Moment
    told: bool = True
    to: tuple[str, ...] = ()
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The last alert of what is open that a mute kept back.

    `record` is the part of the stream's record of which it is made, `moment` when it was so, and
    `called` what a mute by name is held against. `claimed` is when an invocation began to tell it:
    who that is may have been stopped since, and nobody knows whether it was told.
    """

    record: Mapping[str, Any]
    moment: Moment
    called: str | None
    claimed: str | None = None

    @property
    def text(self) -> str:
        """The event of which it tells, as JSON; raises LookupError where the record has none."""
        return str(self.record["dynamodb"]["NewImage"]["detail"]["S"])


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered under one key; `version` counts the writes.

    `over` is when it was last over, and `detail` the small part of the event that told so.
    `quiet` are failures in a row that were not told, as the watch asks for more of them: the ids of
    their events, and when. `kept` is what is to be told once no mute forbids it.
    """

    version: int = 0
    trouble: Trouble | None = None
    over: Moment | None = None
    detail: Detail | None = None
    quiet: tuple[tuple[str, Moment], ...] = ()
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Alert(OutboxRecord):
    """A record of which an alert tells, that something is open or resolved.

    One record may give several. `key` is the dedup key, `was` what is over. Of what is over while
    it is `muted`, people are not told. `pagers` is whether it is for them alone, False: for all but
    them, None: for all.
    """

    key: str = ""
    state: str = OPEN
    was: Trouble | None = None
    muted: bool = False
    pagers: bool | None = None

    @property
    def of(self) -> Key:
        """Under what something is remembered of it."""
        return self.detail["watch"], self.key

    def recipients(self, named: Sequence[str]) -> list[str]:
        """Give those that the watch names and, of what is over, those that heard of it."""
        return [*dict.fromkeys((*named, *(self.was.to if self.was else ())))]

    @property
    def in_order_with(self) -> frozenset[str]:
        """What it shares with the records that it must not overtake: their item, or their key."""
        return frozenset({self.item_key, self.key})

    @property
    def name(self) -> str:
        """What tells it apart from other alerts, and not from repeats."""
        return f"{self.detail['id']} {self.key} {self.state} {self.was.event if self.was else ''}"


Told = Alert | UnreadableRecordError


def name_or_id(detail: Detail) -> str | None:
    """Give what a mute by name is held against: a job's name, or else its id."""
    name: str | None = detail.get("job_name") or detail.get("job_id")
    return name
