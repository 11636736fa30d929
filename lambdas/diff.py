"""The decision: what was stored, what was seen, what could not be found → changes.

Pure functions of plain values. They keep these promises:

- what exists when a scope is first read is remembered without being announced;
- after that, a job not seen before is a change, also when it has already ended;
- nothing that could not be read is called gone, stalled, overrunning or changed, and nothing is
  called gone that was not missed twice in a row;
- a job that ended longer ago than the retention is neither stored nor announced, and a retention
  that changes announces nothing;
- where clocks or lists leave it open, a change is announced rather than lost.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.digest import short
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    NOT_FOUND,
    PARTIAL,
    SUCCEEDED,
    UNKNOWN,
    Change,
    Health,
    Job,
    Progress,
    StoredJob,
)
from lambdas.times import CLOCK_SKEW

ROUNDING = timedelta(seconds=1)
"""How far two ways to write the same time may be apart."""
LEAST_KEPT = timedelta(days=1)
"""How long a finished job is kept after the last write of it, however short the retention is."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a decision depends on besides what was seen.

    `get_completes` and `list_tells_age` are the source's: whether only its get operation tells all
    of a finished job, and whether its list tells when a job was created or ended. `tells_progress`
    is whether each reading tells how far a job is: by a list that does, or a get of each job;
    `list_tells_status` whether a list tells more than that a job is there.
    `list_ends` is false where it is not known if the list comes to its end, `list_failed` true
    where it did not.
    """

    now: datetime
    retention: timedelta
    stalled_after: timedelta | None
    max_duration: timedelta | None
    get_completes: bool
    list_tells_age: bool
    tells_progress: bool
    list_tells_status: bool = True
    list_ends: bool = True
    list_failed: bool = False


def needs_get(health: Health, stored: StoredJob | None, job: Job, rules: Rules) -> bool:
    """Tell whether a listed job has just ended and only the get operation tells all of it.

    Of a list that tells no status, it is each job that is not known to have ended.
    """
    if not rules.list_tells_status:
        return stored is None or not stored.terminal or stored.raw_status == NOT_FOUND
    if not job.terminal or not rules.get_completes:
        return False
    if stored is not None:
        return _is_another_run(stored, job) or not _is_same(stored, job, rules)
    is_new = _is_new(health, job, rules) or (rules.list_failed and _lacks_creation(health, job))
    return is_new and not is_aged(health, job, rules)


def awaits_end(health: Health, stored: StoredJob | None, job: Job, rules: Rules) -> bool:
    """Tell whether it depends on the end of its list what a listed job comes to."""
    if rules.list_ends:
        return False
    if stored is not None:
        return is_due_to_stall(stored, rules) or is_overrunning(stored, rules)
    if _follows_a_read(health, job):
        return False
    return _is_new(health, job, rules) or _lacks_creation(health, job)


def diff(
    health: Health,
    stored: Mapping[str, StoredJob],
    seen: Iterable[Job],
    absent: Collection[str],
    rules: Rules,
) -> list[Change]:
    """Decide what changed.

    `seen` are the jobs that could be read, `absent` the ids that are in no complete list and that
    the get operation doesn't know; a job in neither could not be read and stays as it is.
    """
    changes = [_change(health, stored.get(job.id), job, rules) for job in seen]
    missed = [_miss(stored[job_id], rules) for job_id in absent if job_id in stored]
    return [change for change in (*changes, *missed) if change is not None]


def _change(health: Health, stored: StoredJob | None, job: Job, rules: Rules) -> Change | None:
    if stored is None:
        return _first_sight(health, job, rules)
    if job.raw_status is None:
        return None  # an answer that leaves the status out tells of no change
    if _is_another_run(stored, job) or not _is_same(stored, job, rules):
        return Change(stored, _after(stored, job, rules), job, JOB_STATUS_CHANGE)
    return _unmoved(stored, job, rules)


def _is_same(stored: StoredJob, job: Job, rules: Rules) -> bool:
    if stored.raw_status != job.raw_status:
        return False
    if stored.status == job.status:
        return True
    # The list alone may not tell a partial success from a whole one: the get did once.
    return rules.get_completes and (stored.status, job.status) == (PARTIAL, SUCCEEDED)


def _is_another_run(stored: StoredJob, job: Job) -> bool:
    """Whether an id was used again: made anew, or ended once more."""
    if _is_created_anew(stored, job):
        return True
    return stored.terminal and job.terminal and _is_later(job.ended_at, stored.ended_at)


def _is_created_anew(stored: StoredJob, job: Job) -> bool:
    later, earlier = job.created_at, stored.created_at
    return _is_later(later, earlier) or _is_later(earlier, later)


def runs_anew(stored: StoredJob, job: Job) -> bool:
    """Whether the job that is remembered had ended, and its id stands for another run now."""
    return stored.terminal and _is_another_run(stored, job)


def may_be_younger(stored: StoredJob | None, now: StoredJob) -> bool:
    """Whether an id may stand for a job that is younger than the one of before."""
    if stored is None:
        return True
    if stored.created_at is None or now.created_at is None:
        return stored.terminal
    return _is_later(now.created_at, stored.created_at)


def is_behind(got: Job, listed: Job) -> bool:
    """Whether a get showed a job as it was before what the list shows: it will say more later.

    So it is where it does not tell, or not legibly, what failed.
    """
    if got.raw_status != listed.raw_status or (got.status, listed.status) == (SUCCEEDED, PARTIAL):
        return True
    times = ((listed.created_at, got.created_at), (listed.ended_at, got.ended_at))
    return any(_is_later(one, other) for one, other in times)


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one - other > ROUNDING


def _first_sight(health: Health, job: Job, rules: Rules) -> Change | None:
    aged = job.terminal and is_aged(health, job, rules)
    if aged and rules.list_tells_age:
        return None
    announce = JOB_STATUS_CHANGE if not aged and _is_new(health, job, rules) else None
    return Change(None, _after(None, job, rules), job, announce)


def _unmoved(stored: StoredJob, job: Job, rules: Rules) -> Change | None:
    if stored.terminal:
        return _kept_longer(stored, job, rules)
    progressed = _progressed(stored, job, rules)
    if rules.list_ends and is_overrunning(stored, rules):
        after = progressed or _unmoved_after(stored)
        return Change(stored, replace(after, overrun=True), job, JOB_OVERRUNNING)
    if progressed is not None:
        return Change(stored, progressed, job, None)
    if rules.list_ends and is_due_to_stall(stored, rules):
        return Change(stored, replace(_unmoved_after(stored), stalled=True), job, JOB_STALLED)
    if stored.missing or not stored.is_open or _tells_age(stored, job, rules):
        after = replace(_unmoved_after(stored), created_at=stored.created_at or job.created_at)
        return Change(stored, after, job, None)
    return None


def _tells_age(stored: StoredJob, job: Job, rules: Rules) -> bool:
    """Whether it is told only now when a job was created, by which it may run for too long."""
    is_news = stored.created_at is None and job.created_at is not None
    return is_news and rules.max_duration is not None


def _progressed(stored: StoredJob, job: Job, rules: Rules) -> StoredJob | None:
    """Give what is to be stored of a job's progress, None where nothing is."""
    known = _known_progress(stored.progress, job.progress)
    if rules.stalled_after is None or known == stored.progress:
        return None  # it only matters to who waits for its end: each one would be a write
    moved = _has_moved(stored.progress, known, rules)
    after = _after(stored, job, rules) if moved else _unmoved_after(stored)
    return replace(after, progress=known)


