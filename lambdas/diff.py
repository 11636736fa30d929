"""The decision: what was stored, what was seen, what could not be read → changes.

Pure functions of plain values. They keep these promises:

- what exists when a scope is first read is remembered without being announced;
- after that, a job not seen before is a change, also when it has already ended;
- nothing that could not be read is called gone, stalled or changed;
- a job that ended longer ago than the retention is neither stored nor announced;
- where clocks or lists leave a doubt, a change is announced rather than lost.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.model import NOT_FOUND, STALLED, STATUS_CHANGE, UNKNOWN, Change, Health, Job, Known

CLOCK_DOUBT = timedelta(minutes=10)
"""How far a service's clock may be from ours before a time in its answers misleads."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a decision depends on besides what was seen.

    `get_completes` and `list_tells_age` are the source's: whether only its get operation tells
    all of a finished job, and whether its list tells when a job was created or ended.
    """

    now: datetime
    retention: timedelta
    stalled_after: timedelta | None
    get_completes: bool
    list_tells_age: bool


def needs_get(health: Health, known: Known | None, job: Job, rules: Rules) -> bool:
    """Tell whether a listed job has just ended and only the get operation tells all of it."""
    if not job.terminal or not rules.get_completes:
        return False
    if known is not None:
        return not _same(known, job, rules)
    return _is_news(health, job) and not is_aged(health, job, rules)


def diff(
    health: Health,
    known: Mapping[str, Known],
    seen: Iterable[Job],
    gone: Collection[str],
    rules: Rules,
) -> list[Change]:
    """Decide what changed.

    `seen` are the jobs that could be read, `gone` the ids that the get operation doesn't know
    any more; a job in neither could not be read and stays as it is.
    """
    changes = [_change(health, known.get(job.id), job, rules) for job in seen]
    vanished = [
        Change(k.id, None, k, STATUS_CHANGE)
        for k in known.values()
        if k.id in gone and not k.terminal
    ]
    return [change for change in changes if change is not None] + vanished


def _change(health: Health, known: Known | None, job: Job, rules: Rules) -> Change | None:
    if known is None:
        return _first_sight(health, job, rules)
    if job.raw_status is None:
        return None  # an answer that leaves the status out tells of no change
    if _same(known, job, rules):
        return _unmoved(known, job, rules)
    return Change(job.id, job, known, STATUS_CHANGE)


def _same(known: Known, job: Job, rules: Rules) -> bool:
    if known.raw_status != job.raw_status:
        return False
    # The list alone may not tell a partial success from a whole one: the get told it once.
    return known.status == job.status or (known.terminal and rules.get_completes)


def _first_sight(health: Health, job: Job, rules: Rules) -> Change | None:
    aged = job.terminal and is_aged(health, job, rules)
    if aged and rules.list_tells_age:
        return None
    announce = STATUS_CHANGE if not aged and _is_news(health, job) else None
    return Change(job.id, job, None, announce)


def _unmoved(known: Known, job: Job, rules: Rules) -> Change | None:
    if known.terminal:
        # Without a time in the list, a finished job that was forgotten would look new.
        forgotten_soon = known.expires_at and known.expires_at - rules.now < rules.retention / 2
        if forgotten_soon and not rules.list_tells_age:
            return Change(job.id, job, known, None, moved=False)
        return None
    if rules.stalled_after is None:
        return None  # progress only matters to who waits for its end: each one would be a write
    if known.progress != job.progress:
        return Change(job.id, job, known, None)
    idle = rules.now - known.moved_at
    if not known.stalled and idle >= rules.stalled_after:
        return Change(job.id, job, known, STALLED, stalled=True, moved=False)
    return None


def _is_news(health: Health, job: Job) -> bool:
    if health.read_at is not None and job.id not in health.unread:
        return True
    if health.quiet_before is None:
        return False
    return job.created_at is None or job.created_at >= health.quiet_before - CLOCK_DOUBT


def is_aged(health: Health, job: Job, rules: Rules) -> bool:
    """Whether a job nobody remembers ended longer ago than the retention.

    Where the end is not told, the creation bounds it from below, and a job that was there to be
    seen in an earlier complete read and is not remembered was left out then for its age.
    """
    if job.ended_at is not None:
        return rules.now - job.ended_at > rules.retention
    if job.created_at is None or rules.now - job.created_at <= rules.retention:
        return False
    return health.read_at is None or job.created_at <= health.read_at


def status_of(change: Change) -> tuple[str, str | None]:
    """Give the status and the raw status that a change leads to."""
    if change.job is None:
        return UNKNOWN, NOT_FOUND
    return change.job.status, change.job.raw_status
