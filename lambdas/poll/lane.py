"""The work on a lane: its scopes in turn, as far as there is time.

What there is no time for is not handed to anybody: the table remembers where the turn stopped, and
the lane's next one goes on from there, around the circle of its scopes.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from lambdas.health import SWEEP_EVERY, UNREACHABLE_AFTER, begun, stopped_at
from lambdas.messages import Turn
from lambdas.model import Health, OutOfTimeError, Round, Scope, SourceError
from lambdas.plan import Plan
from lambdas.poll.expect import Expectations
from lambdas.poll.gone import recover_unwatched, settle_gone
from lambdas.poll.summary import Outcome, Summary
from lambdas.poll.worker import Worker
from lambdas.scopes import child_of, missing_parameter, scope_of, sources_in
from lambdas.store.table import may_pass

LONGEST_DROPPED = timedelta(minutes=10)
"""How long a lane's turns come too late at most before one is taken all the same: where others take
all the time, each in time, those of a quick cadence may always be too old."""
Position = tuple[str, ...]
"""A place in the circle: that of a root and the ids of parents."""
LAST = chr(0x10FFFF)
"""Where a parent that is to be settled stands among what it held: behind all of it.
Something of the same name stands in front of it, at the same place."""
BELOW: Position = ("",)
"""Where what is below a scope that is visited itself begins: in front of every name."""
STOPPED = SourceError("Stopped", "the function had no time or memory left amid it")
TOO_MANY = SourceError("OutOfTime", "one invocation has no time to read all that is kept of it")


class _Place(NamedTuple):
    """A leaf to visit, or with `parent` something that is gone from there and to be settled.

    That is its own parent of which the watch named the jobs before it listed what it holds.
    """

    position: Position
    scope: Scope
    parent: Scope | None = None


class Lane:
    """One turn of a lane; `own` are the stack's account and region."""

    def __init__(self, turn: Turn, worker: Worker, own: tuple[str, str]) -> None:
        self._worker, self._own = worker, own
        self._lane = (turn.service, turn.account, turn.region)
        roots = list(_roots(turn, worker.plan, own))
        self._roots = dict(roots)
        self._root = roots[0][1]
        self._is_besides = worker.due is None and not _has_all_of_a_cadence(turn, worker.plan, own)
        self._began = worker.clock()
        self._first = Health()
        self._found: dict[Position, list[_Place]] = {}
        self._at: Position = ()
        self._amid: Position | None = None
        self._passed_over: Position | None = None
        self._wrapped = False
        self._runs = Expectations(worker, own)
        self.summary = Summary()

    def take(self, *, late: datetime | None = None, again: bool = False) -> Summary:
        """Visit every scope, or as many as there is time for, or drop the turn.

        `late` is the tick of a turn that came too late. What that was to look at, a later one looks
        at; where turns came too late for long, it is taken all the same. `again` tells that the
        turn was given before, to an invocation that may have been stopped.
        """
        with self._noting_errors(self._root):
            self._first = self._worker.table.read_health(self._root)
            self._amid = self._first.round.amid
            if again and self._amid is None:
                self._amid = ()
            if late is not None and not self._must_be_taken(late):
                self._drop(late)
                return self.summary
            if late is not None and self._amid is None:
                self._amid = ()  # it may come again so late that it is dropped unseen
            self._work()
            self._sweep()
        return self.summary

    def _work(self) -> None:
        if self._first.round.amid:
            self._pass_over(self._first.round.amid)
        before, stopped = self._first.round, False
        try:
            for place in self._around(before.resume_at):
                self._visit(place)
            self._keep(before if self._is_besides else Round())
        except OutOfTimeError:
            stopped = True
            self._stop(before)
        with self._noting_errors(self._root):
            self._runs.stop(self._at[1:] if stopped else ())

    def _pass_over(self, amid: Position) -> None:
        """Go on behind a scope amid which the function was stopped, which could not be read then.

        It would be stopped there again, and whatever comes behind it be read never. So this turn
        ends before it, and the next one begins with it: those of other watches come in between. It
        counts once: what is at work is noted first.
        """
        *above, name = self._passed_over = amid
        self._keep(replace(self._first.round, resume_at=(*above, name + chr(0)), amid=()))
        scope = self._scope_at(amid)
        if scope is not None:
            with self._noting_errors(scope):
                self._fail(scope, STOPPED)

    def _scope_at(self, position: Position) -> Scope | None:
        """Give the scope of a place; None where the watches have no such place any more."""
        scope = self._roots.get(position[0])
        for name in position[1:]:
            if scope and name != LAST:
                source = self._worker.source(scope)
                there = missing_parameter(scope, source)
                scope = child_of(scope, source, name) if there else None
        return scope

    def _sweep(self) -> None:
        """Take back once a day that scopes are unreachable which nobody watches any more."""
        swept_at = self._first.swept_at
        if swept_at is not None and self._began - swept_at < SWEEP_EVERY:
            return
        if recover_unwatched(self._worker, self._lane, self._own):
            self._keep(self._first.round, swept_at=self._began)

    def _must_be_taken(self, tick: datetime) -> bool:
        """Tell whether the turns before this one were dropped for too long."""
        since = self._first.round.dropped_since or tick
        return tick - since > LONGEST_DROPPED

    def _drop(self, tick: datetime) -> None:
        """Note that a turn was dropped, since when they are, and how old that makes the watches."""
        since = self._first.round.dropped_since or tick
        self.summary.counts.update(Dropped=1)
        self._keep(replace(self._first.round, dropped_since=since, amid=self._amid))
        self._note_age(since)

    @contextmanager
    def _noting_errors(self, scope: Scope) -> Iterator[None]:
        """Note an error of ours, so that it stops no other scope; it is reported at the end."""
        try:
            yield
        except OutOfTimeError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it is reported
            self.summary.errors.append((scope, error))
            self._runs.fail()

    @contextmanager
    def _counting_failures(self, scope: Scope, at: Position) -> Iterator[None]:
        """Count a scope that can't be dealt with as one that could not be read.

        Either it had all of a turn, and too little: the next one would stop there. Or an answer led
        to an error of ours, as it would each time.
        """
        alone = self._is_alone(at)
        try:
            yield
        except OutOfTimeError:
            if not alone:
                raise
            self._fail(scope, TOO_MANY)
        except Exception as error:
            if not may_pass(error):
                self._fail(scope, _unexpected(error))
            raise

    def _fail(self, scope: Scope, error: SourceError) -> None:
        outcome = self._worker.fail(scope, error)
        self._note(outcome.health, outcome)

    def _is_alone(self, at: Position) -> bool:
        """Tell whether a turn began with a place, but for what that stands in."""
        return not self.summary.counts["Scopes"] and all(at[: len(p)] == p for p in self._found)

    def _around(self, start: Position) -> Iterator[_Place]:
        """Give what is to be done, from a place on and around the circle to it."""
        first = start[0] if start else ""
        for at, root in self._roots.items():
            if at >= first:
                yield from self._through(root, at, start[1:] if at == first else ())
        self._wrapped = True
        for at, root in self._roots.items():
            if at <= first:
                places = self._through(root, at, ())
                yield from takewhile(lambda place: place.position < start, places)

    def _through(self, root: Scope, at: str, from_: Position) -> Iterator[_Place]:
        """Give the places below a root, from a place on, and learn of the runs that it expects."""
        with self._noting_errors(root):
            self._runs.begin(root, from_)
        yield from self._below(root, (at,), from_)
        with self._noting_errors(root):
            self._runs.end()

    def _below(self, scope: Scope, at: Position, from_: Position) -> Iterator[_Place]:
        """Give the places below a scope, or the scope itself, from a place on."""
        source = self._worker.source(scope)
        if not self._worker.is_parent(scope):
            if not from_:
                yield _Place(at, scope)
            if missing_parameter(scope, source):  # the watch may have listed what is below
                yield from self._below_gone(_Place(at, scope), from_ or BELOW)
            return
        for place in self._children(scope, at, from_):
            name = place.position[-1:]
            if name < from_[:1]:
                continue
            rest = from_[1:] if name == from_[:1] else ()
            if place.parent is None:
                yield from self._below(place.scope, place.position, rest)
            else:
                yield from self._gone(place, rest)

    def _gone(self, place: _Place, from_: Position) -> Iterator[_Place]:
        """Give the places below one that is gone, from a place on, and then itself."""
        source = self._worker.source(place.scope)
        if place.scope == place.parent or not missing_parameter(place.scope, source):
            yield place
            return
        yield from self._below_gone(place, from_)
        yield place._replace(position=(*place.position, LAST))

    def _below_gone(self, place: _Place, from_: Position) -> Iterator[_Place]:
        """Give the places of what something held that holds nothing now, from a place on."""
        for child in self._held(place, from_):
            name = child.position[-1:]
            if name >= from_[:1]:
                yield from self._gone(child, from_[1:] if name == from_[:1] else ())

    def _held(self, place: _Place, from_: Position) -> list[_Place]:
        """Look up what something that is gone held, once in a turn."""
        at, scope = place.position, place.scope
        if at not in self._found:
            self._begin(scope, at, from_)
            names: Collection[str] = ()
            with self._noting_errors(scope), self._counting_failures(scope, at):
                names = self._worker.held_by_gone(scope, self._health(scope))
            source = self._worker.source(scope)
            children = ((name, child_of(scope, source, name)) for name in sorted(names))
            self._found[at] = [_Place((*at, name), child, scope) for name, child in children]
        return self._found[at]

    def _children(self, scope: Scope, at: Position, from_: Position) -> list[_Place]:
        """Discover what a parent scope holds, once in a turn.

        What had to be listed and was not asked for is not kept: once around, the turn stops there,
        and the next one lists.
        """
        if at in self._found:
            return self._found[at]
        self._begin(scope, at, from_)
        found: list[_Place] = []
        is_settled = True
        with self._noting_errors(scope), self._counting_failures(scope, at):
            found, is_settled = self._discover(scope, at, amid=bool(from_))
        if is_settled:
            self._found[at] = found
        return found

    def _discover(self, scope: Scope, at: Position, *, amid: bool) -> tuple[list[_Place], bool]:
        """Give what a parent scope holds, and whether that was asked for or need not be."""
        before, alone = self._health(scope), self._is_alone(at)
        worker = self._runs.worker
        outcome, children, gone = worker.discover(scope, before, alone=alone, amid=amid)
        self._note(before, outcome)
        self._doubt_parents(outcome, at)
        there = [_Place((*at, child.innermost), child) for child in children]
        there += [_Place((*at, child.innermost), child, scope) for child in gone]
        if before.reopens and outcome.error is None:
            there.append(_Place((*at, LAST), scope, scope))
        is_settled = outcome.list_calls > 0 or outcome.error is None
        return sorted(there, key=lambda place: place.position), is_settled

    def _visit(self, place: _Place) -> None:
        scope = place.scope
        self._begin(scope, place.position)
        with self._noting_errors(scope), self._counting_failures(scope, place.position):
            self._read(scope, place.parent)

    def _read(self, scope: Scope, parent: Scope | None) -> None:
        if parent is None:
            before = self._health(scope)
            outcome = self._runs.worker.visit(scope, before, self._passed())
            self._note(before, outcome)
            self._doubt_parents(outcome, self._at)
        elif parent == scope:
            before = self._health(scope)
            self._note(before, self._worker.visit_gone(scope, before)[0], is_gone=True)
        elif settle_gone(scope, self._worker, partial(self._note, is_gone=True)):
            self._worker.table.forget_child(parent, scope.innermost)

    def _passed(self) -> datetime:
        """Give when a place that is ahead was last passed at the latest: a lap may take turns."""
        before = self._first.round
        times = (before.previous_began, before.began, before.dropped_since)
        return min((each for each in times if each is not None), default=self._began)

    def _doubt_parents(self, outcome: Outcome, at: Position) -> None:
        """Have what holds a scope be listed by the next turn, before that is called unreachable.

        It may be gone: between two discoveries, its list only fails.
        """
        is_next = outcome.error and outcome.health.failures == UNREACHABLE_AFTER - 1
        if not is_next or self._worker.discover_every(outcome.scope) is None:
            return
        for depth in range(1, len(at)):
            parent = self._scope_at(at[:depth])
            if parent is not None and self._worker.has_time_for_health():
                health = self._worker.doubt(parent, self._health(parent))
                if parent == self._root:
                    self._first = health

    def _begin(self, scope: Scope, at: Position, from_: Position = ()) -> None:
        """Begin with a place, if there is time: the lane goes on there where there is none."""
        self._at = (*at, *from_)
        if at == self._passed_over:
            raise OutOfTimeError
        self._require_time(scope)
        if self._amid is not None:
            with self._noting_errors(scope):
                self._keep(replace(self._first.round, amid=at))
            self._require_time(scope)

    def _require_time(self, scope: Scope) -> None:
        if not self._worker.has_time_for(scope):
            raise OutOfTimeError

    def _health(self, scope: Scope) -> Health:
        return self._first if scope == self._root else self._worker.table.read_health(scope)

    def _note(self, before: Health, outcome: Outcome, *, is_gone: bool = False) -> None:
        self._runs.note(before, outcome, is_gone=is_gone)
        self.summary.note(outcome, self._worker.clock())
        if outcome.scope == self._root:
            self._first = outcome.health

    def _stop(self, before: Round) -> None:
        """Remember where there was no time left, and how long ago all was read at the latest."""
        after = stopped_at(before, self._at, self._began, wrapped=self._wrapped)
        noted = before if self._is_besides else after
        self._keep(noted if self._amid is None else replace(noted, amid=()))
        self._note_age(after.previous_began or self._began)

    def _keep(self, after: Round, swept_at: datetime | None = None) -> None:
        """Store how far the lane is, unless that is as it was.

        Where another write is there, it may be one of this turn that was called an error, or a late
        one of the turn before: it goes on from that.
        """
        if not self._stores(after, swept_at) and self._worker.has_time_for_health():
            self._first = self._worker.table.read_health(self._root)
            self._stores(after, swept_at)

    def _stores(self, after: Round, swept_at: datetime | None) -> bool:
        health = self._first
        swept_at = swept_at or health.swept_at
        if (after, swept_at) == (health.round, health.swept_at):
            return True
        if not health.version:
            health = begun(health, self._began, self._worker.retention)
        stored = replace(health, version=health.version + 1, round=after, swept_at=swept_at)
        # Also if that is called an error: it may be there.
        self._first = replace(health, round=after)
        done = self._worker.table.put_health(self._root, stored)
        if done:
            self._first = stored
        return done

    def _note_age(self, since: datetime) -> None:
        age = (self._worker.clock() - since).total_seconds()
        for root in self._roots.values():
            self.summary.age(root.watch, age)


