"""Decides what stands: what is remembered, records of the stream → alerts, what to remember.

Pure functions of plain values. They keep these promises:

- each change that asks for an alert gives one, whatever is remembered, each time that it comes;
- what is over is told once after it was told that it is open, unless it is open again by then, and
  once more where that was told again, as the stream repeats what failed;
- of runs of one name, the one that ended last decides, in whatever order they come;
- where a watch alerts from the second failure in a row on, the first is the one that came first,
  also when it comes again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lambdas.alert.message import Detail
from lambdas.alert.terms import GOOD_NEWS, OPEN, RESOLVED, dedup_key
from lambdas.alert.wording import alert_attributes, is_alert
from lambdas.model import (
    JOB_STATUS_CHANGE,
    RUN_ARRIVED,
    RUN_MISSING,
    SUCCEEDED,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from lambdas.outbox.records import OutboxRecord, UnreadableRecordError
from lambdas.plan import Policy

ENDS = {WATCH_RECOVERED: WATCH_UNREACHABLE, RUN_ARRIVED: RUN_MISSING}
"""Which detail types end what others told of."""

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
    """What is open: in which `status`, `since` when, by which event, and when it was last so."""

    status: str
    since: str
    event: str
    last: Moment


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered under one key; `version` counts the writes.

    `over` is when it was last over, and `detail` the small part of the event that told so.
    `quiet` are failures in a row that were not told, as the watch asks for more of them: the ids of
    their events, and when.
    """

    version: int = 0
    trouble: Trouble | None = None
    over: Moment | None = None
    detail: Detail | None = None
    quiet: tuple[tuple[str, Moment], ...] = ()


@dataclass(frozen=True, slots=True)
class Alert(OutboxRecord):
    """A record of which an alert tells, that something is open or resolved.

    One record may give several. `key` is the dedup key, `was` what is over.
    """

    key: str = ""
    state: str = OPEN
    was: Trouble | None = None

    @property
    def of(self) -> Key:
        """Under what something is remembered of it."""
        return self.detail["watch"], self.key

    @property
    def in_order_with(self) -> frozenset[str]:
        """What it shares with the records that it must not overtake: their item, or their key."""
        return frozenset({self.item_key, self.key})

    @property
    def name(self) -> str:
        """What tells it apart from other alerts, and not from repeats."""
        return f"{self.detail['id']} {self.key} {self.state} {self.was.event if self.was else ''}"


Told = Alert | UnreadableRecordError


@dataclass(slots=True)
class Decision:
    """What is to be told, in order, and what is to be remembered.

    `before` is to be written before anything is told, `after` of each key once all was told that is
    over of it. Neither has what is remembered already.
    """

    told: list[Told] = field(default_factory=list)
    before: dict[Key, Standing] = field(default_factory=dict)
    after: dict[Key, Standing] = field(default_factory=dict)


def opened(record: OutboxRecord) -> Alert:
    """Give the alert of a change."""
    return _alert(record, dedup_key(record.detail_type, record.detail))


def keys_of(record: OutboxRecord, policy: Policy) -> list[Key]:
    """Give under which keys something must be remembered to decide about a record."""
    opens = [dedup_key(record.detail_type, record.detail)] if _is_trouble(record, policy) else []
    watch = record.detail["watch"]
    return [(watch, key) for key in dict.fromkeys([*opens, *_ended_by(record, policy)])]


def decide(
    records: Iterable[OutboxRecord | UnreadableRecordError],
    policies: Mapping[str, Policy],
    remembered: Mapping[Key, Standing],
) -> Decision:
    """Decide about records, in their order; `remembered` has what is under their keys."""
    decision, now = Decision(), dict(remembered)
    first: dict[Key, Standing] = {}
    for record in records:
        if isinstance(record, UnreadableRecordError):
            decision.told.append(record)
            continue
        watch = record.detail["watch"]
        policy = policies[watch]
        if _is_trouble(record, policy):
            alert = opened(record)
            key = (watch, alert.key)
            before = now.get(key, Standing())
            now[key], told = _open(before, alert, policy.after)
            decision.told += told
            first[key] = _with_trouble(first.get(key, remembered.get(key, Standing())), now[key])
        elif is_alert(record.detail_type, record.detail, policy.on):
            decision.told.append(opened(record))
        for ended in _ended_by(record, policy):
            key = (watch, ended)
            now[key], told = _end(now.get(key, Standing()), record, ended)
            decision.told += told
    decision.before = {k: s for k, s in first.items() if s != remembered.get(k, Standing())}
    at_first = {**remembered, **first}
    decision.after = {k: s for k, s in now.items() if s != at_first.get(k, Standing())}
    return decision