def _known_progress(before: Progress, now: Progress) -> Progress:
    """Give how far a job is: a count that an answer leaves out is as it was."""
    return Progress(
        total=before.total if now.total is None else now.total,
        processed=before.processed if now.processed is None else now.processed,
        failed=before.failed if now.failed is None else now.failed,
    )


def _has_moved(before: Progress, known: Progress, rules: Rules) -> bool:
    """Whether a job is further, and not only better known: a get may tell what no list does."""
    old = (before.total, before.processed, before.failed)
    new = (known.total, known.processed, known.failed)
    learned = set() if rules.tells_progress else {None}
    return any(o != n and o not in learned for o, n in zip(old, new, strict=True))


def _kept_longer(stored: StoredJob, job: Job, rules: Rules) -> Change | None:
    """Remember a finished job as long as a list has it and tells no age: it would look new."""
    forgotten_soon = stored.expires_at and stored.expires_at - rules.now < rules.retention / 2
    tells_age = job.created_at is not None or job.ended_at is not None
    if not forgotten_soon or (rules.list_tells_age and tells_age):
        return None
    after = replace(_unmoved_after(stored), expires_at=_expiry(None, rules))
    return Change(stored, after, job, None)


def _unmoved_after(stored: StoredJob) -> StoredJob:
    """Give what is stored of a job that is as it was; one that was closed is open again."""
    expires_at = stored.expires_at if stored.terminal else None
    return replace(stored, version=stored.version + 1, missing=False, expires_at=expires_at)


def _after(stored: StoredJob | None, job: Job, rules: Rules) -> StoredJob:
    ended_at = job.ended_at if rules.list_tells_age else None
    was_told = stored is not None and stored.overrun and not _is_created_anew(stored, job)
    return StoredJob(
        id=job.id,
        raw_status=job.raw_status,
        status=job.status,
        progress=job.progress,
        version=(stored.version if stored else 0) + 1,
        moved_at=rules.now,
        overrun=was_told,
        expires_at=_expiry(ended_at, rules) if job.terminal else None,
        announced=stored.announced if stored else None,
        detail=stored.detail if stored else None,
        created_at=job.created_at,
        ended_at=job.ended_at,
        history=stored.history if stored else None,
    )


