"""What is done with one scope: a leaf is visited, a parent discovered, what is gone settled."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from lambdas.apis.clients import Clients, call_seconds
from lambdas.apis.reader import Reader
from lambdas.apis.selection import Selection
from lambdas.apis.throttles import is_refusal
from lambdas.deadline import Clock, Deadline
from lambdas.digest import checksum
from lambdas.health import (
    REFUSED_FOR,
    after_failure,
    after_giving_up,
    after_read,
    begun,
    event_of,
    is_idle,
    looked_at,
    narrowed,
)
from lambdas.model import Health, Scope, SourceError
from lambdas.plan import Plan, Source, Watch
from lambdas.poll.by_id import JobsById
from lambdas.poll.discovery import Discovery, held_by
from lambdas.poll.event import scope_detail
from lambdas.poll.newest import NewestFirst
from lambdas.poll.since import CreatedSince
from lambdas.poll.summary import Outcome
from lambdas.poll.visit import Visit
from lambdas.poll.whole import WholeList
from lambdas.scopes import is_parent
from lambdas.store import items
from lambdas.store.table import CALL_SECONDS, Table
from lambdas.text import write_json

STORING_SECONDS = 4 * CALL_SECONDS
"""What is kept of an invocation's time to store what the last call to a job API answered: to look
it up, to read the index, to write the jobs and the health."""

ENDING_SECONDS = 2 * CALL_SECONDS
"""What is kept of an invocation's time for its end: to store the round, to send a dead letter."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Visits scopes, until a deadline; `due` is None where a person wants it now."""

    plan: Plan
    table: Table
    clients: Clients
    clock: Clock
    deadline: Deadline
    due: datetime | None = None

    @property
    def retention(self) -> timedelta:
        """How long a finished job is remembered."""
        return timedelta(seconds=self.plan.retention)

    def has_time_for(self, scope: Scope) -> bool:
        """Tell whether a scope's visit may begin: there is time for one call and its answer."""
        calls_per_second = self.source(scope).calls_per_second
        return self.deadline.allows(CALL_SECONDS + call_seconds(calls_per_second) + STORING_SECONDS)

    def has_time_for_health(self) -> bool:
        """Tell whether the health of one more scope may be read and stored, and the round."""
        return self.deadline.allows(3 * CALL_SECONDS)

    def ends(self) -> datetime:
        """Give when the invocation is over at the latest."""
        return self.clock() + timedelta(seconds=self.deadline.left() + ENDING_SECONDS)

    def watch(self, scope: Scope) -> Watch:
        """Give the watch of a scope."""
        return self.plan.watches[scope.watch]

    def source(self, scope: Scope) -> Source:
        """Give the source of a scope's jobs."""
        return self.plan.sources[scope.source]

    def discover_every(self, scope: Scope) -> int | None:
        """Give how often it is listed what a scope holds, None where that is each time."""
        return self.plan.discover_every(self.watch(scope), scope.source)

    def is_parent(self, scope: Scope) -> bool:
        """Tell whether a scope holds other scopes rather than jobs."""
        return is_parent(scope, self.watch(scope), self.source(scope))

    def visit(self, scope: Scope, before: Health, passed: datetime) -> Outcome:
        """Read a leaf's jobs and store what changed; `passed` is when the lane came by there last.

        That is no later than this turn began, and may be earlier than it was.
        """
        watch, now = self.watch(scope), self.clock()
        by_id = watch.jobs is not None
        health = begun(before, now, self.retention, by_id=by_id)
        health = self._narrowed(watch, self.source(scope), health, now, passed)
        if self._rests(watch, before, health, now):
            return Outcome(scope, before, succeeded_at=before.succeeded_at)
        reader = self._reader(scope, before)
        visit = self._visit(scope, health, reader)
        if before.version and health.narrowed != before.narrowed:
            self._close_left_out(visit, before)
        health, error = _reading_of(watch, visit.source)(visit).read()
        health = replace(health, idle_until=self._idle_until(scope, watch, health, now))
        stored = before if visit.health.version == before.version else visit.health
        return Outcome(
            scope,
            self._remember(scope, stored, health, error),
            jobs=visit.jobs,
            changes=len(visit.stored),
            list_calls=reader.calls.list,
            get_calls=reader.calls.get,
            failed_gets=visit.gets.errors,
            succeeded_at=visit.succeeded_at,
            error=error,
        )

    def discover(
        self, scope: Scope, before: Health, *, alone: bool, amid: bool
    ) -> tuple[Outcome, list[Scope], list[Scope]]:
        """Learn what a parent scope holds; give that, and what is gone of it and not done with.

        :raises OutOfTimeError: when no time is left to ask, unless the whole of the invocation was
            there for it (`alone`): then it can't be read. `amid` tells that the turn began amid
            what it holds. Also when no time is left to look up what that is.
        """
        reader = self._reader(scope, before)
        discovery = Discovery(
            scope,
            self.source(scope),
            before,
            table=self.table,
            reader=reader,
            clock=self.clock,
            deadline=self.deadline.earlier(CALL_SECONDS),
            retention=self.retention,
            leaves_time=partial(self.has_time_for, scope),
            list_every=self.discover_every(scope) if self.due is not None else None,
        )
        health, error = discovery.read(alone=alone, amid=amid)
        outcome = Outcome(
            scope,
            self._remember(scope, before, health, error),
            parent=True,
            list_calls=reader.calls.list,
            error=error,
        )
        return outcome, discovery.children, discovery.gone

    def visit_gone(self, scope: Scope, before: Health) -> tuple[Outcome, bool]:
        """Learn what became of the unfinished jobs of a leaf that is gone; tell if that is done.

        So it is with those that the watch reads elsewhere by now: once a job answered, it is closed
        here.
        """
        reader = self._reader(scope, before)
        visit = self._visit(scope, before, reader)
        now = self.clock()
        if self._narrowed(visit.watch, visit.source, before, now, now) != before:
            self._close_left_out(visit, before)
        named = visit.watch.jobs
        asked = [i for i in visit.unfinished.read() if named is None or i in named]
        for seen, absent in visit.get_each(asked):
            visit.update(seen, absent)
        was_by_id = self.is_parent(scope)
        if was_by_id or named is not None:
            visit.unfinished.close(visit.unfinished.ids() - visit.suspects, visit.rules)
        error = _given_up(visit)
        after = (after_giving_up if error else after_read)(visit.health)
        reopens = bool(visit.unfinished.ids()) if was_by_id else after.reopens or named is not None
        health = visit.noted_in(
            replace(after, cursor=None, reopens=reopens),
            suspect_parts=before.suspect_parts,
            gets_failed=bool(visit.gets.errors) and error is None,
        )
        done = not visit.unfinished.ids()
        outcome = Outcome(
            scope,
            self._remember(scope, visit.health, health, error),
            jobs=visit.jobs,
            changes=len(visit.stored),
            get_calls=reader.calls.get,
            failed_gets=visit.gets.errors,
            succeeded_at=visit.succeeded_at,
            error=error,
        )
        return outcome, done

    def held_by_gone(self, scope: Scope, before: Health) -> Collection[str]:
        """Name what a parent that is gone held.

        Each is forgotten by an item of its own; a layout of before had them in the parent's health.
        """
        deadline = self.deadline.earlier(CALL_SECONDS)
        held = held_by(scope, before, self.table, deadline)
        if before.held_before and self.table.put_children(scope, {}, before.held_before, deadline):
            self._remember(scope, before, replace(before, held_before=()), None)
        return held

    def fail(self, scope: Scope, error: SourceError) -> Outcome:
        """Count that a scope could not be read, whatever became of its visit."""
        before, now = self.table.read_health(scope), self.clock()
        by_id = self.watch(scope).jobs is not None
        known = before if before.version else begun(before, now, self.retention, by_id=by_id)
        health = after_failure(known, now, known.failed_at)
        return Outcome(scope, self._remember(scope, before, health, error), error=error)

    def doubt(self, scope: Scope, before: Health) -> Health:
        """Have a parent be listed by the next turn, as what it held may be gone."""
        if before.discovered_at is None:
            return before
        return self._remember(scope, before, replace(before, discovered_at=None), None)

    def leave(self, scope: Scope, before: Health) -> None:
        """Take back that a scope is unreachable, and what it holds, as nobody looks into it now."""
        if before.version:
            after = replace(after_read(before), ids_checksum=None)
            self._remember(scope, before, after, None)

    def _reader(self, scope: Scope, before: Health) -> Reader:
        return Reader(
            lambda service, patient: self.clients.client(service, scope, patient),
            self.source(scope),
            scope,
            self.deadline.earlier(STORING_SECONDS),
            self.clock,
            patient=not before.unreachable,
            selection=_selection(self.watch(scope), self.source(scope)),
        )

    def _close_left_out(self, visit: Visit, before: Health) -> None:
        """Close what is followed and left out by now; where not all was, the next turn does it."""
        selection = _selection(visit.watch, visit.source)
        if selection is None:
            return
        if not visit.unfinished.close_some(selection.leaves_out, visit.rules):
            visit.health = replace(visit.health, narrowed=before.narrowed)

    def _narrowed(
        self, watch: Watch, source: Source, health: Health, now: datetime, passed: datetime
    ) -> Health:
        """Begin anew where a deployment changed which jobs the watch leaves out.

        What came since the last look by the old globs is new, and told: they may have meant it.
        """
        sides = {"in": watch.include, "ex": watch.exclude} if _selection(watch, source) else {}
        globs = {f"{s} {n} {glob}" for s in sides for n in sides[s] for glob in sides[s][n]}
        rest = timedelta(seconds=watch.idle_every) if watch.idle_every else None
        since = looked_at(health, passed, timedelta(seconds=watch.every), rest)
        return narrowed(health, now, checksum(globs) if globs else None, since)

    def _visit(self, scope: Scope, health: Health, reader: Reader) -> Visit:
        return Visit(
            scope=scope,
            watch=self.watch(scope),
            source=self.source(scope),
            health=health,
            table=self.table,
            reader=reader,
            clock=self.clock,
            deadline=self.deadline.earlier(CALL_SECONDS),
            retention=self.retention,
            console=self.plan.console_of(scope.region),
        )

    def _rests(self, watch: Watch, before: Health, health: Health, now: datetime) -> bool:
        """Tell whether an idle scope is left alone: not where it is to be read otherwise by now."""
        if self.due is None or not _is_early(watch, before, now) or not is_idle(before):
            return False
        names = checksum(watch.jobs) if watch.jobs else before.ids_checksum
        way = (health.by_id, health.narrowed, names)
        return way == (before.by_id, before.narrowed, before.ids_checksum)

    def _idle_until(
        self, scope: Scope, watch: Watch, health: Health, now: datetime
    ) -> datetime | None:
        """Give until when a scope is left alone: another time for each, so that not all are due."""
        if watch.idle_every is None or not is_idle(health):
            return None
        if _is_early(watch, health, now):
            return health.idle_until
        since = (int(now.timestamp()) + items.shift(scope)) % watch.idle_every
        return now.replace(microsecond=0) + timedelta(seconds=watch.idle_every - since)

    def _remember(
        self, scope: Scope, before: Health, after: Health, error: SourceError | None
    ) -> Health:
        """Store a scope's health if it changed, and announce if it is unreachable or back."""
        if before.version and replace(after, version=before.version) == before:
            return before
        announce = event_of(before, after)
        stored = replace(after, version=before.version + 1)
        if announce is not None:
            said = {"code": error.code, "message": error.message} if error else None
            detail = scope_detail(
                scope, stored.version, said, after.since or before.since, self.clock()
            )
            stored = replace(stored, announced=announce, detail=write_json(detail))
        # Else another write was there: what it lacks is found and told by the next turn.
        return stored if self.table.put_health(scope, stored, announce) else before


