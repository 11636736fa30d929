"""The visit of one leaf scope: gather what is remembered and what is there, decide, store.

How the jobs are read differs (`whole`, `newest`, `since`, `by_id`); what is done about them does
not, and stands here in `update` and `update_listed`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lambdas.apis.reader import Reader
from lambdas.deadline import Clock, Deadline
from lambdas.diff import (
    Rules,
    awaits_end,
    diff,
    is_behind,
    may_be_younger,
    needs_get,
    resolving,
)
from lambdas.digest import digest, part_of, short
from lambdas.health import GET_PATIENCE, after_gets, after_reading, after_waiting
from lambdas.history import stepped
from lambdas.model import Change, Health, Job, ListedJob, OutOfTimeError, Scope, StoredJob
from lambdas.plan import Source, Watch
from lambdas.poll.event import job_detail, with_creation
from lambdas.poll.fingerprints import fingerprint
from lambdas.poll.gets import Gets
from lambdas.poll.sizes import BATCH
from lambdas.poll.unfinished import Unfinished
from lambdas.runs import success_of
from lambdas.store.table import CALL_SECONDS, Table
from lambdas.text import write_json

ASKED = 100
"""Jobs that were asked for one by one and are looked up at a time: as many as one call finds."""
WRITTEN = 100
"""Events that are made before the clock is looked at: of long texts, one takes a while."""


@dataclass(slots=True)
class Visit:
    """A visit's tools, and what it has found out so far.

    `health` is what the table holds of the scope now, `console` the host of its region's console,
    None where none is known. `suspects` are the jobs that must be looked
    up next time whatever the list says, `unwritten` those of them that could not be stored;
    `stored` the jobs whose changes were, `new` those that the table did not know, or only an older
    job of that id. `stops_at_known` tells that the list is read down to known jobs; `list_ends` is
    false while it is not known if it comes to its end, `list_failed` true once it did not, and
    `undecided` are the listed jobs that wait for that. `left_out` are those that were seen and
    that the watch leaves out. `succeeded_at` is when the last of the jobs succeeded that were
    looked up, as far as that is known.
    """

    scope: Scope
    watch: Watch
    source: Source
    health: Health
    table: Table
    reader: Reader
    clock: Clock
    deadline: Deadline
    retention: timedelta
    console: str | None
    gets: Gets = field(init=False)
    unfinished: Unfinished = field(init=False)
    new: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    suspects: set[str] = field(default_factory=set)
    unwritten: set[str] = field(default_factory=set)
    list_ends: bool = True
    list_failed: bool = False
    undecided: dict[str, ListedJob] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    stops_at_known: bool = False
    jobs: int = 0
    succeeded_at: datetime | None = None
    _get_asked: set[str] = field(default_factory=set)
    _get_unread: set[str] = field(default_factory=set)
    _never_read: set[str] = field(default_factory=set)
    _out_of_time: bool = False

    def __post_init__(self) -> None:
        self.succeeded_at = self.health.succeeded_at
        self.gets = Gets(self.reader, self.clock)
        self.unfinished = Unfinished(self.table, self.scope, self.deadline, self.health, self.clock)

    @property
    def rules(self) -> Rules:
        """What decisions about the watch's jobs depend on, now."""
        source, watch = self.source, self.watch
        return Rules(
            now=self.clock(),
            retention=self.retention,
            stalled_after=_seconds(watch.stalled_after),
            max_duration=_seconds(watch.max_duration),
            get_completes=source.get_completes,
            list_tells_age=source.list_tells_age,
            tells_progress=source.list_tells_progress or watch.jobs is not None,
            list_tells_status=source.list_tells_status,
            list_ends=self.list_ends,
            list_failed=self.list_failed,
        )

    @property
    def starves(self) -> bool:
        """Whether a job had no time for its own call or write, though such calls are answered."""
        return (self._out_of_time or self.gets.out_of_time) and not self.gets.errors

    def update(self, seen: Mapping[str, Job], absent: Collection[str] = ()) -> None:
        """Gather what is remembered of these jobs, decide what changed, and store that.

        `seen` are as the get operation answered, `absent` the ids that neither that nor the list
        knows. It is done a batch at a time; those for which no time is left are suspects.
        """
        left = self.gets.in_turn([*seen, *absent])
        while left and (stored := self._find(left[:ASKED])) is not None:
            some, left, rules = left[:ASKED], left[ASKED:], self.rules
            there = [seen[i] for i in some if i in seen]
            changes = diff(self.health, stored, there, {*some} - seen.keys(), rules)
            self._note_successes(there, stored, changes, rules)
            self._store(changes, rules)
        self._put_off(left)

    def update_listed(self, jobs: Iterable[ListedJob], *, over: bool = True) -> None:
        """Update listed jobs, a batch at a time; those for which no time is left are suspects.

        Unless the reading is `over`, those on which its end decides are left `undecided`.
        """
        left = list(jobs)
        while left and (stored := self._find([job.id for job in left[:BATCH]])) is not None:
            some, left, rules = left[:BATCH], left[BATCH:], self.rules
            listed = {job.id: self.reader.whole(job) for job in some}
            if not over:
                waits = {
                    i
                    for i, job in listed.items()
                    if awaits_end(self.health, stored.get(i), job, rules)
                }
                self.undecided |= {job.id: job for job in some if job.id in waits}
                listed = {i: job for i, job in listed.items() if i not in waits}
            for seen in self._with_gets(listed, stored, rules):
                changes = diff(self.health, stored, seen.values(), (), rules)
                self._note_successes(seen.values(), stored, changes, rules)
                self._store(changes, rules)
        self._put_off([job.id for job in left])

    def _note_successes(
        self,
        seen: Iterable[Job],
        stored: Mapping[str, StoredJob],
        changes: Iterable[Change],
        rules: Rules,
    ) -> None:
        """Note when the last of these jobs succeeded, also of those that were stored before.

        A poll may be stopped between the write of a job and that of the health: then the next one
        looks it up again.
        """
        changed = {change.after.id: change for change in changes}
        for job in seen:
            at = success_of(job, stored.get(job.id), changed.get(job.id), rules.now)
            if at is not None:
                self.succeeded_at = max(at, self.succeeded_at or at)

    def _find(self, job_ids: Collection[str]) -> dict[str, StoredJob] | None:
        """Look up a batch; None where no time is left to do so, and to mark the health then."""
        deadline = self.deadline.earlier(CALL_SECONDS)
        if not deadline.allows(CALL_SECONDS):
            return None
        try:
            return self.table.find(self.scope, job_ids, deadline)
        except OutOfTimeError:
            return None

    def _put_off(self, job_ids: Collection[str]) -> None:
        self._out_of_time |= bool(job_ids)
        self.suspects |= {*job_ids}
        self.unwritten |= {*job_ids}

    def get_each(self, job_ids: Iterable[str]) -> Iterator[tuple[dict[str, Job], set[str]]]:
        """Ask for jobs one by one: give, in pieces, those that were seen and that are not there.

        The others are suspects, but those that the watch leaves out by now.
        """
        for seen, absent, unread in self.gets.get_each(job_ids):
            self.suspects |= unread
            left_out = {i for i, job in seen.items() if self.reader.leaves_out(job)}
            self.left_out |= left_out
            self.leave(left_out)
            yield {i: job for i, job in seen.items() if i not in left_out}, absent

    def leave(self, job_ids: Collection[str]) -> None:
        """Close, silently, those of the unfinished jobs that the watch leaves out by now."""
        try:
            done = not job_ids or self.unfinished.close(job_ids, self.rules)
        except OutOfTimeError:
            done = False
        self.suspects |= set() if done else {*job_ids}

    def fingerprint(self, job: ListedJob | Job) -> int:
        """Hash a job's state, with its progress where a stall waits for its end."""
        return fingerprint(self.source, job, progress=self.watch.stalled_after is not None)

    def digest(self, fingerprints: Mapping[str, int], before: bytes) -> bytes:
        """Digest the jobs that need no look until they change, on top of a digest."""
        sure = (each for job_id, each in fingerprints.items() if job_id not in self.suspects)
        return digest(sure, before)

    def due_parts(self) -> frozenset[int]:
        """Name the parts in which a job may have stalled by now, or run for too long."""
        return self.unfinished.due_parts(self.rules)

    def noted_in(
        self,
        health: Health,
        *,
        suspect_parts: frozenset[int] = frozenset(),
        gets_failed: bool | None = None,
    ) -> Health:
        """Note in a health what this visit found out about unfinished jobs and get calls.

        `suspect_parts` are those that must be looked up next time for other reasons; `gets_failed`
        tells whether a get call did in a whole reading, None where that is not over.
        """
        now = self.clock()
        noted = replace(
            self.unfinished.noted_in(health, self.rules),
            suspect_parts=suspect_parts | frozenset(map(part_of, self.suspects)),
            succeeded_at=self.succeeded_at,
        )
        noted = after_waiting(noted, self._get_asked, self._get_unread - self.stored)
        answered = self._get_asked - self._get_unread - self.unwritten
        noted = after_reading(noted, answered | self.stored, self._never_read)
        return noted if gets_failed is None else after_gets(noted, now, failed=gets_failed)

    def _with_gets(
        self, listed: Mapping[str, Job], stored: Mapping[str, StoredJob], rules: Rules
    ) -> Iterator[Mapping[str, Job]]:
        """Ask for the jobs that have just ended and of which the list does not tell enough.

        What is known of all is given in pieces. One that could not be read is left out, to wait for
        another poll, or in the end is as the list has it. Where a list tells no status, those that
        have not ended are asked for, and nothing is known of the others.
        """
        ended = [
            i for i, job in listed.items() if needs_get(self.health, stored.get(i), job, rules)
        ]
        tells_status = rules.list_tells_status
        read, unread = set[str](), set[str]()
        for seen, _, missed in self.gets.get_each(ended, listed):
            read |= seen.keys()
            unread |= missed
            self.suspects |= {
                i
                for i, job in seen.items()
                if (is_behind(job, listed[i]) if tells_status else not job.terminal)
            }
            yield seen
        # One for which there was no time is neither answered nor in vain.
        self._get_asked |= {*ended} if self.gets.errors else {*ended} - unread
        self._get_unread |= unread if self.gets.errors else set()
        waits = self.health.waits
        waiting = {i for i in unread if waits.get(short(i), 0) < GET_PATIENCE}
        if self.health.read_at is None:  # what is not remembered would look new after that
            self.unwritten |= waiting - stored.keys()
        if not tells_status:
            self.suspects |= {*ended} - read
            if self.health.read_at is None:
                self._never_read |= unread - waiting - stored.keys()
            return
        self.suspects |= unread
        yield {i: job for i, job in listed.items() if i not in read and i not in waiting}

    def _store(self, changes: Iterable[Change], rules: Rules) -> None:
        left = list(changes)
        may_be_stored = not left or self._invalidate(left)
        while left:
            some, left = left[:WRITTEN], left[WRITTEN:]
            done = set[str]()
            if may_be_stored and self.deadline.allows(CALL_SECONDS):
                detailed = [replace(c, after=self._with_detail(resolving(c), rules)) for c in some]
                writes = [(change.after, change.announce) for change in detailed]
                done = self.table.put_jobs(self.scope, writes, self.deadline)
            for change in some:
                self._note(change, stored=change.after.id in done)

    def _with_detail(self, change: Change, rules: Rules) -> StoredJob:
        """Write the event and the step of a change; a silent one keeps the last event as it was.

        But for when the job was created, where that is told only now.
        """
        after = replace(change.after, history=stepped(change, rules.now))
        if change.announce is None and after.detail is not None:
            was_known = change.before is None or change.before.created_at is not None
            if was_known or after.created_at is None:
                return after
            return replace(after, detail=with_creation(after.detail, after.created_at))
        detail = job_detail(self.scope, self.source, change, rules.now, self.console)
        return replace(after, detail=write_json(detail))

    def _invalidate(self, changes: Sequence[Change]) -> bool:
        """Let the next visit look up what this one is about to store, should it end amid that.

        Tell if that is so: where another turn was at this scope meanwhile, the answers that this
        one had may be older, and nothing of it is stored. Who takes back an end makes sure of it.

        By then an unfinished job may be gone that was new, or be again as it was before: it would
        not differ from the digest. Jobs that are asked for by id have none: of those the table is
        to be asked which are unfinished. And a list that is read down to known jobs may have others
        behind a new one, and one that is read down to its boundary behind that, where its id was
        used again.
        """
        before = after = self.health
        unsure = frozenset(part_of(c.after.id) for c in changes if _may_be_undone(c))
        recounted = (
            before.by_id and before.unfinished_checksum is not None and any(map(_moves, changes))
        )
        digested = before.digest or before.partial or before.cursor
        if recounted or (digested and unsure - before.suspect_parts):
            after = replace(
                after, suspect_parts=before.suspect_parts | unsure, unfinished_checksum=None
            )
        younger = {c.after.id for c in changes if may_be_younger(c.before, c.after)}
        if before.boundary in younger or (self.stops_at_known and younger):
            after = replace(after, gap=True)
        if after == before and not any(map(_takes_back, changes)):
            return not self._was_overtaken(changes)
        after = replace(after, version=before.version + 1)
        if not self.table.put_health(self.scope, after):
            return False
        self.health = after
        return True

    def _was_overtaken(self, changes: Iterable[Change]) -> bool:
        """Tell whether another turn was at this scope, while this one would begin it quietly.

        That may have read all of it: then what this one found since is news.
        """
        if self.health.read_at is not None or not any(map(_begins_quietly, changes)):
            return False
        if not self.deadline.allows(2 * CALL_SECONDS):  # it is to be written, too
            return True
        return self.table.read_health(self.scope).version != self.health.version

    def _note(self, change: Change, *, stored: bool) -> None:
        job_id = change.after.id
        if may_be_younger(change.before, change.after):
            self.new.add(job_id)
        if not stored:
            self.suspects.add(job_id)
            self.unwritten.add(job_id)
            return
        self.stored.add(job_id)
        if change.after.missing:
            self.suspects.add(job_id)
        self.unfinished.note(change)


def _seconds(duration: int | None) -> timedelta | None:
    return timedelta(seconds=duration) if duration else None


def _was_open(change: Change) -> bool:
    return change.before is not None and change.before.is_open


def _moves(change: Change) -> bool:
    """Tell whether a job comes to the unfinished ones, or leaves them."""
    return _was_open(change) != change.after.is_open


def _begins_quietly(change: Change) -> bool:
    """Tell whether a job that nobody remembers is to be remembered without an event."""
    return change.before is None and change.announce is None


def _takes_back(change: Change) -> bool:
    """Tell whether a job is told to be otherwise than it ended."""
    return change.before is not None and change.before.terminal and change.announce is not None


def _may_be_undone(change: Change) -> bool:
    """Tell whether a job that is unfinished now was not so before, or not in this way."""
    differs = _moves(change) or change.after.missing or change.announce is not None
    return differs and change.after.is_open