def _miss(stored: StoredJob, rules: Rules) -> Change | None:
    """Mark a job that was not found; at the second time in a row it is gone."""
    if stored.terminal:
        return None
    if not stored.missing:
        after = replace(_unmoved_after(stored), missing=True)
        return Change(stored, after, None, None)
    gone = replace(
        stored,
        raw_status=NOT_FOUND,
        status=UNKNOWN,
        version=stored.version + 1,
        moved_at=rules.now,
        stalled=False,
        missing=False,
        expires_at=_expiry(None, rules),
    )
    return Change(stored, gone, None, JOB_STATUS_CHANGE)


def resolving(change: Change) -> Change:
    """Mark in what is to be stored what it ends that an alert told of.

    A stalled job moved, or one ended that had overrun.
    """
    before, after = change.before, change.after
    over: list[str] = []
    if before is not None and before.stalled and not after.stalled:
        over.append(JOB_STALLED)
    if before is not None and before.overrun and not before.terminal:
        over += [JOB_OVERRUNNING] if after.terminal or not after.overrun else []
    return replace(change, after=replace(after, resolves=tuple(over)))


def closed(stored: StoredJob, rules: Rules) -> StoredJob:
    """Give an unfinished job that its watch names no more: named again, it goes on from there."""
    return replace(_unmoved_after(stored), expires_at=_expiry(None, rules))


def reopened(stored: StoredJob) -> StoredJob:
    """Give a job that was closed and is followed again."""
    return _unmoved_after(stored)


def _expiry(ended_at: datetime | None, rules: Rules) -> datetime:
    """Give the time at which a job that ended or was closed may be forgotten."""
    since = min(ended_at or rules.now, rules.now)
    return max(since + rules.retention, rules.now + LEAST_KEPT)


def _is_new(health: Health, job: Job, rules: Rules) -> bool:
    """Whether a job nobody remembers came after the scope's first complete read.

    A list that never comes to its end has none: there, what was created since the watch began is.
    """
    if _follows_a_read(health, job):
        return True
    if health.quiet_before is not None or rules.list_ends:
        return False
    if job.created_at is None or health.partial is None:
        return False
    return job.created_at >= (health.began_at or rules.now) - CLOCK_SKEW


def _follows_a_read(health: Health, job: Job) -> bool:
    """Whether the scope was read before the job was there, or began after a time that is known."""
    if health.read_at is not None and short(job.id) not in health.never_read:
        return True
    if health.globs_since is not None:
        since = health.globs_since - CLOCK_SKEW
        return job.created_at is not None and job.created_at >= since
    if health.quiet_before is None:
        return False
    return job.created_at is None or job.created_at >= health.quiet_before - CLOCK_SKEW


def _lacks_creation(health: Health, job: Job) -> bool:
    """Whether a first list that failed before does not tell if a job is older than the watch."""
    return health.partial is not None and job.created_at is None


def is_aged(health: Health, job: Job, rules: Rules) -> bool:
    """Whether a job nobody remembers ended longer ago than the retention.

    Where the end is not told, the creation bounds it from below, and a job that was there to be
    seen in an earlier complete read and is not remembered was left out then for its age.
    """
    if job.ended_at is not None:
        return _is_forgotten(health, job.ended_at, rules)
    if job.created_at is None or not _is_forgotten(health, job.created_at, rules):
        return False
    return health.read_at is None or job.created_at <= health.read_at


def _is_forgotten(health: Health, ended_at: datetime, rules: Rules) -> bool:
    """Whether a job that ended then need not be remembered: also under a shorter retention.

    That forgot only what it could have seen: what ended since the last complete read is new.
    """
    age = rules.now - ended_at
    if age > rules.retention:
        return True
    if health.shorter is None or (health.read_at is not None and ended_at > health.read_at):
        return False
    until, seconds = health.shorter
    return ended_at <= until and age > timedelta(seconds=seconds)


def is_due_to_stall(stored: StoredJob, rules: Rules) -> bool:
    """Whether an unfinished job has shown no change for as long as its watch bears."""
    if rules.stalled_after is None or stored.stalled or stored.terminal:
        return False
    return rules.now - stored.moved_at >= rules.stalled_after


def is_overrunning(stored: StoredJob, rules: Rules) -> bool:
    """Whether an unfinished job is older than its watch bears, which was not told yet."""
    if rules.max_duration is None or stored.overrun or stored.terminal:
        return False
    return stored.created_at is not None and rules.now - stored.created_at >= rules.max_duration
