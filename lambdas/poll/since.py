"""A list that can be asked for what was created since a time: most readings ask for no more.

A reading of all of the list chooses that time, which stays until the next one, a day later: a bit
before the reading began, or when the oldest unfinished job was created. Up to ten that are older
are asked for one by one, as any unfinished job that a list lacks.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from lambdas.apis.reader import Page
from lambdas.model import Health
from lambdas.poll.newest import FEW
from lambdas.poll.visit import Visit
from lambdas.poll.whole import WholeList
from lambdas.times import AWS_BEGAN

MARGIN = timedelta(hours=1)
"""How long a list may take to show a job, and how far the service's clock may be from ours."""


class CreatedSince(WholeList):
    """The reading of a list since a time, or of all of it: `oldest` are that one's oldest jobs."""

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit)
        self._oldest = self._cursor.oldest
        self._few = FEW if visit.source.get else 0

    def _since(self) -> datetime | None:
        return None if self._is_full() else self._before.listed_since

    def _add(self, page: Page) -> None:
        super()._add(page)
        unfinished = (job for job in page.jobs.values() if not job.terminal)
        created = (self._visit.reader.whole(job).created_at or AWS_BEGAN for job in unfinished)
        self._oldest = tuple(sorted([*self._oldest, *created])[: self._few + 1])

    def _done(self, parts: frozenset[int]) -> Health:
        """Choose the time after a reading of all; the digest of what is older then differs once."""
        after = super()._done(parts)
        return replace(after, listed_since=self._cursor.since or self._next_since())

    def _next_since(self) -> datetime:
        beyond_few = self._oldest[self._few :]
        return min([self._cursor.began - MARGIN, *beyond_few])

    def _carry_on(self, suspect_parts: frozenset[int] = frozenset()) -> Health:
        self._cursor = replace(self._cursor, oldest=self._oldest)
        return super()._carry_on(suspect_parts)