def _unexpected(error: Exception) -> SourceError:
    """Give what is told of an error of ours: its text may quote an answer, and is in the log."""
    return SourceError("UnexpectedAnswer", f"{type(error).__name__} amid it: see poll's log")


def _has_all_of_a_cadence(turn: Turn, plan: Plan, own: tuple[str, str]) -> bool:
    """Tell whether a turn has all watches that a schedule has together with the first one of it.

    Where a person asks for some of them, the lane's round goes on as if that had not been: whoever
    asks for the first watch often would have each turn begin at the front, and what is at the back
    be read never.
    """
    every = plan.watches[min(turn.watches)].every
    lane = (turn.service, turn.account, turn.region)
    return all(
        name in turn.watches
        for name, watch in plan.watches.items()
        if watch.every == every and sources_in(plan, watch, lane, own)
    )


def _roots(turn: Turn, plan: Plan, own: tuple[str, str]) -> Iterator[tuple[str, Scope]]:
    """Give where the lane begins to look, each scope by its place in the circle.

    The first source of a watch stands at the watch's name alone, as when a watch had only one:
    so the places that the table remembers go on.
    """
    for name in sorted(turn.watches):
        watch = plan.watches[name]
        lane = (turn.service, turn.account, turn.region)
        for number, source in enumerate(sources_in(plan, watch, lane, own)):
            at = f"{name} {source}" if number else name
            yield at, scope_of(watch, source, turn.account, turn.region, watch.parameters)
