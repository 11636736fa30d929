"""A list that can be asked for what was created since a time: most readings ask for no more.

A reading of all of the list chooses that time, which stays until the next one, a day later: a bit
before the reading began, or before the eleventh oldest unfinished job was created (the oldest,
where no call reads a job by its id). The up to ten that are older are asked for one by one, as any
unfinished job that a list lacks. While no get call tells of one, all of the list is read to find
it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from lambdas.apis.reader import Page
from lambdas.model import Cursor, Health, ListedJob
from lambdas.poll.newest import FEW
from lambdas.poll.visit import Visit
from lambdas.poll.whole import WholeList, find
from lambdas.times import AWS_BEGAN

MARGIN = timedelta(hours=1)
"""How long a list may take to show a job, and how far the service's clock may be from ours."""
BEFORE = timedelta(minutes=1)
"""How long before a job is created a list is asked for what came after: it is to show that one."""


class CreatedSince(WholeList):
    """The reading of a list since a time, or of all of it."""

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit)
        self._few = FEW if visit.source.get else 0
        self._is_unsure = False

    def _begin(self) -> Cursor:
        cursor = super()._begin()
        if cursor is self._before.cursor:
            return cursor
        since = None if self._is_full() else self._before.listed_since
        return replace(cursor, since=since, oldest=None if since else ())

    def _is_full(self) -> bool:
        return super()._is_full() or self._before.gap

    def _add(self, page: Page) -> None:
        super()._add(page)
        oldest = self._cursor.oldest
        if oldest is not None:
            unfinished = (job for job in page.jobs.values() if not job.terminal)
            created = (self._visit.reader.whole(job).created_at or AWS_BEGAN for job in unfinished)
            oldest = tuple(sorted([*oldest, *created])[: self._few + 1])
            self._cursor = replace(self._cursor, oldest=oldest)

    def _look_for_absent(self) -> None:
        """Look for jobs of which no get call tells in all of the list: they may be older."""
        if self._cursor.since is None:
            super()._look_for_absent()
            return
        visit = self._visit
        sought, absent = {*self._unseen}, set[str]()
        for seen, missed in visit.get_each(self._unseen):
            visit.update(seen)
            visit.suspects |= {i for i, job in seen.items() if not job.terminal}
            sought -= seen.keys()
            absent |= missed
        sought -= visit.left_out
        pages = visit.reader.pages() if sought else ()
        found, left_out, list_ended = find(pages, sought, self._update_found)
        visit.leave(left_out)
        sought -= left_out
        gone = absent - found - left_out if list_ended else set[str]()
        self._is_unsure = not list_ended
        visit.update({}, gone)
        self._unseen &= (sought - found - gone) | visit.unwritten

    def _update_found(self, found: Mapping[str, ListedJob]) -> None:
        self._visit.update_listed(found.values())
        self._visit.suspects |= {i for i, job in found.items() if not job.terminal}

    def _done(self, parts: frozenset[int]) -> Health:
        """Choose the time after a reading of all; the digest of what is older then differs once."""
        after = super()._done(parts)
        since = self._cursor.since or self._next_since()
        return replace(after, listed_since=since, gap=self._is_unsure)

    def _next_since(self) -> datetime | None:
        """Choose the time; None where it is not known, or older jobs take more calls."""
        oldest = self._cursor.oldest
        if oldest is None:
            return None
        beyond_few = [at - BEFORE for at in oldest[self._few :]]
        since = min([self._cursor.began - MARGIN, *beyond_few])
        older = sum(at <= since for at in oldest)
        return since if since >= AWS_BEGAN and self._pages > older else None
