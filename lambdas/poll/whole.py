"""A list that is read to its end: what differs from the digest is looked up.

A list that is too long for one invocation is read in several. The first reading only compares;
where something differs, a second one looks up the jobs of those parts. The first read of all, and
one a day, look up every job.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from lambdas.apis.reader import Page
from lambdas.digest import ALL, NOTHING, differing, merge, part_of
from lambdas.health import (
    ENDLESS,
    after_failure,
    after_piece,
    after_read,
    is_full_read_due,
    is_overlong,
)
from lambdas.model import Cursor, Health, ListedJob, OutOfTimeError, SourceError
from lambdas.poll.cursors import carrying, kept, resumed
from lambdas.poll.sizes import BATCH, size_of
from lambdas.poll.visit import Visit

MOST_COMPARED = 20_000
"""Jobs that one invocation keeps until it knows which of them differ, for memory's sake."""
MOST_BYTES = 100_000_000
"""Bytes that the answers of those jobs may take: a fifth of the memory that poll has."""


class WholeList:
    """The reading of a scope's list: `read` gives the scope's health after it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._before = visit.health
        self._began = visit.clock()
        self._cursor = self._begin()
        visit.list_ends = False
        self._token, self._pages = self._cursor.token, self._cursor.pages
        self._listed: dict[str, ListedJob] = {}
        self._bytes = 0
        self._fingerprints: dict[str, int] = {}
        self._unseen = set(self._cursor.unseen)
        self._excluded: set[str] = set()
        self._page: Collection[str] = ()
        self._found: set[str] = set()

    def read(self) -> tuple[Health, SourceError | None]:
        """Read on, as far as there is time; give the health after it, and what went wrong."""
        try:
            ended = self._read_pages()
        except SourceError as error:
            return self._failed(error), error
        return self._finish() if ended else self._stop(), None

    def _begin(self) -> Cursor:
        """Go on where the last invocation stopped, unless it was stopped amid its writes."""
        if self._before.reopens and not is_overlong(self._before, self._began):
            visit = self._visit
            reopened = visit.unfinished.reopen(visit.reader.leaves_out, visit.rules)
            self._visit.health = replace(self._visit.health, reopens=not reopened)
        elif cursor := resumed(self._before):
            return cursor
        if self._before.unfinished_checksum is None:
            self._visit.unfinished.read()  # else the cursor of this reading would not count
        examined = ALL if self._is_full() else None
        unseen = self._unfinished_in(ALL) if examined else frozenset[str]()
        return Cursor(self._began, None, NOTHING, examined, unseen)

    def _is_full(self) -> bool:
        """Tell whether nothing is to be taken for granted."""
        before = self._before
        return before.digest is None or is_full_read_due(before, self._began, self._visit.retention)

    def _read_pages(self) -> bool:
        """Read pages until the list ends, or time or memory does: False."""
        try:
            cursor = self._cursor
            for page in self._visit.reader.pages(self._token, cursor.since, began=cursor.began):
                self._page = page.jobs.keys()
                self._add(page)
                if self._visit.starves:
                    self._give_back()
                    return False
                if self._is_end(page):
                    return True
                self._token, self._pages = page.token, self._pages + 1
                if self._is_enough():
                    return False
        except OutOfTimeError:
            return False
        return True

    def _is_end(self, page: Page) -> bool:
        return page.token is None

    def _is_enough(self) -> bool:
        """Tell whether to look up what is kept; after a failure, time for a get is left.

        Not so in a list that went in circles: that it still does takes many pages to see.
        """
        visit = self._visit
        if len(self._listed) + len(visit.undecided) >= MOST_COMPARED or self._bytes >= MOST_BYTES:
            return True
        source = visit.source
        # Of undecided jobs of which the list tells no age, none is asked for until it failed.
        waits = bool(visit.undecided) and source.list_tells_age
        may_ask = source.get_completes and (self._cursor.examined is None or waits)
        failed = self._before.failures > 0 and self._before.failed_at != ENDLESS
        return may_ask and failed and not visit.reader.has_time_for(2)

    def _give_back(self) -> None:
        """Let the list go on with the page that was read last, of which a job had no time.

        Pages are read while there is time for a call. So where the list goes on behind the job, it
        might have no time ever.
        """
        visit, there = self._visit, {*self._page}
        for job_id in there:
            self._fingerprints.pop(job_id, None)
            visit.undecided.pop(job_id, None)
        self._unseen |= self._found | (visit.unfinished.opened & there)
        visit.suspects -= there
        visit.unwritten -= there

    def _add(self, page: Page) -> None:
        self._listed.update(page.jobs)
        self._bytes += size_of(page.jobs.values())
        self._found = self._unseen & page.jobs.keys()
        self._unseen -= self._found
        self._visit.left_out |= {*page.left_out}
        self._leave_out()
        self._fingerprints |= {i: self._visit.fingerprint(job) for i, job in page.jobs.items()}
        self._visit.jobs += len(page.jobs)
        if self._cursor.examined is not None and self._is_batch():
            self._examine(self._cursor.examined, over=False)

    def _leave_out(self) -> None:
        """Note which of the unseen jobs were listed and are left out: they are not gone."""
        self._excluded |= self._unseen & self._visit.left_out
        self._unseen -= self._visit.left_out

    def _is_batch(self) -> bool:
        is_much = len(self._listed) >= BATCH or self._bytes >= MOST_BYTES
        return is_much or self._visit.source.get_completes

    def _examine(self, parts: Collection[int], *, over: bool = True) -> None:
        """Look up the listed jobs of these parts, and let go of all.

        Unless this reading is `over`, those on which its end decides wait for it.
        """
        visit = self._visit
        listed, visit.undecided = visit.undecided | self._listed, {}
        some = (job for job in listed.values() if part_of(job.id) in parts)
        visit.update_listed(some, over=over)
        self._listed = {}
        self._bytes = size_of(visit.undecided.values())

    def _digest(self) -> bytes:
        return self._visit.digest(self._fingerprints, self._cursor.digest)

    def _finish(self) -> Health:
        """Deal with a list that was read to its end."""
        self._visit.list_ends = True
        parts = self._cursor.examined
        if parts is None:
            parts = self._differing(self._digest())
            if not parts:
                return self._done(parts)
            if self._cursor.token is not None or not self._visit.reader.has_time_for(1):
                return self._once_more(parts)
            self._unseen = {*self._unfinished_in(parts)} - self._fingerprints.keys()
            self._leave_out()
        self._examine(parts)
        self._visit.leave(self._excluded)
        self._look_for_absent()
        if not self._visit.starves:
            return self._done(parts)
        if self._cursor.examined is None:
            return self._once_more(parts)
        self._give_back()
        return self._stop()

    def _differing(self, total: bytes) -> frozenset[int]:
        """Name the parts of which the digest does not vouch."""
        changed = differing(self._before.digest or NOTHING, total)
        return changed | self._before.suspect_parts | self._visit.due_parts()

    def _unfinished_in(self, parts: Collection[int]) -> frozenset[str]:
        unfinished = self._visit.unfinished.read()
        return frozenset(job_id for job_id in unfinished if part_of(job_id) in parts)

    def _look_for_absent(self) -> None:
        """Ask for the unfinished jobs that the list lacks: it may be behind."""
        visit = self._visit
        for seen, absent in visit.get_each(self._unseen):
            visit.update(seen, absent)
            self._unseen -= (seen.keys() | absent) - visit.unwritten
            visit.suspects |= {job.id for job in seen.values() if not job.terminal}

    def _done(self, parts: frozenset[int]) -> Health:
        """Give the health after a complete list, of which these parts were looked up."""
        visit = self._visit
        after = replace(
            self._vouched(after_read(visit.health), parts),
            cursor=None,
            read_at=self._read_at(parts == ALL and self._is_full() and self._cursor.since is None),
        )
        gets_failed = self._cursor.gets_failed or bool(visit.gets.errors)
        return visit.noted_in(
            after, suspect_parts=self._cursor.unchecked_parts, gets_failed=gets_failed
        )

    def _vouched(self, health: Health, parts: frozenset[int]) -> Health:
        """Note of which jobs the next reading need not look anything up until they change."""
        before, total = self._before.digest or NOTHING, self._digest()
        changed_since = differing(before, total) - parts
        return replace(health, digest=merge(total, before, changed_since))

    def _read_at(self, full: bool) -> datetime | None:
        if not full or self._cursor.unwritten or self._visit.unwritten:
            return self._before.read_at
        # A job that came while the list was read may not be in it: only its beginning is certain.
        return self._cursor.began

    def _once_more(self, parts: frozenset[int]) -> Health:
        """Begin another reading, which looks up what differs in a list that took all the time."""
        pages = self._pages + 1
        self._token, self._pages = None, 0
        began, since = self._cursor.began, self._cursor.since
        self._cursor = Cursor(began, None, NOTHING, parts, since=since)
        self._fingerprints, self._listed = {}, {}
        self._unseen = {*self._unfinished_in(parts)}
        return after_piece(self._carry_on(), pages)

    def _stop(self) -> Health:
        """Remember where the list goes on."""
        partial = self._before.partial
        if self._cursor.examined is not None:
            # What has stalled is told by each piece: a list may be long in every reading of it.
            self._visit.list_ends = self._before.read_at is not None
            self._examine(self._cursor.examined)
        elif self._before.failures:  # it may fail again before its end
            partial = self._examine_seen()
        self._visit.leave(self._excluded)
        stopped = self._carry_on(frozenset(map(part_of, self._visit.suspects)))
        return replace(after_piece(stopped, self._pages), partial=partial)

    def _carry_on(self, suspect_parts: frozenset[int] = frozenset()) -> Health:
        visit, cursor = self._visit, self._cursor
        after = replace(
            cursor,
            token=self._token,
            pages=self._pages,
            digest=self._digest(),
            unchecked_parts=cursor.unchecked_parts | suspect_parts,
            gets_failed=cursor.gets_failed or bool(visit.gets.errors),
            unwritten=cursor.unwritten or bool(visit.unwritten),
        )
        stopped = replace(visit.health, cursor=carrying(after, self._unseen, self._began))
        return visit.noted_in(stopped, suspect_parts=self._suspect_parts())

    def _failed(self, error: SourceError) -> Health:
        """Store what was surely seen of a list that then failed."""
        visit, before = self._visit, self._before
        visit.list_ends, visit.list_failed = False, True
        pages = ENDLESS if error.endless else self._pages
        partial = self._examine_seen()
        failed = after_failure(visit.health, self._began, pages)
        cursor = kept(before, error, any_page=bool(self._fingerprints))
        if cursor is not None:
            unchecked_parts = frozenset(map(part_of, visit.stored | visit.suspects))
            cursor = replace(cursor, unchecked_parts=cursor.unchecked_parts | unchecked_parts)
        after = replace(failed, partial=partial, cursor=cursor)
        # A get that fails for good counts here, too, or what waits for it would wait for ever.
        gets_failed = True if visit.gets.errors else None
        return visit.noted_in(after, suspect_parts=self._suspect_parts(), gets_failed=gets_failed)

    def _suspect_parts(self) -> frozenset[int]:
        """Name the parts to look up once the list has come to its end.

        A job that changed here and is as it was before by then, or is gone and was new, is in no
        digest that would differ.
        """
        return self._before.suspect_parts | frozenset(map(part_of, self._visit.stored))

    def _examine_seen(self) -> bytes:
        """Look up what the end of the list is not needed for; give the digest of what was seen."""
        self._examine(differing(self._before.partial or NOTHING, self._digest_of_seen()))
        return self._digest_of_seen()

    def _digest_of_seen(self) -> bytes:
        return self._visit.digest(self._fingerprints, NOTHING)


class Found(NamedTuple):
    """The ids of jobs that were sought on pages of a list, and those that the watch leaves out.

    `ended` tells that none can be on a page that was not read.
    """

    ids: set[str]
    left_out: set[str]
    ended: bool


def find(
    pages: Iterable[Page],
    sought: Collection[str],
    update: Callable[[Mapping[str, ListedJob]], None],
) -> Found:
    """Find jobs on pages of a list, and `update` those of each page."""
    found: set[str] = set()
    left_out: set[str] = set()
    try:
        for page in pages:
            here = {i: job for i, job in page.jobs.items() if i in sought}
            found |= here.keys()
            left_out |= {i for i in page.left_out if i in sought}
            update(here)
            if len(found | left_out) == len(sought):
                break
    except (OutOfTimeError, SourceError):
        return Found(found, left_out, ended=False)
    return Found(found, left_out, ended=True)
