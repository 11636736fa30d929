"""Decides what stands: what is remembered, records of the stream → alerts, what to remember.

Pure functions of plain values. They keep these promises:

- each change that asks for an alert gives one, whatever is remembered, each time that it comes; but
  for what is muted: of that, the last alert of what is open is kept back;
- what is over is told once after it was told that it is open, unless it is open again by then, and
  once more where that was told again, as the stream repeats what failed;
- what is open and over again and again is told to be over twice of a batch at most, however often;
- of runs of one name, the one that ended last decides, in whatever order they come;
- where a watch alerts from the second failure in a row on, the first is the one that came first,
  also when it comes again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lambdas.alert.message import Detail
from lambdas.alert.standing import Alert, Kept, Key, Moment, Standing, Told, Trouble, name_or_id
from lambdas.alert.status import alert_attributes, is_alert
from lambdas.alert.terms import (
    GOOD_NEWS,
    RESOLVED,
    badness,
    dedup_key,
    name_of_runs,
    severity,
    worse,
)
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

MOST_QUIET = 50
"""Failures of one name that were not told and are remembered of a batch: one more is decided on
with the next, as an item of the table has a bound and whoever starts jobs has none."""
ENDS = {WATCH_RECOVERED: WATCH_UNREACHABLE, RUN_ARRIVED: RUN_MISSING}
"""Which detail types end what others told of."""
_TOLD_BY = ("pk", "sk", "announce", "detail", "moved_at")
"""What of an item its alert is made of."""

Silence = Callable[[str, str | None], bool]
"""Tells of a watch and of what a job is called, None of what is no job, whether that is muted."""


@dataclass(slots=True)
class Decision:
    """What is to be told, in order, and what is to be remembered.

    `before` is to be written before anything is told, `after` of each key once all was told that is
    over of it. Neither has what is remembered already. `until` is the sequence number of the first
    record that was not decided on, None where all were.
    """

    told: list[Told] = field(default_factory=list)
    before: dict[Key, Standing] = field(default_factory=dict)
    after: dict[Key, Standing] = field(default_factory=dict)
    until: str | None = None


def opened(record: OutboxRecord) -> Alert:
    """Give the alert of a change."""
    return _alert(record, _key(record.detail_type, record))


def keys_of(record: OutboxRecord, policy: Policy) -> list[Key]:
    """Give under which keys something must be remembered to decide about a record."""
    opens = [_key(record.detail_type, record)] if _is_trouble(record, policy) else []
    watch = record.detail["watch"]
    return [(watch, key) for key in dict.fromkeys([*opens, *_ended_by(record, policy)])]


def decide(
    records: Iterable[OutboxRecord | UnreadableRecordError],
    policies: Mapping[str, Policy],
    remembered: Mapping[Key, Standing],
    silence: Silence,
) -> Decision:
    """Decide about records, in their order; `remembered` has what is under their keys."""
    decision, now = Decision(), dict(remembered)
    first: dict[Key, Standing] = {}
    for record in records:
        if isinstance(record, UnreadableRecordError):
            decision.told.append(record)
            continue
        watch = record.detail["watch"]
        policy, muted = policies[watch], silence(watch, name_or_id(record.detail))
        if _is_trouble(record, policy):
            alert = opened(record)
            key = (watch, alert.key)
            if len(first.get(key, Standing()).quiet) >= MOST_QUIET:
                decision.until = record.sequence
                break
            before = now.get(key, Standing())
            now[key], told = _open(before, alert, policy, muted=muted)
            decision.told += told
            first[key] = _with_trouble(first.get(key, remembered.get(key, Standing())), now[key])
        elif is_alert(record.detail_type, record.detail, policy.on) and not muted:
            decision.told.append(opened(record))
        for ended in _ended_by(record, policy):
            key = (watch, ended)
            now[key], told = _end(now.get(key, Standing()), record, ended, muted=muted)
            decision.told += told
    decision.before = {k: s for k, s in first.items() if s != remembered.get(k, Standing())}
    decision.told = [*_without_ends_amid(decision.told)]
    at_first = {**remembered, **first}
    decision.after = {k: s for k, s in now.items() if s != at_first.get(k, Standing())}
    return decision


def _without_ends_amid(told: Sequence[Told]) -> Iterator[Told]:
    """Leave out that something is over which is open again by the end of what is told.

    But for its first end. Where runs of one name fail and succeed in turn, each of them would have
    a message of its own.
    """
    last = {each.of: place for place, each in enumerate(told) if isinstance(each, Alert)}
    ended = set[Key]()
    for place, each in enumerate(told):
        if isinstance(each, Alert) and each.state == RESOLVED:
            if each.of in ended and place < last[each.of]:
                continue
            ended.add(each.of)
        yield each


def _is_trouble(record: OutboxRecord, policy: Policy) -> bool:
    """Whether a change asks for an alert of what will be over once."""
    if not is_alert(record.detail_type, record.detail, policy.on):
        return False
    return record.detail_type != JOB_STATUS_CHANGE or record.detail["status"] not in GOOD_NEWS


def _ended_by(record: OutboxRecord, policy: Policy) -> Iterator[str]:
    """Give the keys of what is over by a change, if it was told."""
    for over in record.resolves:
        yield _key(over, record)
    if record.detail_type in ENDS:
        yield _key(ENDS[record.detail_type], record)
    succeeded = record.detail_type == JOB_STATUS_CHANGE and record.detail["status"] == SUCCEEDED
    if succeeded and policy.on - GOOD_NEWS:
        yield _key(JOB_STATUS_CHANGE, record)


def _open(
    standing: Standing, alert: Alert, policy: Policy, *, muted: bool
) -> tuple[Standing, list[Told]]:
    """Give what is remembered after trouble, and what is told of it."""
    moment, event = _moment(alert), alert.detail["id"]
    is_late = standing.over is not None and moment.is_before(standing.over)
    if alert.detail_type == JOB_STATUS_CHANGE and name_of_runs(alert.detail) and policy.after > 1:
        quiet = dict(standing.quiet)
        if is_late or event in quiet:
            return standing, []
        if len(quiet) < policy.after - 1:
            return replace(standing, quiet=(*standing.quiet, (event, moment))), []
    status = alert_attributes(alert.detail_type, alert.detail)["status"]
    since = alert.detail.get("since") or moment.seen
    trouble = Trouble(status, since, event, moment, told=False)
    if not muted:
        trouble = replace(trouble, told=True, to=policy.to, severity=severity(status, policy))
    if is_late:
        over = replace(alert, detail=standing.detail or alert.detail)
        ended = replace(over, state=RESOLVED, was=trouble)
        told: list[Told] = [alert] if standing.trouble else [alert, ended]  # it is open again
        return standing, [] if muted else told
    standing = replace(standing, trouble=_added(standing.trouble, trouble))
    if muted:
        return replace(standing, kept=_newer(standing.kept, alert, moment)), []
    return replace(standing, kept=None), [alert]


def _added(known: Trouble | None, trouble: Trouble) -> Trouble:
    """Give what is open once there is more of it: it is called what the worst of it is."""
    if known is None:
        return trouble
    status = max(known.status, trouble.status, key=badness)
    last = max(known.last, trouble.last, key=lambda each: (each.at, each.seen))
    told, to = known.told or trouble.told, tuple(dict.fromkeys((*known.to, *trouble.to)))
    since, bad = min(known.since, trouble.since), worse(known.severity, trouble.severity)
    return replace(known, status=status, since=since, last=last, told=told, to=to, severity=bad)


def _newer(kept: Kept | None, alert: Alert, moment: Moment) -> Kept:
    """Give what is kept back of two alerts: the one that tells of what was so later."""
    if kept is not None and (kept.moment.at, kept.moment.seen) >= (moment.at, moment.seen):
        return kept
    stream = alert.record["dynamodb"]
    found = stream["NewImage"]
    image = {name: found[name] for name in _TOLD_BY if name in found}
    record = {
        "eventSourceARN": alert.record["eventSourceARN"],
        "dynamodb": {"SequenceNumber": alert.sequence, "NewImage": image},
    }
    return Kept(record, moment, name_or_id(alert.detail))


def _end(
    standing: Standing, record: OutboxRecord, key: str, *, muted: bool
) -> tuple[Standing, list[Told]]:
    """Give what is remembered once something is over, and what is told of that."""
    over, trouble = _moment(record), standing.trouble
    is_over = trouble is not None and trouble.last.is_before(over)
    quiet = tuple(each for each in standing.quiet if not each[1].is_before(over))
    is_run = key == _key(JOB_STATUS_CHANGE, record)
    # Of a run of another id that failed before, the stream may tell later; a replay, of anything.
    may_open_late = not is_run or name_of_runs(record.detail)
    if not (is_over or quiet != standing.quiet or may_open_late):
        return standing, []
    ended = replace(standing, quiet=quiet)
    if is_over:
        ended = replace(ended, trouble=None, kept=None)
    if standing.over is None or standing.over.is_before(over):
        ended = replace(ended, over=over, detail=_small(record.detail))
    if not is_over or (trouble and not trouble.told):
        return ended, []
    return ended, [replace(_alert(record, key), state=RESOLVED, was=trouble, muted=muted)]


def _with_trouble(first: Standing, now: Standing) -> Standing:
    """Add to what is remembered at first what was opened since, though it may be over by now."""
    quiet = tuple({**dict(first.quiet), **dict(now.quiet)}.items())
    if now.trouble is None:
        return replace(first, quiet=quiet)
    return replace(first, trouble=now.trouble, kept=now.kept, quiet=quiet)


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


def _key(detail_type: str, record: OutboxRecord) -> str:
    return dedup_key(detail_type, record.detail, record.item_key)


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
