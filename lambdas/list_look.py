"""A look at a scope's list, and at the jobs of which it does not tell enough.

A list is read to its end, unless it is sorted newest first: then up to the first page that ends in
a job which is remembered. Of what is listed, only the jobs that are remembered as unfinished, that
are unfinished now, or that the digest can't vouch for go into the decision.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lambdas.apis.reader import Reader
from lambdas.diff import Rules, is_aged, needs_get
from lambdas.digest import ALL, NOTHING, differing, digest, fingerprint, part
from lambdas.health import GET_PATIENCE
from lambdas.look import Sights, get_each
from lambdas.model import Bookmark, Glance, Health, Known, SourceError

FEW = 10
"""Unfinished jobs that are asked for one by one rather than by reading a sorted list on."""
MOST_LISTED = 20_000
"""Jobs that one invocation looks at in a list, so that no list is too long for its memory."""
MOST_CARRIED = 500_000
"""Characters of the ids that go with a bookmark: an SQS message holds no more than a megabyte."""

Find = Callable[[Collection[str]], Mapping[str, Known]]


@dataclass(frozen=True, slots=True)
class _Window:
    """Jobs of one or more pages in a row, and the token of the page after them."""

    jobs: Mapping[str, Glance]
    token: Any
    pages: int


class ListLook:
    """A look at a scope's list, or at as much of it as there is time for.

    `known` are the jobs that are remembered as unfinished, or all of them where the bookmark
    doubts everything; `find` looks others up. `reaches_back` tells that the first page of a sorted
    list ended in news.
    """

    def __init__(
        self,
        reader: Reader,
        bookmark: Bookmark,
        *,
        health: Health,
        known: Mapping[str, Known],
        rules: Rules,
        find: Find,
    ) -> None:
        self._health, self._reader, self._rules, self._find = health, reader, rules, find
        self._bookmark = bookmark
        self._unfinished = {job.id for job in known.values() if not job.terminal}
        seen = bookmark.seen
        self._unseen = set() if seen is None else self._unfinished - seen
        self._marks: dict[str, int] = {}
        self.sights = Sights(known=dict(known))
        self.reaches_back = False

    def look(self) -> Sights:
        """Read the list, and ask for the jobs of which it does not tell enough.

        Raises SourceError when the list can't be read.
        """
        windows = self._windows()
        window = _Window({}, None, 0)
        for window in windows:
            self._take(window)
            if window.token and self._ends_in_the_known(window):
                break
            if window.token and (self._reader.late or self.sights.listed >= MOST_LISTED):
                self.sights.rest = self._go_on_at(window)
                break
        self._complete_the_finished()
        if self.sights.rest is None:
            self._ask_for_the_absent(window, windows)
        if self.sights.rest is None:
            self.sights.rest = self._once_more()
        return self.sights

    def settled(self, unsettled: Collection[str]) -> bytes | None:
        """Digest the finished jobs that need no look until they change.

        None: all are to be looked at, as the next look may end before one that was left out.
        """
        beyond = self.sights.failed.keys() - self._marks.keys() - self._unfinished
        if self._reader.newest_first and (beyond or self._bookmark.failed):
            return None
        left_out = {*self.sights.failed, *unsettled}
        marks = (mark for job_id, mark in self._marks.items() if job_id not in left_out)
        return digest(marks, self._bookmark.finished or NOTHING)

    def _windows(self) -> Iterator[_Window]:
        """Give each page of a sorted list by itself, all others together as time allows."""
        jobs: dict[str, Glance] = {}
        number = self._bookmark.pages
        for page in self._reader.pages(self._bookmark.token, number):
            number += 1
            jobs.update(page.jobs)
            enough = self._reader.late or len(jobs) >= MOST_LISTED
            if self._reader.newest_first or enough or not page.token:
                yield _Window(jobs, page.token, number)
                jobs = {}

    def _take(self, window: _Window) -> None:
        marks = {job_id: fingerprint(job) for job_id, job in window.jobs.items() if job.terminal}
        doubt = self._doubt(window, marks)
        if self._is_digested(window):
            self._marks = marks
        doubtful = {
            job_id: self._reader.whole(job)
            for job_id, job in window.jobs.items()
            if job_id not in marks or job_id in self._unfinished or part(marks[job_id]) in doubt
        }
        if self._bookmark.doubt != ALL:
            self.sights.known.update(self._find(doubtful.keys() - self.sights.known.keys()))
        self.sights.seen.update(doubtful)
        self.sights.listed += len(window.jobs)
        self._unseen -= window.jobs.keys()

    def _is_digested(self, window: _Window) -> bool:
        """Whether the digest covers it: of a sorted list the first page, of others everything."""
        return not self._reader.newest_first or window.pages == 1

    def _doubt(self, window: _Window, marks: Mapping[str, int]) -> frozenset[int]:
        """Name the parts whose jobs must be looked up."""
        if not self._is_digested(window):
            return ALL
        if self._reader.newest_first or (self._bookmark.token is None and not window.token):
            return self._bookmark.doubt | self._difference(marks)
        return self._bookmark.doubt

    def _difference(self, marks: Mapping[str, int]) -> frozenset[int]:
        """Name the parts of the digest that differ from before, for other reasons than we know."""
        old = (mark for job_id, mark in marks.items() if job_id not in self._unfinished)
        now = digest(old, self._bookmark.old or NOTHING)
        return differing(self._health.settled or NOTHING, now)

    def _ends_in_the_known(self, window: _Window) -> bool:
        """Whether a sorted list needs no reading beyond these jobs: what follows is older."""
        if not self._reader.newest_first or self._bookmark.doubt == ALL or not window.jobs:
            return False
        last = list(window.jobs)[-1]
        job = None if last in self.sights.known else self.sights.seen.get(last)
        news = job is not None and not is_aged(self._health, job, self._rules)
        self.reaches_back |= news
        return len(self._unseen) <= FEW and not news

    def _go_on_at(self, window: _Window) -> Bookmark:
        seen = self._bookmark.seen
        if seen is not None:
            seen |= self._unfinished - self._unseen
            seen |= {job.id for job in self.sights.seen.values() if not job.terminal}
        old = (mark for job_id, mark in self._marks.items() if job_id not in self._unfinished)
        return replace(
            self._bookmark,
            token=window.token,
            pages=window.pages,
            old=digest(old, self._bookmark.old or NOTHING),
            seen=seen if seen is None or len(json.dumps([*seen])) <= MOST_CARRIED else None,
        )

    def _once_more(self) -> Bookmark | None:
        """Begin anew where a list read in pieces turns out to hold what must be looked up."""
        if self._bookmark.token is None or self._reader.newest_first:
            return None
        doubt = self._bookmark.doubt | self._difference(self._marks)
        if doubt == self._bookmark.doubt:
            return None
        return Bookmark(self._rules.now, doubt=doubt)

    def _complete_the_finished(self) -> None:
        seen, known = self.sights.seen, self.sights.known
        for job in list(seen.values()):
            if not needs_get(self._health, known.get(job.id), job, self._rules):
                continue
            try:
                seen[job.id] = self._reader.job(job.id, job) or job
            except SourceError as error:
                self.sights.failed[job.id] = error
                if self._health.gets_failed < GET_PATIENCE:
                    del seen[job.id]

    def _ask_for_the_absent(self, last: _Window, rest: Iterator[_Window]) -> None:
        absent = get_each(sorted(self._unseen), self._reader)
        self.sights.seen.update(absent.seen)
        self.sights.failed.update(absent.failed)
        while absent.gone and last.token:
            # Only a complete list says that a job is gone: a sorted one may go on.
            if self._reader.late:
                self.sights.rest = self._go_on_at(last)
                return
            last = next(rest)
            self._unseen -= last.jobs.keys()
            absent.gone -= last.jobs.keys()
        self.sights.gone.update(absent.gone)
