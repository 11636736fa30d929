"""One tick: every scope of the watches that are due, side by side.

Each service in each account and region has threads of its own, so that one that is slow or
throttled delays no other.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from lambdas.clients import Clients
from lambdas.model import Health, Scope
from lambdas.plan import Plan, Watch
from lambdas.read import Reader
from lambdas.store import Table
from lambdas.visit import Outcome, Visitor

_THREADS = 4


@dataclass(slots=True)
class Summary:
    """What a tick did: counts, the scopes that could not be read, and our own errors.

    `ages` is how many seconds ago the scopes of each watch were last read completely: those of the
    scope that is worst off. One that was read now is 0 old, and one that can't be read counts from
    its first failed read in a row, which the table remembers.
    """

    counts: Counter[str] = field(default_factory=Counter)
    ages: dict[str, float] = field(default_factory=dict)
    unread: list[dict[str, Any]] = field(default_factory=list)
    errors: list[tuple[Scope, Exception]] = field(default_factory=list)


@dataclass(slots=True)
class _Family:
    """A broad scope, how many of those below it are still to be visited, and which are busy.

    One that could not be stored leaves the family broken: it is settled by another tick.
    """

    scope: Scope
    health: Health
    visitor: Visitor
    above: "_Family | None"
    waiting: int
    broken: bool = False
    busy: set[str] = field(default_factory=set)


class Tick:
    """Visits scopes until none is left.

    `clock` tells the time, aware and in UTC; `deadline` is a `time.monotonic()` value.
    """

    def __init__(
        self,
        plan: Plan,
        table: Table,
        clients: Clients,
        clock: Callable[[], datetime],
        deadline: float,
    ) -> None:
        self._plan = plan
        self._table = table
        self._clients = clients
        self._clock = clock
        self._deadline = deadline
        self._pools: dict[tuple[str, str, str], ThreadPoolExecutor] = {}
        self._waiting: dict[Future[Outcome], tuple[Watch, Scope, _Family | None]] = {}
        self.summary = Summary()

    def run(self, watches: Iterable[Watch], account: str, region: str) -> Summary:
        """Visit every scope of the watches; `account` and `region` are the function's own."""
        try:
            for watch in watches:
                for scope in _first_scopes(watch, account, region):
                    self._submit(watch, scope, None)
            while self._waiting:
                done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    self._finish(future, *self._waiting.pop(future))
        finally:
            for pool in self._pools.values():
                pool.shutdown(cancel_futures=True)
        return self.summary

    def _submit(
        self,
        watch: Watch,
        scope: Scope,
        family: _Family | None,
        quiet_before: datetime | None = None,
        *,
        bury: bool = False,
    ) -> None:
        lane = (watch.source.service, scope.account, scope.region)
        pool = self._pools.setdefault(lane, ThreadPoolExecutor(_THREADS))
        future = pool.submit(self._visit, watch, scope, quiet_before, bury=bury)
        self._waiting[future] = (watch, scope, family)

    def _visit(
        self, watch: Watch, scope: Scope, quiet_before: datetime | None, *, bury: bool
    ) -> Outcome:
        client = partial(self._clients.client, watch.source.service, scope)
        reader = Reader(client, watch.source, scope, self._deadline)
        visitor = self._visitor(watch)
        broad = watch.jobs is None and any(
            parent.parameter not in scope.parameters for parent in watch.source.parents
        )
        if bury:
            outcome = visitor.bury(scope, reader, broad=broad)
        elif broad:
            outcome = visitor.discover(scope, reader, quiet_before)
        else:
            outcome = visitor.poll(scope, reader, quiet_before)
        return replace(outcome, list_calls=reader.calls.list, get_calls=reader.calls.get)

    def _visitor(self, watch: Watch) -> Visitor:
        return Visitor(watch, self._table, self._clock, timedelta(seconds=self._plan.retention))

    def _finish(
        self, future: Future[Outcome], watch: Watch, scope: Scope, family: _Family | None
    ) -> None:
        try:
            outcome = future.result()
        except Exception as error:  # noqa: BLE001  ours: told at the end, when all had a turn
            self.summary.errors.append((scope, error))
            self._leave(family, scope, None, broken=True)
            return
        self._count(outcome)
        if outcome.children is None:
            self._leave(family, scope, outcome.busy)
        else:
            self._descend(watch, outcome, family)

    def _descend(self, watch: Watch, outcome: Outcome, above: _Family | None) -> None:
        """Visit what is below a broad scope, and what was and had unfinished jobs."""
        health, children, lost = outcome.health, outcome.children or (), outcome.lost
        quiet_before = health.quiet_before
        if health.read_at is not None:
            quiet_before = health.quiet_before or health.began_at
        below = len(children) + len(lost)
        family = _Family(outcome.scope, health, self._visitor(watch), above, below)
        for child in children:
            self._submit(watch, child, family, quiet_before)
        for child in lost:
            self._submit(watch, child, family, bury=True)
        if not below:
            self._settle(family)

    def _leave(
        self, family: _Family | None, scope: Scope, busy: bool | None, *, broken: bool = False
    ) -> None:
        """Count a visited scope out of its family; the last one settles it."""
        if family is None:
            return
        if busy or (busy is None and scope.innermost in family.health.busy):
            family.busy.add(scope.innermost)
        family.broken |= broken
        family.waiting -= 1
        if family.waiting == 0:
            self._settle(family)

    def _settle(self, family: _Family) -> None:
        if not family.broken:
            family.visitor.settle(family.scope, family.health, frozenset(family.busy))
        busy = bool(family.busy)
        self._leave(family.above, family.scope, busy, broken=family.broken)

    def _count(self, outcome: Outcome) -> None:
        self._age(outcome)
        kind = "ScopesBroad" if outcome.children is not None else "Scopes"
        self.summary.counts.update({kind: 1})
        self.summary.counts.update(
            Jobs=outcome.jobs,
            Changes=outcome.changes,
            ListCalls=outcome.list_calls,
            GetCalls=outcome.get_calls,
        )
        if outcome.error:
            scope = outcome.scope
            self.summary.unread.append(
                {
                    "watch": scope.watch,
                    "account": scope.account,
                    "region": scope.region,
                    "parameters": dict(scope.parameters),
                    "error": outcome.error.code,
                    "message": outcome.error.message,
                }
            )

    def _age(self, outcome: Outcome) -> None:
        since = outcome.health.since if outcome.error else None
        ages = self.summary.ages
        age = (self._clock() - since).total_seconds() if since else 0.0
        ages[outcome.scope.watch] = max(age, ages.get(outcome.scope.watch, 0.0))


def _first_scopes(watch: Watch, account: str, region: str) -> Iterable[Scope]:
    accounts: list[tuple[str, str | None]] = [(a.id, a.role) for a in watch.accounts]
    for account_id, role in accounts or [(account, None)]:
        for place in watch.regions or (region,):
            yield Scope(
                watch.name, watch.source.name, account_id, place, dict(watch.parameters), role
            )
