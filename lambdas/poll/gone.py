"""What is gone: jobs of a parent that was deleted, scopes that no watch looks into any more."""

from collections.abc import Callable

from lambdas.members import members_are_unknown
from lambdas.model import Health, OutOfTimeError, Scope
from lambdas.plan import Watch
from lambdas.poll.summary import Outcome
from lambdas.poll.worker import Worker
from lambdas.scopes import child_of, is_parent, missing_parameter, scope_of, sources_there


def settle_gone(scope: Scope, worker: Worker, note: Callable[[Health, Outcome], object]) -> bool:
    """Learn what became of the unfinished jobs of a scope that is gone; tell if that is done.

    What a parent holds is settled before it. `note` gets what was known of the scope, and what its
    visit came to.
    """
    before = worker.table.read_health(scope)
    if missing_parameter(scope, worker.source(scope)):
        worker.leave(scope, before)
        held = worker.table.children(scope, worker.deadline)
        return not before.held_before and next(held, None) is None
    outcome, done = worker.visit_gone(scope, before)
    note(before, outcome)
    return done


def recover_unwatched(worker: Worker, lane: tuple[str, str, str], own: tuple[str, str]) -> bool:
    """Take back that a scope is unreachable of which the plan knows nothing any more.

    Whether what is in another lane is still there is for that one to find out: it would take this
    one's time. It tells if there was time for all of it.
    """
    try:
        return _recover(worker, lane, own)
    except OutOfTimeError:
        return False


def _recover(worker: Worker, lane: tuple[str, str, str], own: tuple[str, str]) -> bool:
    if not worker.has_time_for_health():
        return False
    held = _Held(worker)
    for scope in worker.table.unreachable(worker.deadline):
        if not worker.has_time_for_health():
            return False
        if _is_watched(scope, worker, own) and (
            _lane_of(scope, worker) != lane or held.has(scope, worker.watch(scope))
        ):
            continue
        if not worker.has_time_for_health():
            return False
        health = worker.table.read_health(scope)
        if health.unreachable:
            worker.leave(scope, health)
    return True


def _is_watched(scope: Scope, worker: Worker, own: tuple[str, str]) -> bool:
    watch = worker.plan.watches.get(scope.watch)
    if watch is None or scope.source not in watch.sources:
        return False
    return members_are_unknown(watch) or (
        scope.source in sources_there(worker.plan, watch, scope.account, scope.region, own)
        and all(scope.parameters.get(k) == v for k, v in watch.parameters.items())
    )


def _lane_of(scope: Scope, worker: Worker) -> tuple[str, str, str]:
    return worker.source(scope).service, scope.account, scope.region


class _Held:
    """Tells whether a lane comes to scopes; what a parent holds is looked up once."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._names: dict[tuple[str, ...], set[str]] = {}

    def has(self, scope: Scope, watch: Watch) -> bool:
        """Tell it of one, level by level, from where its watch begins to look.

        As long as a parent was never read, it may hold whatever there is.

        :raises OutOfTimeError: when no time is left to look up what a parent holds.
        """
        source, table = self._worker.source(scope), self._worker.table
        above = scope_of(watch, source.name, scope.account, scope.region, watch.parameters)
        while above.parameters != scope.parameters:
            name = scope.parameters.get(missing_parameter(above, source) or "")
            if name is None or not is_parent(above, watch, source):
                return False
            if name not in self._names_in(above):
                health = table.read_health(above)
                return name in health.held_before or health.read_at is None
            above = child_of(above, source, name)
        return True

    def _names_in(self, parent: Scope) -> set[str]:
        """Name what a parent holds, also if that is known to be gone."""
        key = (parent.watch, parent.source, *parent.parameters.values())
        if key not in self._names:
            children = self._worker.table.children(parent, self._worker.deadline)
            self._names[key] = {name for name, _ in children}
        return self._names[key]
