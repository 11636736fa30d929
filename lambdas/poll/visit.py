"""One leaf scope's turn: gather what is remembered and what is there, decide, store.

How the jobs are read differs (`whole`, `newest`, `by_id`); what is done about them does not, and
stands here in `update`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lambdas.apis.reader import Reader
from lambdas.deadline import Clock, Deadline
from lambdas.diff import Rules, closed, diff, is_behind, is_due_to_stall, needs_get
from lambdas.digest import PARTS, checksum, digest, part_of
from lambdas.health import GET_PATIENCE, after_gets
from lambdas.model import (
    Change,
    Health,
    Job,
    ListedJob,
    OutOfTimeError,
    Scope,
    SourceError,
    StoredJob,
)
from lambdas.plan import Watch
from lambdas.poll.event import job_detail
from lambdas.poll.fingerprints import fingerprint
from lambdas.store.table import CALL_SECONDS, Table
from lambdas.text import write_json

MOST_UNANSWERED = 2
"""Get calls in a row that may go unanswered before no further one is made in this visit."""
BATCH = 1_000
"""Jobs that are looked up, decided on and stored at a time, for memory's sake."""


class NotAskedError(SourceError):
    """A get call that was not made, as several before it were not answered."""

    def __init__(self) -> None:
        super().__init__("NotAsked", "several calls before this one were not answered")


