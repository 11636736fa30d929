"""A scope's unfinished jobs: as the table has them, and what a visit changes in that."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from lambdas.deadline import Clock, Deadline
from lambdas.diff import Rules, closed, is_due_to_stall, is_overrunning, reopened
from lambdas.digest import checksum, part_of
from lambdas.health import after_overlong, is_overlong
from lambdas.model import Change, Health, OutOfTimeError, Scope, StoredJob
from lambdas.poll.sizes import BATCH
from lambdas.store.table import CALL_SECONDS, Table

OVERLONG_AFTER = 150
"""Seconds, half of an invocation: who had less cannot tell that there is never time enough."""


@dataclass(slots=True)
class Unfinished:
    """The unfinished jobs of one visit's scope; `before` is the health that the visit began with.

    `jobs` are as they are stored now, None where they need not be read; `opened` those that the
    table had not as unfinished. `_created` is when those were created that may yet overrun: of all,
    where `_is_age_known`, else of those that were stored in this visit.
    """

    table: Table
    scope: Scope
    deadline: Deadline
    before: Health
    clock: Clock
    jobs: dict[str, StoredJob] | None = None
    opened: set[str] = field(default_factory=set)
    _closed: set[str] = field(default_factory=set)
    _created: dict[str, datetime] = field(default_factory=dict)
    _is_age_known: bool = False

    def read(self) -> dict[str, StoredJob]:
        """Read them, once.

        :raises OutOfTimeError: when no time is left for all of them.
        """
        if self.jobs is None:
            expected, whole = self.before.unfinished_checksum, not self._is_overlong()
            with self._noting_overlong() as deadline:
                self.jobs = self.table.unfinished(self.scope, expected, deadline, whole=whole)
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
            # As they are read, for memory's sake.
            self.jobs[job_id] = replace(after, detail=None, history=None)
        self._note_age(after)

    def _note_age(self, job: StoredJob) -> None:
        self._created.pop(job.id, None)
        if job.is_open and not job.overrun and job.created_at is not None:
            self._created[job.id] = job.created_at

    def close(self, job_ids: Collection[str], rules: Rules) -> bool:
        """Close some of them, silently; tell if all of these are closed."""
        is_all = True
        for found in self._find(job_ids):
            writes = [(closed(job, rules), None) for job in found if job.is_open]
            done = self.table.put_jobs(self.scope, writes, self.deadline)
            self._closed |= done
            is_all &= len(done) == len(writes)
        if self.jobs is not None:
            self.jobs = {i: job for i, job in self.jobs.items() if i not in self._closed}
        return is_all

    def close_some(self, leaves_out: Callable[[StoredJob], bool], rules: Rules) -> bool:
        """Close, silently, those that a watch leaves out by now; tell if all of them are."""
        chosen = set[str]()
        for found in self._find(self.read()):
            chosen |= {job.id for job in found if leaves_out(job)}
        return self.close(chosen, rules)

    def reopen(self, leaves_out: Callable[[StoredJob], bool], rules: Rules) -> bool:
        """Follow again, silently, what was closed and is not forgotten; tell if all of that is.

        But not what the watch leaves out.

        :raises OutOfTimeError: when no time is left for all of it.
        """
        with self._noting_overlong() as deadline:
            all_closed = self.table.closed(self.scope, deadline)
        is_all = True
        for found in self._find(all_closed):
            kept = (job for job in found if job.expires_at and job.expires_at > rules.now)
            wanted = (job for job in kept if not job.terminal and not leaves_out(job))
            writes = [(reopened(job), None) for job in wanted]
            done = self.table.put_jobs(self.scope, writes, self.deadline)
            self.opened |= done
            for job, _ in writes:
                self._note_age(job)
            is_all &= len(done) == len(writes)
        return is_all

    def due_parts(self, rules: Rules) -> frozenset[int]:
        """Name the parts in which a job may have stalled by now, or run for too long."""
        if self.before.unfinished_checksum == 0:
            return frozenset()
        return self._stalled_parts(rules) | self._overrunning_parts(rules)

    def _stalled_parts(self, rules: Rules) -> frozenset[int]:
        if not self._may_have_stalled(rules):
            return frozenset()
        due = (job.id for job in self.read().values() if is_due_to_stall(job, rules))
        return frozenset(map(part_of, due))

    def _overrunning_parts(self, rules: Rules) -> frozenset[int]:
        oldest = self.before.oldest_created
        if rules.max_duration is None:
            return frozenset()
        if oldest is not None and rules.now - oldest < rules.max_duration:
            return frozenset()
        return frozenset(map(part_of, self._look_up_ages(rules)))

    def _look_up_ages(self, rules: Rules) -> set[str]:
        """Learn when all of them were created, which the index does not have; name those due."""
        due = set[str]()
        for found in self._find(self.read()):
            due |= {job.id for job in found if is_overrunning(job, rules)}
            for job in found:
                self._note_age(job)
        self._is_age_known = True
        return due

    def noted_in(self, health: Health, rules: Rules) -> Health:
        """Note in a health which jobs are unfinished, and what bounds when one of them is due."""
        unfinished = self._checksum()
        return replace(
            health,
            unfinished_checksum=unfinished,
            still_since=self._still_since(rules) if unfinished else None,
            oldest_created=self._oldest_created(rules) if unfinished else None,
        )

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

    def _oldest_created(self, rules: Rules) -> datetime | None:
        before = rules.now if self.before.unfinished_checksum == 0 else self.before.oldest_created
        bound = rules.now if self._is_age_known else before
        if rules.max_duration is None or bound is None:
            return None
        left = (at for job_id, at in self._created.items() if job_id not in self._closed)
        return min([bound, *left]).replace(microsecond=0)

    def _is_overlong(self) -> bool:
        return is_overlong(self.before, self.clock())

    @contextmanager
    def _noting_overlong(self) -> Iterator[Deadline]:
        """Note that there was no time for all that the table has of the scope, until a deadline.

        The next turns would try it in vain, each at its full price. At the end of a turn, it says
        nothing of how much there is: the next turn begins with this scope.
        """
        is_telling = self.deadline.allows(OVERLONG_AFTER)
        try:
            yield self.deadline.earlier(CALL_SECONDS)
        except OutOfTimeError:
            if is_telling and not self._is_overlong():
                self.table.put_health(self.scope, after_overlong(self.before, self.clock()))
            raise

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
