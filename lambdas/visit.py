"""One visit of one scope: gather what is remembered and what is there, decide, store.

What is remembered is read before the job API is asked. So a slow visit that was overtaken by a
quicker one finds newer versions in the table and loses its writes, rather than turning back time.
"""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.details import job_detail, scope_detail
from lambdas.diff import Rules, diff, status_of
from lambdas.health import after_failure, after_gets, after_list, after_read, begun, news
from lambdas.look import get_each, look_at_each, look_at_list
from lambdas.model import Change, Health, Known, Progress, Scope, SourceError
from lambdas.plan import Watch
from lambdas.read import Reader
from lambdas.store import Table, expiry

_WRITERS = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a visit found: `children` of a broad scope, else jobs and changes; `error` if any.

    `lost` are children that are not there any more and had unfinished jobs. `busy` tells whether
    unfinished jobs are below this scope; None where that could not be learnt.
    """

    scope: Scope
    health: Health
    children: tuple[Scope, ...] | None = None
    lost: tuple[Scope, ...] = ()
    busy: bool | None = None
    jobs: int = 0
    changes: int = 0
    list_calls: int = 0
    get_calls: int = 0
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Visits the scopes of one watch; `clock` tells the time, `retention` is the plan's."""

    watch: Watch
    table: Table
    clock: Callable[[], datetime]
    retention: timedelta

    def discover(self, scope: Scope, reader: Reader, quiet_before: datetime | None) -> Outcome:
        """Turn a broad scope into the ones below it."""
        before, began = self.table.read_health(scope), self.clock()
        reader.patient = not before.unreachable
        health = begun(before, began, quiet_before)
        try:
            children = reader.children()
        except SourceError as error:
            return self._failed(scope, before, after_failure(health, began), error)
        after = self._remember(scope, before, after_read(health))
        there = {child.innermost for child in children}
        lost = [reader.child(name) for name in sorted(before.busy - there)]
        return Outcome(scope, after, tuple(children), tuple(lost))

    def settle(self, scope: Scope, health: Health, busy: frozenset[str]) -> None:
        """Remember that every scope below a broad one was visited, and which are busy."""
        read_at = health.read_at or self.clock()
        self._remember(scope, health, replace(health, read_at=read_at, busy=busy))

    def bury(self, scope: Scope, reader: Reader, *, broad: bool) -> Outcome:
        """Learn what became of the unfinished jobs of a scope that is not there any more."""
        if broad:
            health = self.table.read_health(scope)
            lost = tuple(reader.child(name) for name in sorted(health.busy))
            return Outcome(scope, health, (), lost)
        health, known = self.table.read(scope)
        sights = get_each([job.id for job in known.values() if not job.terminal], reader)
        rules = self._rules(self.clock())
        changes = diff(health, known, sights.seen.values(), sights.gone, rules)
        self._store(scope, changes, rules)
        busy = None if sights.failed else sights.busy
        return Outcome(scope, health, None, (), busy, len(sights.seen), len(changes))

    def poll(self, scope: Scope, reader: Reader, quiet_before: datetime | None) -> Outcome:
        """Look at the jobs of an exact scope and store what changed."""
        before, known = self.table.read(scope)
        began = self.clock()
        reader.patient = not before.unreachable
        health = begun(before, began, quiet_before, by_id=self.watch.jobs is not None)
        try:
            if self.watch.jobs is None:
                sights = look_at_list(health, known, reader, self._rules(began))
            else:
                sights = look_at_each(self.watch.jobs, health, known, reader)
        except SourceError as error:
            return self._failed(scope, before, after_failure(health, began), error)
        rules = self._rules(self.clock())
        changes = diff(health, known, sights.seen.values(), sights.gone, rules)
        self._store(scope, changes, rules)
        busy = sights.busy or bool(sights.failed)
        found = Outcome(scope, health, None, (), busy, len(sights.seen), len(changes))
        found = replace(found, error=sights.error)
        # A job that came while the list was read may not be in it: only its beginning is certain.
        if self.watch.jobs is None:
            after = after_list(health, began, self.retention, bool(sights.failed))
            return replace(found, health=self._remember(scope, before, after))
        failed = frozenset(sights.failed)
        after = after_gets(health, began, self.retention, sights.seen, failed)
        return replace(found, health=self._remember(scope, before, after, sights.error))

    def _failed(self, scope: Scope, before: Health, after: Health, error: SourceError) -> Outcome:
        return Outcome(scope, self._remember(scope, before, after, error), error=error)

    def _remember(
        self, scope: Scope, before: Health, after: Health, error: SourceError | None = None
    ) -> Health:
        """Store a scope's health if it changed, and announce that it got lost or came back."""
        if before.version and after == before:
            return before
        announce, told = news(before, after), None
        if announce is not None:
            said = {"code": error.code, "message": error.message} if error else None
            spell = replace(after, since=after.since or before.since)
            told = scope_detail(scope, spell, said, self.clock())
        stored = replace(after, version=before.version + 1)
        self.table.put_health(scope, stored, announce, told)
        return stored

    def _store(self, scope: Scope, changes: Iterable[Change], rules: Rules) -> None:
        with ThreadPoolExecutor(_WRITERS) as pool:
            for write in [pool.submit(self._store_job, scope, c, rules) for c in changes]:
                write.result()

    def _store_job(self, scope: Scope, change: Change, rules: Rules) -> None:
        job, known = change.job, change.known
        status, raw_status = status_of(change)
        detail = job_detail(scope, self.watch.source, change, rules.now)
        expires_at = None
        if detail["terminal"]:
            ended_at = job.ended_at if job and rules.list_tells_age else None
            expires_at = expiry(ended_at, rules.now, self.retention)
        progress = job.progress if job else known.progress if known else Progress()
        remembered = Known(
            id=change.job_id,
            raw_status=raw_status,
            status=status,
            progress=progress,
            version=(known.version if known else 0) + 1,
            moved_at=known.moved_at if known and not change.moved else rules.now,
            stalled=change.stalled,
            expires_at=expires_at,
            detail=json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
        )
        self.table.put_job(scope, remembered, change.announce)

    def _rules(self, now: datetime) -> Rules:
        source, stalled_after = self.watch.source, self.watch.stalled_after
        return Rules(
            now=now,
            retention=self.retention,
            stalled_after=timedelta(seconds=stalled_after) if stalled_after else None,
            get_completes=source.get_completes,
            list_tells_age=source.list_tells_age,
        )
