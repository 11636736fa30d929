"""Closing what is gone: jobs of a parent that was deleted, scopes that no watch looks into."""

from lambdas.model import Scope
from lambdas.plan import Plan
from lambdas.poll.summary import Summary
from lambdas.poll.worker import Worker
from lambdas.scopes import child_of, is_parent, looks_into


def close_lost(scope: Scope, worker: Worker, summary: Summary) -> bool:
    """Learn what became of the unfinished jobs of a scope that is gone; tell if that is done.

    :raises OutOfTimeError: when no time is left for all of it; the rest is done next time.
    """
    watch, table = worker.watch(scope), worker.table
    before = table.read_health(scope)
    if not is_parent(scope, watch):
        outcome, done = worker.close(scope, before)
        summary.note(outcome, worker.clock())
        return done
    left = 0
    for name in sorted(table.children(scope) | {*before.held_before}):
        if close_lost(child_of(scope, watch.source, name), worker, summary):
            table.forget_child(scope, name)
        else:
            left += 1
    if before.unreachable:
        worker.recover(scope, before)
    return not left


def close_removed(worker: Worker, own_account: str, own_region: str) -> None:
    """Take back that a scope is unreachable of which the plan knows nothing any more."""
    for scope in worker.table.unreachable():
        if not _is_watched(scope, worker.plan, own_account, own_region):
            worker.recover(scope, worker.table.read_health(scope))


def _is_watched(scope: Scope, plan: Plan, own_account: str, own_region: str) -> bool:
    watch = plan.watches.get(scope.watch)
    return (
        watch is not None
        and watch.source.name == scope.source
        and looks_into(watch, scope.account, scope.region, own_account)
        and scope.region in (watch.regions or (own_region,))
        and all(scope.parameters.get(k) == v for k, v in watch.parameters.items())
    )