def _given_up(visit: Visit) -> SourceError | None:
    """Close the jobs of a leaf that is gone if they were only refused for long; give why, if so."""
    errors, since = visit.gets.errors, visit.health.gets_failed_since
    if since is None or visit.clock() - since < REFUSED_FOR:
        return None
    if visit.unfinished.ids() != errors.keys() or not all(map(is_refusal, errors.values())):
        return None
    closed = visit.unfinished.close(errors.keys(), visit.rules)
    return next(iter(errors.values()), None) if closed else None


def _is_early(watch: Watch, health: Health, now: datetime) -> bool:
    """Tell whether the time until when an idle scope is left alone has not come.

    One that is further away than the watch bears now was set when it bore more.
    """
    if watch.idle_every is None or health.idle_until is None:
        return False
    return timedelta() < health.idle_until - now <= timedelta(seconds=watch.idle_every)


def _selection(watch: Watch, source: Source) -> Selection | None:
    if watch.jobs is not None or not (watch.include or watch.exclude):
        return None
    return Selection(source, watch.include, watch.exclude)


def _reading_of(watch: Watch, source: Source) -> type[WholeList] | type[JobsById]:
    if watch.jobs is not None:
        return JobsById
    if source.newest_first:
        return NewestFirst
    return CreatedSince if source.listing.since else WholeList
