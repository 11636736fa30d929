"""The work on a lane: its scopes in turn, as far as there is time.

What there is no time for is not handed to anybody: the table remembers where the turn stopped, and
the lane's next one goes on from there, around the circle of its scopes.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from lambdas.health import SWEEP_EVERY, UNREACHABLE_AFTER, stopped_at
from lambdas.messages import Turn
from lambdas.model import Health, OutOfTimeError, Round, Scope, SourceError
from lambdas.poll.circle import LAST, Circle, Place, Position, roots_of
from lambdas.poll.expect import Expectations
from lambdas.poll.gone import recover_unwatched, settle_gone
from lambdas.poll.lane_round import LaneRound, is_all_of_a_cadence
from lambdas.poll.summary import Outcome, Summary
from lambdas.poll.worker import Worker
from lambdas.scopes import child_of
from lambdas.store.table import may_pass

STOPPED = SourceError("Stopped", "the function had no time or memory left amid it")
TOO_MANY = SourceError("OutOfTime", "one invocation has no time to read all that is kept of it")


class Lane:
    """One turn of a lane; `own` are the stack's account and region."""

    def __init__(self, turn: Turn, worker: Worker, own: tuple[str, str]) -> None:
        self._worker, self._own = worker, own
        self._lane = (turn.service, turn.account, turn.region)
        self._roots = roots_of(turn, worker.plan, own)
        self._circle = Circle(self._roots, worker, self)
        self._round = LaneRound(next(iter(self._roots.values())), worker)
        self._is_besides = worker.due is None and not is_all_of_a_cadence(turn, worker.plan, own)
        self._found: dict[Position, list[Place]] = {}
        self._at: Position = ()
        self._amid: Position | None = None
        self._passed_over: Position | None = None
        self._runs = Expectations(worker, own)
        self.summary = Summary()

    def take(self, *, late: datetime | None = None, again: bool = False) -> Summary:
        """Visit every scope, or as many as there is time for, or drop the turn.

        `late` is the tick of a turn that came too late. What that was to look at, a later one looks
        at; where turns came too late for long, it is taken all the same. `again` tells that the
        turn was given before, to an invocation that may have been stopped.
        """
        with self._noting_errors(self._round.root):
            self._round.load()
            self._amid = self._round.round.amid
            if again and self._amid is None:
                self._amid = ()
            if late is not None and not self._round.must_be_taken(late):
                self._drop(late)
                return self.summary
            if late is not None and self._amid is None:
                self._amid = ()  # it may come again so late that it is dropped unseen
            self._work()
            self._sweep()
        return self.summary

    def _work(self) -> None:
        if self._round.round.amid and not self._round.is_another_there():
            self._pass_over(self._round.round.amid)
        before, stopped = self._round.round, False
        if before.amid:  # where another is at work is not where this one was stopped
            before = replace(before, amid=())
        try:
            for place in self._circle.around(before.resume_at):
                self._visit(place)
            self._round.keep(before if self._is_besides else Round())
        except OutOfTimeError:
            stopped = True
            self._stop(before)
        with self._noting_errors(self._round.root):
            self._runs.stop(self._at[1:] if stopped else ())

    def _pass_over(self, amid: Position) -> None:
        """Go on behind a scope amid which the function was stopped, which could not be read then.

        It would be stopped there again, and whatever comes behind it be read never. So this turn
        ends before it, and the next one begins with it: those of other watches come in between. It
        counts once: what is at work is noted first.
        """
        *above, name = self._passed_over = amid
        behind = replace(self._round.round, resume_at=(*above, name + chr(0)), amid=())
        self._round.keep(behind)
        scope = self._circle.scope_at(amid)
        if scope is not None:
            with self._noting_errors(scope):
                self._fail(scope, STOPPED)

    def _sweep(self) -> None:
        """Take back once a day that scopes are unreachable which nobody watches any more."""
        swept_at = self._round.first.swept_at
        if swept_at is not None and self._round.began - swept_at < SWEEP_EVERY:
            return
        if recover_unwatched(self._worker, self._lane, self._own):
            self._round.keep(self._round.round, swept_at=self._round.began)

    def _drop(self, tick: datetime) -> None:
        """Note that a turn was dropped, since when they are, and how old that makes the watches."""
        since = self._round.round.dropped_since or tick
        self.summary.counts.update(Dropped=1)
        self._round.keep(replace(self._round.round, dropped_since=since, amid=self._amid))
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

    def come_to(self, root: Scope, from_: Position) -> None:
        """Learn of the runs that a watch expects at a root, which the turn comes to."""
        with self._noting_errors(root):
            self._runs.begin(root, from_)

    def leave(self, root: Scope) -> None:
        """Have learned of the runs of a root, which the turn leaves."""
        with self._noting_errors(root):
            self._runs.end()

    def held(self, place: Place, from_: Position) -> list[Place]:
        """Look up what something that is gone held, once in a turn."""
        at, scope = place.position, place.scope
        if at not in self._found:
            self._begin(scope, at, from_)
            names: Collection[str] = ()
            with self._noting_errors(scope), self._counting_failures(scope, at):
                names = self._worker.held_by_gone(scope, self._round.health(scope))
            source = self._worker.source(scope)
            children = ((name, child_of(scope, source, name)) for name in sorted(names))
            self._found[at] = [Place((*at, name), child, scope) for name, child in children]
        return self._found[at]

    def children(self, scope: Scope, at: Position, from_: Position) -> list[Place]:
        """Discover what a parent scope holds, once in a turn.

        What had to be listed and was not asked for is not kept: once around, the turn stops there,
        and the next one lists.
        """
        if at in self._found:
            return self._found[at]
        self._begin(scope, at, from_)
        found: list[Place] = []
        is_settled = True
        with self._noting_errors(scope), self._counting_failures(scope, at):
            found, is_settled = self._discover(scope, at, amid=bool(from_))
        if is_settled:
            self._found[at] = found
        return found

    def _discover(self, scope: Scope, at: Position, *, amid: bool) -> tuple[list[Place], bool]:
        """Give what a parent scope holds, and whether that was asked for or need not be."""
        before, alone = self._round.health(scope), self._is_alone(at)
        worker = self._runs.worker
        outcome, children, gone = worker.discover(scope, before, alone=alone, amid=amid)
        self._note(before, outcome)
        self._doubt_parents(outcome, at)
        there = [Place((*at, child.innermost), child) for child in children]
        there += [Place((*at, child.innermost), child, scope) for child in gone]
        if before.reopens and outcome.error is None:
            there.append(Place((*at, LAST), scope, scope))
        is_settled = outcome.list_calls > 0 or outcome.error is None
        return sorted(there, key=lambda place: place.position), is_settled

    def _visit(self, place: Place) -> None:
        scope = place.scope
        self._begin(scope, place.position)
        with self._noting_errors(scope), self._counting_failures(scope, place.position):
            self._read(scope, place.parent)

    def _read(self, scope: Scope, parent: Scope | None) -> None:
        if parent is None:
            before = self._round.health(scope)
            outcome = self._runs.worker.visit(scope, before, self._round.passed())
            self._note(before, outcome)
            self._doubt_parents(outcome, self._at)
        elif parent == scope:
            before = self._round.health(scope)
            self._note(before, self._worker.visit_gone(scope, before)[0], is_gone=True)
        elif settle_gone(scope, self._worker, partial(self._note, is_gone=True)):
            self._worker.table.forget_child(parent, scope.innermost)

    def _doubt_parents(self, outcome: Outcome, at: Position) -> None:
        """Have what holds a scope be listed by the next turn, before that is called unreachable.

        It may be gone: between two discoveries, its list only fails.
        """
        is_next = outcome.error and outcome.health.failures == UNREACHABLE_AFTER - 1
        if not is_next or self._worker.discover_every(outcome.scope) is None:
            return
        for depth in range(1, len(at)):
            parent = self._circle.scope_at(at[:depth])
            if parent is not None and self._worker.has_time_for_health():
                health = self._worker.doubt(parent, self._round.health(parent))
                self._round.note(parent, health)

    def _begin(self, scope: Scope, at: Position, from_: Position = ()) -> None:
        """Begin with a place, if there is time: the lane goes on there where there is none."""
        self._at = (*at, *from_)
        if at == self._passed_over:
            raise OutOfTimeError
        self._require_time(scope)
        if self._amid is not None:
            with self._noting_errors(scope):
                self._round.keep(self._round.at_work(at))
            self._require_time(scope)

    def _require_time(self, scope: Scope) -> None:
        if not self._worker.has_time_for(scope):
            raise OutOfTimeError

    def _note(self, before: Health, outcome: Outcome, *, is_gone: bool = False) -> None:
        self._runs.note(before, outcome, is_gone=is_gone)
        self.summary.note(outcome, self._worker.clock())
        self._round.note(outcome.scope, outcome.health)

    def _stop(self, before: Round) -> None:
        """Remember where there was no time left, and how long ago all was read at the latest."""
        after = stopped_at(before, self._at, self._round.began, wrapped=self._circle.wrapped)
        noted = before if self._is_besides else after
        self._round.keep(noted if self._amid is None else replace(noted, amid=()))
        self._note_age(after.previous_began or self._round.began)

    def _note_age(self, since: datetime) -> None:
        age = (self._worker.clock() - since).total_seconds()
        for root in self._roots.values():
            self.summary.age(root.watch, age)


def _unexpected(error: Exception) -> SourceError:
    """Give what is told of an error of ours: its text may quote an answer, and is in the log."""
    return SourceError("UnexpectedAnswer", f"{type(error).__name__} amid it: see poll's log")
