"""Jobs that a watch names: each is asked for alone, until it has ended."""

from dataclasses import replace
from datetime import datetime

from lambdas.digest import NOTHING, checksum, differing, part_of, short
from lambdas.health import after_failure, after_ids, after_read, is_full_read_due
from lambdas.model import Health, Job, OutOfTimeError, SourceError
from lambdas.poll.gets import MOST_GOT, NotAskedError
from lambdas.poll.sizes import size_of
from lambdas.poll.visit import Visit


class JobsById:
    """The reading of the jobs that a watch names: `read` gives the scope's health after it.

    It begins where the last one had no time left, so that each id has its turn.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._before = visit.health
        self._began = visit.clock()
        self._due = is_full_read_due(self._before, self._began, visit.retention)
        self._ended = self._before.ended
        self._asked = self._in_turn()
        self._seen: dict[str, int] = {}
        self._terminal: set[str] = set()
        self._answered: dict[str, Job] = {}
        self._bytes = 0
        self._absent: set[str] = set()
        self._names = checksum(visit.watch.jobs or ())
        self._renamed = self._names != self._before.ids_checksum
        self._position: str | None = None

    def read(self) -> tuple[Health, SourceError | None]:
        """Ask for the jobs that have not ended; give the health after it, and what went wrong."""
        if self._due or self._renamed or self._before.unfinished_checksum is None:
            unfinished = self._visit.unfinished.read()
            self._ended = self._before.ended - {*map(short, unfinished)}
            self._asked = self._in_turn()
        for job_id in self._asked:
            try:
                self._ask(job_id)
            except OutOfTimeError:
                self._position = job_id
                break
            if self._bytes >= MOST_GOT:
                self._update()
        self._visit.jobs = len(self._seen)
        if self._differs():
            self._update()
            self._visit.update({}, self._absent)
        return self._after(), next(iter(self._visit.gets.errors.values()), None)

    def _update(self) -> None:
        """Update the jobs that have answered, and let go of what they did, for memory's sake."""
        self._visit.update(self._answered)
        self._answered, self._bytes = {}, 0

    def _close_others(self) -> bool:
        """Close the unfinished jobs that the watch names no more; tell if all of them are."""
        unfinished, named = self._visit.unfinished, {*(self._visit.watch.jobs or ())}
        return unfinished.close(unfinished.ids() - named, self._visit.rules)

    def _in_turn(self) -> list[str]:
        first = self._before.position
        asked = [i for i in self._visit.watch.jobs or () if short(i) not in self._ended]
        at = asked.index(first) if first in asked else 0
        return asked[at:] + asked[:at]

    def _ask(self, job_id: str) -> None:
        try:
            job = self._visit.gets.get(job_id)
        except NotAskedError as error:
            self._position = self._position or job_id
            self._visit.gets.errors[job_id] = error
        except SourceError as error:
            self._visit.gets.errors[job_id] = error
        else:
            if job is None:
                self._absent.add(job_id)
            else:
                self._seen[job_id] = self._visit.fingerprint(job)
                self._terminal |= {job_id} if job.terminal else set()
                self._answered[job_id] = job
                self._bytes += size_of([job])

    @property
    def _is_whole(self) -> bool:
        return len(self._seen) + len(self._absent) == len(self._asked)

    def _digest(self) -> bytes:
        left = {i: each for i, each in self._seen.items() if i not in self._terminal}
        return self._visit.digest(left, NOTHING)

    def _differs(self) -> bool:
        if self._due or self._renamed or not self._is_whole:
            return True
        if self._terminal:
            return True
        changed = differing(self._before.digest or NOTHING, self._digest())
        return bool(changed or self._before.suspect_parts or self._visit.due_parts())

    def _asked_since(self) -> datetime | None:
        """Give when the ids were last begun, at the first of them."""
        if self._position is None:
            return None
        asked = {*self._asked}
        order = [i for i in self._visit.watch.jobs or () if i in asked]
        has_passed_first = order.index(self._position) < order.index(self._asked[0])
        return self._began if has_passed_first else self._before.asked_since or self._began

    def _waits_for_failed(self) -> bool:
        """Tell whether the id that failed last is still to be asked for: others prove nothing."""
        before = self._before.failed_id
        return before in self._asked and before not in self._seen and before not in self._absent

    def _failed_id(self) -> str | None:
        errors = self._visit.gets.errors.items()
        asked = [i for i, error in errors if not isinstance(error, NotAskedError)]
        if asked:
            return asked[-1]
        return self._before.failed_id if self._waits_for_failed() else None

    def _after(self) -> Health:
        visit, errors = self._visit, self._visit.gets.errors
        waiting = {i for i in self._asked if i not in self._seen and i not in self._absent}
        # To be asked for no more: the end is stored, or too old to be.
        ended = {*map(short, self._terminal - visit.suspects)}
        named = {short(i) for i in visit.watch.jobs or ()}
        health = after_ids(visit.health, self._asked, waiting | visit.unwritten)
        if errors:
            health = after_failure(health, self._began)
        elif not self._waits_for_failed():
            health = after_read(health)
        health = replace(
            health,
            read_at=self._began if self._due else health.read_at,
            digest=self._digest() if self._is_whole else health.digest,
            ended=(self._ended | ended) & named,
            position=self._position,
            failed_id=self._failed_id(),
            asked_since=self._asked_since(),
        )
        if self._renamed and self._close_others():
            health = replace(health, ids_checksum=self._names)
        unsure = self._before.suspect_parts & frozenset(map(part_of, waiting))
        is_between = not errors and health.failed_id is not None
        return visit.noted_in(
            health, suspect_parts=unsure, gets_failed=None if is_between else bool(errors)
        )