@dataclass(slots=True)
class Visit:
    """A visit's tools, and what it has found out so far.

    `health` is what the table holds of the scope now. `unsettled` are the jobs that must be looked
    at next time whatever the list says; `unwritten` those of them that could not be stored.
    `remembered` are the scope's unfinished jobs, None where they need not be read; `new` the jobs
    that the table did not know, `opened` those that it had not as unfinished. `out_of_time` tells
    that a job had no time; `stops_at_known` that the list is read down to known jobs; `complete`
    is false once a list failed amid its pages.
    """

    scope: Scope
    watch: Watch
    health: Health
    table: Table
    reader: Reader
    clock: Clock
    deadline: Deadline
    retention: timedelta
    remembered: dict[str, StoredJob] | None = None
    new: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    unsettled: set[str] = field(default_factory=set)
    unwritten: set[str] = field(default_factory=set)
    failed: dict[str, SourceError] = field(default_factory=dict)
    complete: bool = True
    jobs: int = 0
    changes: int = 0
    out_of_time: bool = False
    stops_at_known: bool = False
    _before: Health = field(init=False)
    _closed: set[str] = field(default_factory=set)
    _unanswered: int = 0

    def __post_init__(self) -> None:
        self._before = self.health

    @property
    def rules(self) -> Rules:
        """What decisions about the watch's jobs depend on, now."""
        source, stalled_after = self.watch.source, self.watch.stalled_after
        return Rules(
            now=self.clock(),
            retention=self.retention,
            stalled_after=timedelta(seconds=stalled_after) if stalled_after else None,
            get_completes=source.get_completes,
            list_tells_age=source.list_tells_age,
            complete=self.complete,
        )

    def update(self, seen: Mapping[str, Job], absent: Collection[str] = ()) -> None:
        """Gather what is remembered of these jobs, decide what changed, and store that.

        `seen` are as the get operation told them, `absent` the ids that neither that nor the list
        knows.
        """
        rules = self.rules
        stored = self.table.find(self.scope, {*seen, *absent})
        self._store(diff(self.health, stored, seen.values(), absent, rules), rules)

    def update_listed(self, jobs: Iterable[ListedJob]) -> None:
        """Update listed jobs, a batch at a time; those for which no time is left are unsettled."""
        left = list(jobs)
        while left and self.deadline.allows(2 * CALL_SECONDS):
            some, left = left[:BATCH], left[BATCH:]
            rules = self.rules
            seen = {job.id: self.reader.whole(job) for job in some}
            stored = self.table.find(self.scope, seen)
            complete = self._complete(seen, stored, rules)
            self._store(diff(self.health, stored, complete.values(), (), rules), rules)
        if left:
            self.out_of_time = True
            self.unsettled |= {job.id for job in left}
            self.unwritten |= {job.id for job in left}

    def get(self, job_id: str, listed: Job | None = None) -> Job | None:
        """Ask for one job; None when there is none.

        Raises SourceError when it can't be read, also without a call after several that nobody
        answered: each takes its whole time, and would take the next one's.
        """
        if self._unanswered >= MOST_UNANSWERED:
            raise NotAskedError
        try:
            job = self.reader.job(job_id, listed)
        except SourceError as error:
            self._unanswered = 0 if error.answered else self._unanswered + 1
            raise
        self._unanswered = 0
        return job

    def get_each(self, job_ids: Iterable[str]) -> tuple[dict[str, Job], set[str]]:
        """Ask for jobs one by one: give those that were seen and those that are not there.

        The others are unsettled: a call failed, or no time is left for it.
        """
        seen: dict[str, Job] = {}
        absent: set[str] = set()
        for job_id in self._in_turn(job_ids):
            try:
                job = self.get(job_id)
            except OutOfTimeError:
                self.unsettled.add(job_id)
                self.out_of_time = True
            except SourceError as error:
                self.unsettled.add(job_id)
                self.failed[job_id] = error
            else:
                if job is None:
                    absent.add(job_id)
                else:
                    seen[job_id] = job
        return seen, absent

    def _in_turn(self, job_ids: Iterable[str]) -> list[str]:
        """Begin at another part each time: where time or patience ends, others come next time."""
        first = int(self.clock().timestamp()) % PARTS
        return sorted(job_ids, key=lambda i: ((part_of(i) - first) % PARTS, i))

    def fingerprint(self, job: ListedJob | Job) -> int:
        """Hash a job's state, with its progress where a stall waits for its end."""
        return fingerprint(self.watch.source, job, progress=self.watch.stalled_after is not None)

    def digest(self, fingerprints: Mapping[str, int], before: bytes) -> bytes:
        """Digest the jobs that need no look until they change, on top of a digest."""
        settled = (each for job_id, each in fingerprints.items() if job_id not in self.unsettled)
        return digest(settled, before)

    def remember_unfinished(self, *, certain: bool = False) -> dict[str, StoredJob]:
        """Read the scope's unfinished jobs, once; `certain` does not believe the checksum."""
        if self.remembered is None:
            expected = None if certain else self._before.unfinished
            self.remembered = self.table.unfinished(self.scope, expected)
            self._migrate(job.id for job in self.remembered.values() if job.outdated)
        return self.remembered

    def _migrate(self, outdated: Iterable[str]) -> None:
        """Store anew, and silently, unfinished jobs that are stored in a layout of before."""
        found = self.table.find(self.scope, {*outdated})
        anew = {i: replace(job, version=job.version + 1) for i, job in found.items()}
        self.table.put_jobs(self.scope, [(job, None) for job in anew.values()], self.deadline)

    def close(self, job_ids: Collection[str]) -> bool:
        """Close unfinished jobs, silently; tell if all of them are."""
        found = self.table.find(self.scope, job_ids)
        writes = [(closed(job, self.rules), None) for job in found.values() if job.is_open]
        done = self.table.put_jobs(self.scope, writes, self.deadline)
        self._closed |= done
        return len(done) == len(writes)

    def stall_parts(self) -> frozenset[int]:
        """Name the parts in which a job may have stalled by now."""
        rules, still_since = self.rules, self.health.still_since
        if rules.stalled_after is None or self._before.unfinished == 0:
            return frozenset()
        if still_since is not None and rules.now - still_since < rules.stalled_after:
            return frozenset()
        remembered = self.remember_unfinished().values()
        return frozenset(part_of(job.id) for job in remembered if is_due_to_stall(job, rules))

    def settle(
        self, health: Health, *, suspects: frozenset[int] = frozenset(), failed: bool | None = None
    ) -> Health:
        """Note in a health what this visit found out about unfinished jobs and get calls.

        `suspects` are parts that must be looked up next time for other reasons; `failed` tells
        whether a get call failed in a whole reading, None where that is not over.
        """
        unfinished = self._checksum()
        settled = replace(
            health,
            unfinished=unfinished,
            still_since=self._still_since(unfinished),
            suspects=suspects | frozenset(map(part_of, self.unsettled)),
        )
        return settled if failed is None else after_gets(settled, self.clock(), failed=failed)

    def unfinished(self) -> set[str]:
        """Name the scope's unfinished jobs as they are stored now, once they were read."""
        return ({*(self.remembered or ())} | self.opened) - self._closed

    def _checksum(self) -> int | None:
        if self.remembered is not None:
            return checksum(self.unfinished())
        if self._before.unfinished is None:
            return None
        return self._before.unfinished ^ checksum(self.opened) ^ checksum(self._closed)

    def _still_since(self, unfinished: int | None) -> datetime | None:
        if not unfinished:
            return None
        if self.remembered is None:
            return self._before.still_since or self.clock()
        left = (job for job in self.remembered.values() if job.id not in self._closed)
        return min((job.moved_at for job in left if not job.stalled), default=self.clock())

    def _complete(
        self,
        seen: Mapping[str, Job],
        stored: Mapping[str, StoredJob],
        rules: Rules,
    ) -> dict[str, Job]:
        """Ask for the jobs that have just ended and of which the list does not tell enough."""
        complete = dict(seen)
        for job in seen.values():
            if not needs_get(self.health, stored.get(job.id), job, rules):
                continue
            try:
                got = self.get(job.id, job)
                if got is not None and is_behind(got, job):
                    self.unsettled.add(job.id)
                complete[job.id] = got or job
            except OutOfTimeError:
                self.unsettled.add(job.id)
                self.out_of_time = True
                if self.health.gets_failed < GET_PATIENCE:
                    del complete[job.id]
            except SourceError as error:
                self.unsettled.add(job.id)
                self.failed[job.id] = error
                if self.health.gets_failed < GET_PATIENCE:
                    del complete[job.id]
        return complete

    def _store(self, changes: Iterable[Change], rules: Rules) -> None:
        told = [replace(c, after=self._with_detail(c, rules)) for c in changes]
        if not told:
            return
        self._doubt(told)
        writes = [(change.after, change.announce) for change in told]
        done = self.table.put_jobs(self.scope, writes, self.deadline)
        for change in told:
            self._note(change, stored=change.after.id in done)

    def _with_detail(self, change: Change, rules: Rules) -> StoredJob:
        """Write the event of a change; one that is silent keeps the last event as it was."""
        if change.announce is None and change.after.detail is not None:
            return change.after
        detail = job_detail(self.scope, self.watch.source, change, rules.now)
        return replace(change.after, detail=write_json(detail))

    def _doubt(self, changes: Iterable[Change]) -> None:
        """Let the next visit doubt what this one is about to store, should it end amid that.

        A job that is new and unfinished is in no digest yet: were it gone by then, nothing would
        differ. And a list that is read down to known jobs may have others behind a new one.
        """
        before, news = self.health, [c for c in changes if not _is_open(c.before)]
        opened = frozenset(part_of(c.after.id) for c in news if _is_open(c.after))
        trusted = before.digest or before.partial or before.cursor
        after = before
        if trusted and opened - before.suspects:
            after = replace(after, suspects=before.suspects | opened, unfinished=None)
        if self.stops_at_known and any(c.before is None for c in news):
            after = replace(after, gap=True)
        if after != before:
            self.health = replace(after, version=before.version + 1)
            self.table.put_health(self.scope, self.health)

    def _note(self, change: Change, *, stored: bool) -> None:
        job_id = change.after.id
        if change.before is None:
            self.new.add(job_id)
        if not stored:
            self.unsettled.add(job_id)
            self.unwritten.add(job_id)
            return
        self.changes += 1
        if change.after.missing:
            self.unsettled.add(job_id)
        before, after = _is_open(change.before), _is_open(change.after)
        if after and not before:
            self.opened.add(job_id)
        if before and not after:
            self._closed.add(job_id)
        if self.remembered is not None and after:
            self.remembered[job_id] = change.after


def _is_open(job: StoredJob | None) -> bool:
    return job is not None and job.is_open