def _is_trouble(record: OutboxRecord, policy: Policy) -> bool:
    """Whether a change asks for an alert of what will be over once."""
    if not is_alert(record.detail_type, record.detail, policy.on):
        return False
    return record.detail_type != JOB_STATUS_CHANGE or record.detail["status"] not in GOOD_NEWS


def _ended_by(record: OutboxRecord, policy: Policy) -> Iterator[str]:
    """Give the keys of what is over by a change, if it was told."""
    for over in record.resolves:
        yield dedup_key(over, record.detail)
    if record.detail_type in ENDS:
        yield dedup_key(ENDS[record.detail_type], record.detail)
    succeeded = record.detail_type == JOB_STATUS_CHANGE and record.detail["status"] == SUCCEEDED
    if succeeded and policy.on - GOOD_NEWS:
        yield dedup_key(JOB_STATUS_CHANGE, record.detail)


def _open(standing: Standing, alert: Alert, after: int) -> tuple[Standing, list[Told]]:
    """Give what is remembered after trouble, and what is told of it."""
    moment, event = _moment(alert), alert.detail["id"]
    is_late = standing.over is not None and moment.is_before(standing.over)
    if alert.detail_type == JOB_STATUS_CHANGE and alert.detail.get("job_name") and after > 1:
        quiet = dict(standing.quiet)
        if is_late or event in quiet:
            return standing, []
        if len(quiet) < after - 1:
            return replace(standing, quiet=(*standing.quiet, (event, moment))), []
    status = alert_attributes(alert.detail_type, alert.detail)["status"]
    trouble = Trouble(status, alert.detail.get("since") or moment.seen, event, moment)
    if is_late:
        over = replace(alert, detail=standing.detail or alert.detail)
        return standing, [alert, replace(over, state=RESOLVED, was=trouble)]
    known = standing.trouble
    if known is not None:
        last = max(known.last, moment, key=lambda each: (each.at, each.seen))
        trouble = replace(known, since=min(known.since, trouble.since), last=last)
    return replace(standing, trouble=trouble), [alert]


def _end(standing: Standing, record: OutboxRecord, key: str) -> tuple[Standing, list[Told]]:
    """Give what is remembered once something is over, and what is told of that."""
    over, trouble = _moment(record), standing.trouble
    is_over = trouble is not None and trouble.last.is_before(over)
    quiet = tuple(each for each in standing.quiet if not each[1].is_before(over))
    is_run = key == dedup_key(JOB_STATUS_CHANGE, record.detail)
    # Of a run of another id that failed before, the stream may tell later.
    if not (is_over or quiet != standing.quiet or (is_run and record.detail.get("job_name"))):
        return standing, []
    ended = replace(standing, trouble=None if is_over else trouble, quiet=quiet)
    if standing.over is None or standing.over.is_before(over):
        ended = replace(ended, over=over, detail=_small(record.detail))
    if not is_over:
        return ended, []
    return ended, [replace(_alert(record, key), state=RESOLVED, was=trouble)]


def _with_trouble(first: Standing, now: Standing) -> Standing:
    """Add to what is remembered at first what was opened since, though it may be over by now."""
    quiet = tuple({**dict(first.quiet), **dict(now.quiet)}.items())
    return replace(first, trouble=now.trouble or first.trouble, quiet=quiet)


def _alert(record: OutboxRecord, key: str) -> Alert:
    return Alert(
        record.sequence,
        record.item_key,
        record.detail_type,
        record.text,
        record.detail,
        record.record,
        record.resolves,
        key,
    )


def _moment(record: OutboxRecord) -> Moment:
    """Give when a change happened: of a job when it ended, where that is told."""
    seen = str(record.detail["observed_at"])
    ended = record.detail.get("ended_at") if record.detail_type == JOB_STATUS_CHANGE else None
    return Moment(min(ended or seen, seen), seen, record.detail.get("job_id"))


def _small(detail: Detail) -> dict[str, Any]:
    """Give a detail without what may be long; the event on the bus carries it."""
    small = dict(detail)
    if "failure" in small:
        small["failure"] = {"code": None, "message": None, "details": []}
    if "details" in small:
        small["details"] = {}
    return small
