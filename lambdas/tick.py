"""One tick: every scope of the watches that are due, side by side.

Each service in each account and region has threads of its own, so that one that is slow or
throttled delays no other. What is too much for one invocation, or has no time left in it, is
handed over to later ones.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from lambdas.apis.clients import Clients
from lambdas.apis.reader import Reader
from lambdas.descend import bury, discover
from lambdas.model import Visit
from lambdas.plan import Plan, Watch
from lambdas.record import Recorder
from lambdas.scopes import first_scopes, is_broad
from lambdas.store import Table
from lambdas.summary import Summary
from lambdas.visit import Outcome, poll

MOST = 100
"""Scopes that one invocation takes on; those below a broad one are not torn apart."""
_THREADS = 4


class Tick:
    """Visits scopes until none is left, or hands them over.

    `clock` tells the time, aware and in UTC; `deadline` is a value of `timer`. `hand_over` takes
    the visits that are for later invocations: what is beyond `most`, or what no time is left for.
    `due` is the time for which a schedule wants the tick; None: a person wants it now, and idle
    scopes are asked, too.
    """

    def __init__(
        self,
        plan: Plan,
        table: Table,
        clients: Clients,
        *,
        clock: Callable[[], datetime],
        deadline: float,
        hand_over: Callable[[Sequence[Visit]], None],
        due: datetime | None = None,
        most: int = MOST,
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._plan = plan
        self._table = table
        self._clients = clients
        self._clock = clock
        self._deadline = deadline
        self._hand_over = hand_over
        self._due = due
        self._most = most
        self._timer = timer
        self._pools: dict[tuple[str, str, str], ThreadPoolExecutor] = {}
        self._waiting: dict[Future[Outcome | None], Visit] = {}
        self._taken = 0
        self._left: list[Visit] = []
        self.summary = Summary()

    def run(self, watches: Iterable[Watch], account: str, region: str) -> Summary:
        """Visit every scope of the watches; `account` and `region` are the function's own."""
        return self.go_on(
            [Visit(s) for watch in watches for s in first_scopes(watch, account, region)]
        )

    def go_on(self, visits: Sequence[Visit], *, handed: bool = False) -> Summary:
        """Make visits, and those that follow from them; `handed` are from an earlier invocation."""
        try:
            self._take(visits, all_of_them=handed)
            while self._waiting:
                done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    self._finish(future, self._waiting.pop(future))
        finally:
            for pool in self._pools.values():
                pool.shutdown(cancel_futures=True)
        if self._left:
            self._pass_on()
        return self.summary

    def _pass_on(self) -> None:
        try:
            self._hand_over(self._left)
            self.summary.counts.update(Queued=len(self._left))
        except Exception as error:  # noqa: BLE001  ours: the next tick begins with all of them
            one_of_each = {visit.scope.watch: visit.scope for visit in self._left}
            self.summary.errors += [(scope, error) for scope in one_of_each.values()]

    def _take(self, visits: Sequence[Visit], *, all_of_them: bool = False) -> None:
        """Make visits here if they are not too many; those of one broad scope stay together."""
        if self._taken + len(visits) > self._most and not all_of_them:
            self._left += visits
            return
        self._taken += len(visits)
        for visit in visits:
            self._submit(visit)

    def _submit(self, visit: Visit) -> None:
        scope = visit.scope
        lane = (self._watch(visit).source.service, scope.account, scope.region)
        if lane not in self._pools:
            self._pools[lane] = ThreadPoolExecutor(_THREADS)
        self._waiting[self._pools[lane].submit(self._visit, visit)] = visit

    def _watch(self, visit: Visit) -> Watch:
        return self._plan.watches[visit.scope.watch]

    def _visit(self, visit: Visit) -> Outcome | None:
        """Visit a scope; None when there is no time left to begin."""
        if self._timer() > self._deadline:
            return None
        watch, scope = self._watch(visit), visit.scope
        client = partial(self._clients.client, watch.source.service, scope)
        reader = Reader(client, watch.source, scope, self._deadline, self._timer)
        retention = timedelta(seconds=self._plan.retention)
        recorder = Recorder(watch, self._table, self._clock, retention)
        broad = is_broad(scope, watch)
        if visit.bury:
            outcome = bury(visit, recorder, reader, broad=broad)
        elif broad:
            outcome = discover(visit, recorder, reader)
        else:
            outcome = poll(visit, recorder, reader, self._due)
        return replace(outcome, list_calls=reader.calls.list, get_calls=reader.calls.get)

    def _finish(self, future: Future[Outcome | None], visit: Visit) -> None:
        try:
            outcome = future.result()
        except Exception as error:  # noqa: BLE001  ours: told at the end, when all had a turn
            self.summary.errors.append((visit.scope, error))
            return
        if outcome is None:
            self._left.append(visit)
            return
        self.summary.note(outcome, self._clock())
        if outcome.yielded:
            self._submit(replace(visit, last=True))
        if outcome.rest:
            self._left.append(outcome.rest)
        self._take(outcome.below or ())
