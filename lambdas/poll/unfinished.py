"""A scope's unfinished jobs: as the table has them, and what a visit changes in that."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from lambdas.deadline import Deadline
from lambdas.diff import Rules, closed, is_due_to_stall, reopened
from lambdas.digest import checksum, part_of
from lambdas.model import Change, Health, OutOfTimeError, Scope, StoredJob
from lambdas.poll.sizes import BATCH
from lambdas.store.table import CALL_SECONDS, Table


@dataclass(slots=True)
class Unfinished:
    """The unfinished jobs of one visit's scope; `before` is the health that the visit began with.

    `jobs` are as they are stored now, None where they need not be read; `opened` those that the
    table had not as unfinished.
    """

    table: Table
    scope: Scope
    deadline: Deadline
    before: Health
    jobs: dict[str, StoredJob] | None = None
    opened: set[str] = field(default_factory=set)
    _closed: set[str] = field(default_factory=set)

    def read(self, *, certain: bool = False) -> dict[str, StoredJob]:
        """Read them, once; `certain` does not believe the health's checksum."""
        if self.jobs is None:
            expected = None if certain else self.before.unfinished_checksum
            self.jobs = self.table.unfinished(self.scope, expected, self.deadline)
            self._migrate(job.id for job in self.jobs.values() if job.outdated)
        return self.jobs

    def ids(self) -> set[str]:
        """Name them as they are stored now, once they were read."""
        return ({*(self.jobs or ())} | self.opened) - self._closed

    def note(self, change: Change) -> None:
        """Note a change that was stored."""
        job_id, after = change.after.id, change.after
        was_open = change.before is not None and change.before.is_open
        if after.is_open and not was_open:
            self.opened.add(job_id)
        if was_open and not after.is_open:
            self._closed.add(job_id)
        if self.jobs is not None and after.is_open:
            self.jobs[job_id] = replace(after, detail=None)  # as they are read, for memory's sake

    def close(self, job_ids: Collection[str], rules: Rules) -> bool:
        """Close some of them, silently; tell if all of these are closed."""
        is_all = True
        for found in self._find(job_ids):
            writes = [(closed(job, rules), None) for job in found if job.is_open]
            done = self.table.put_jobs(self.scope, writes, self.deadline)
            self._closed |= done
            is_all &= len(done) == len(writes)
        return is_all

    def reopen(self, rules: Rules) -> bool:
        """Follow again, silently, what was closed and is not forgotten; tell if all of that is."""
        is_all = True
        for found in self._find(self.table.closed(self.scope, self.deadline)):
            kept = (job for job in found if job.expires_at and job.expires_at > rules.now)
            writes = [(reopened(job), None) for job in kept if not job.terminal]
            done = self.table.put_jobs(self.scope, writes, self.deadline)
            self.opened |= done
            is_all &= len(done) == len(writes)
        return is_all

    def stall_parts(self, rules: Rules) -> frozenset[int]:
        """Name the parts in which a job may have stalled by now."""
        if rules.stalled_after is None or self.before.unfinished_checksum == 0:
            return frozenset()
        if not self._may_have_stalled(rules):
            return frozenset()
        due = (job.id for job in self.read().values() if is_due_to_stall(job, rules))
        return frozenset(map(part_of, due))

    def noted_in(self, health: Health, rules: Rules) -> Health:
        """Note in a health which jobs are unfinished, and since when one may not have moved."""
        unfinished = self._checksum()
        still_since = self._still_since(rules) if unfinished else None
        return replace(health, unfinished_checksum=unfinished, still_since=still_since)

    def _checksum(self) -> int | None:
        if self.jobs is not None:
            return checksum(self.ids())
        if self.before.unfinished_checksum is None:
            return None
        return self.before.unfinished_checksum ^ checksum(self.opened) ^ checksum(self._closed)

    def _still_since(self, rules: Rules) -> datetime:
        """Give a time before which no job that has not stalled moved, the same as long as it may.

        It is kept in whole seconds. Where all have stalled, none stalls before it moved.
        """
        before = self.before.still_since
        if self.jobs is None:
            return before or rules.now
        left = (job for job in self.jobs.values() if job.id not in self._closed)
        moved = min((job.moved_at for job in left if not job.stalled), default=None)
        if moved is not None:
            return moved.replace(microsecond=0)
        return rules.now if before is None or self._may_have_stalled(rules) else before

    def _may_have_stalled(self, rules: Rules) -> bool:
        """Tell whether it is so long ago that a job that does not move may have stalled by now."""
        since = self.before.still_since
        if rules.stalled_after is None:
            return False
        return since is None or rules.now - since >= rules.stalled_after

    def _migrate(self, outdated: Iterable[str]) -> None:
        """Store anew, and silently, jobs that are stored in a layout of before."""
        for found in self._find({*outdated}):
            anew = [(replace(job, version=job.version + 1), None) for job in found]
            self.table.put_jobs(self.scope, anew, self.deadline)

    def _find(self, job_ids: Collection[str]) -> Iterator[Collection[StoredJob]]:
        """Look jobs up with their events, a batch at a time, for memory's sake.

        :raises OutOfTimeError: when no time is left for all of them.
        """
        left = sorted(job_ids)
        for start in range(0, len(left), BATCH):
            if start and not self.deadline.allows(CALL_SECONDS):
                raise OutOfTimeError
            some = left[start : start + BATCH]
            yield self.table.find(self.scope, some, self.deadline).values()
