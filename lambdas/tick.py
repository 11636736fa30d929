"""One tick: every scope of the watches that are due, side by side.

Each service in each account and region has threads of its own, so that one that is slow or
throttled delays no other.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from lambdas.clients import Clients
from lambdas.model import Health, Scope
from lambdas.plan import Plan, Watch
from lambdas.read import Reader
from lambdas.store import Table
from lambdas.summary import Summary
from lambdas.visit import Outcome, Visitor

_THREADS = 4


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
        if lane not in self._pools:
            self._pools[lane] = ThreadPoolExecutor(_THREADS)
        future = self._pools[lane].submit(self._visit, watch, scope, quiet_before, bury=bury)
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
        self.summary.note(outcome, self._clock())
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
        try:
            if not family.broken:
                family.visitor.settle(family.scope, family.health, frozenset(family.busy))
        except Exception as error:  # noqa: BLE001  ours, as above
            self.summary.errors.append((family.scope, error))
        busy = bool(family.busy)
        self._leave(family.above, family.scope, busy, broken=family.broken)


def _first_scopes(watch: Watch, account: str, region: str) -> Iterable[Scope]:
    own = Scope(watch.name, watch.source.name, account, region, dict(watch.parameters))
    others = [
        replace(own, account=a.id, role=a.role, external_id=a.external_id) for a in watch.accounts
    ]
    for scope in others or [own]:
        for place in watch.regions or (region,):
            yield replace(scope, region=place)
