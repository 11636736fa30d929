"""A list that is documented as newest first: it is read from the front.

Its digest covers the front, down to a job that is called the boundary: the last one of the first
page, where few unfinished jobs (the stragglers) are behind that; else the last unfinished one. A
list that ends there has none: all of it is the front. Stragglers are asked for one by one. Without
a digest, the front is read down to the first page of which every job is remembered. Once a day, the
whole list is read.

Of a straggler that the get call does not know, or tells nothing of, the list is read on: it is gone
only if the list ends without it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from lambdas.apis.reader import Page
from lambdas.digest import ALL, NOTHING
from lambdas.health import is_full_read_due
from lambdas.model import Cursor, Health, Job, ListedJob
from lambdas.poll.fingerprints import veiled
from lambdas.poll.visit import Visit
from lambdas.poll.whole import WholeList, find

FEW = 10
"""Unfinished jobs that are asked for one by one rather than by reading a list on to them."""


class NewestFirst(WholeList):
    """The reading of a sorted list: as far as it is necessary."""

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit)
        self._order: dict[str, None] = {}
        self._front: int | None = None
        self._behind = Page({}, None)
        self._moving: set[str] = set()
        self._got: dict[str, Job] = {}
        self._gone: set[str] = set()
        self._is_unsure = False
        self._few = FEW if visit.source.get else 0

    def _begin(self) -> Cursor:
        cursor = super()._begin()
        if cursor.examined is not None:
            self._visit.unfinished.read()  # what is behind the front is in no page of it
        if self._before.digest is None:
            self._visit.stops_at_known = not self._is_full()
        if cursor.token is None and self._before.digest is None:
            return replace(cursor, examined=ALL, unseen=self._unfinished_in(ALL))
        return cursor

    def _is_full(self) -> bool:
        due = is_full_read_due(self._before, self._began, self._visit.retention)
        return due or self._before.gap

    def _is_end(self, page: Page) -> bool:
        if super()._is_end(page):
            return True
        if self._is_full():
            return False
        if self._before.digest is not None:
            return self._before.boundary in self._names(page)
        if not page.jobs:
            return False
        self._examine(ALL, over=False)
        unknown = self._visit.new | self._visit.suspects
        return len(self._unseen) <= self._few and not unknown & page.jobs.keys()

    def _add(self, page: Page) -> None:
        """Add the jobs of a page, but for those behind the boundary."""
        boundary = None if self._is_full() else self._before.boundary
        names = self._names(page)
        front = [*_up_to(boundary, names)]
        covered = {i: page.jobs[i] for i in front if i in page.jobs}
        self._order |= dict.fromkeys(front)
        if self._front is None and self._order and self._cursor.token is None:
            self._front = len(self._order)
        rest = {i: job for i, job in page.jobs.items() if i not in covered}
        self._behind = Page(rest, page.token, names[len(front) :], page.left_out)
        if self._visit.source.list_tells_status:  # else they are among the suspects
            self._moving |= {job.id for job in covered.values() if not job.terminal}
        super()._add(Page(covered, page.token, front, page.left_out))

    def _names(self, page: Page) -> list[str]:
        """Name what stands on a page, in its order.

        What is left out is stored nowhere: it has a name of its own, which no id is, and another
        one where its id was used again. Else what stands behind that would count as read.
        """
        source, others = self._visit.source, page.left_out
        return [veiled(source, others[i]) if i in others else i for i in page.order]

    def _finish(self) -> Health:
        if self._cursor.examined is None:
            for seen in self._ask(self._before.stragglers):
                self._got |= seen
        return super()._finish()

    def _ask(self, job_ids: Iterable[str]) -> Iterator[Mapping[str, Job]]:
        """Ask for unfinished jobs that are behind what was read; give those that are there."""
        asked = {*job_ids} - self._fingerprints.keys() - self._gone - self._visit.gets.errors.keys()
        for seen, absent in self._visit.get_each(sorted(asked)):
            self._gone |= absent
            self._fingerprints |= {i: self._visit.fingerprint(job) for i, job in seen.items()}
            yield seen

    def _unfinished_in(self, parts: Collection[int]) -> frozenset[str]:
        """Give all unfinished jobs, since any of them may be where the front has to reach."""
        return super()._unfinished_in(ALL.union(parts))

    def _look_for_absent(self) -> None:
        """Ask for the jobs that were not listed, and read on to those that no get call tells of."""
        visit = self._visit
        sought = self._unseen - self._got.keys()
        visit.update(self._got)
        for seen in self._ask(self._unseen):
            visit.update(seen)
            sought -= seen.keys()
        sought -= visit.left_out
        found, other, list_ended = find(self._pages_behind(), sought, self._update_found)
        visit.leave(other)
        sought -= other
        absent = (self._gone & sought) - found
        self._is_unsure = bool(absent) and not list_ended
        self._unseen = sought - found - absent
        visit.update({}, absent if list_ended else ())

    def _pages_behind(self) -> Iterator[Page]:
        there, token, began = self._behind.jobs, self._behind.token, self._cursor.began
        yield self._behind
        if token is not None:  # what the other pages have of the same ids is older
            for page in self._visit.reader.pages(token, began=began):
                yield replace(page, jobs={i: j for i, j in page.jobs.items() if i not in there})

    def _update_found(self, found: Mapping[str, ListedJob]) -> None:
        visit = self._visit
        self._fingerprints |= {i: visit.fingerprint(job) for i, job in found.items()}
        visit.suspects -= found.keys()
        visit.update_listed(found.values())

    def _once_more(self, parts: frozenset[int]) -> Health:
        """Look up all in a second reading: its digest vouches for all of the front."""
        return super()._once_more(parts | ALL)

    def _done(self, parts: frozenset[int]) -> Health:
        after, before = super()._done(parts), self._before
        has_moved = before.digest is not None and not before.gap and self._visit.health.gap
        is_lost = after.digest is None and bool(after.suspect_parts)
        return replace(after, gap=has_moved or is_lost or self._is_unsure)

    def _vouched(self, health: Health, parts: frozenset[int]) -> Health:
        """Choose the boundary, so that the next reading need not go far."""
        if not parts:
            return self._moved_up(health)
        unvouched = replace(health, digest=None, boundary=None, stragglers=())
        if self._front is None and self._cursor.token is not None:
            return unvouched  # what is read in pieces has no front: the next reading finds one
        visit, order = self._visit, [*self._order]
        front = order[: self._front_end()]
        awaited = self._moving | visit.suspects
        waiting = [i for i in order if i in awaited]
        beyond = [i for i in order[len(front) :] if i in awaited]
        behind = sorted(visit.unfinished.ids() - self._order.keys())
        if len(beyond) + len(behind) <= self._few:
            return self._covering(health, front, [*beyond, *behind])
        if len(behind) <= self._few:
            last = order.index(waiting[-1])
            return self._covering(health, order[: last + 1], behind)
        return unvouched

    def _moved_up(self, health: Health) -> Health:
        """Choose a nearer boundary where only such jobs came as the watch leaves out.

        Nothing else differs: without it, each reading would go further, all day long.
        """
        order = [*self._order]
        beyond = order[self._front :]
        if not beyond or self._cursor.token is not None or self._visit.suspects:
            return health
        moving = [i for i in beyond if i in self._moving]
        stragglers = [*dict.fromkeys([*moving, *self._before.stragglers])]
        if self._order.keys() <= self._fingerprints.keys() or len(stragglers) > self._few:
            return health
        return self._covering(health, order[: self._front], stragglers)

    def _front_end(self) -> int | None:
        """Tell where the first page ends; None, all that was read, where jobs behind it are new.

        One that is deleted while pages are read moves those behind it up, so that a new one may be
        on no page: the next reading reaches as far again. So it does where the page's last is new.
        """
        edge = [*self._order][(self._front or 1) - 1 :]
        if self._before.read_at is None or self._visit.new.isdisjoint(edge):
            return self._front
        self._visit.suspects.add(edge[0])
        return None

    def _covering(self, health: Health, front: list[str], stragglers: list[str]) -> Health:
        known = self._fingerprints
        is_read = not self._behind.order and self._behind.token is None
        is_all = is_read and len(front) == len(self._order)
        covered = {i: known[i] for i in (*front, *stragglers) if i in known}
        return replace(
            health,
            digest=self._visit.digest(covered, NOTHING),
            boundary=front[-1] if front and not is_all else None,
            stragglers=tuple(stragglers),
        )


def _up_to(boundary: str | None, order: Iterable[str]) -> Iterator[str]:
    for job_id in order:
        yield job_id
        if job_id == boundary:
            return
