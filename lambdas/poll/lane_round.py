"""How far a lane is: the table has it in the health of the lane's first scope."""

from dataclasses import replace
from datetime import datetime, timedelta

from lambdas.health import begun
from lambdas.messages import Turn
from lambdas.model import Health, Round, Scope
from lambdas.plan import Plan
from lambdas.poll.worker import Worker
from lambdas.scopes import sources_in

LONGEST_DROPPED = timedelta(minutes=10)
"""How long a lane's turns come too late at most before one is taken all the same: where others take
all the time, each in time, those of a quick cadence may always be too old."""


class LaneRound:
    """The round of a lane, and the health of its first scope, `root`, which is with it."""

    def __init__(self, root: Scope, worker: Worker) -> None:
        self.root, self._worker = root, worker
        self.began = worker.clock()
        self.first = Health()

    @property
    def round(self) -> Round:
        """How far the lane is."""
        return self.first.round

    def load(self) -> None:
        """Read what the table knows."""
        self.first = self._worker.table.read_health(self.root)

    def health(self, scope: Scope) -> Health:
        """Give the health of any scope."""
        return self.first if scope == self.root else self._worker.table.read_health(scope)

    def note(self, scope: Scope, health: Health) -> None:
        """Note the health that was stored of any scope."""
        if scope == self.root:
            self.first = health

    def passed(self) -> datetime:
        """Give when a place that is ahead was last passed at the latest: a lap may take turns."""
        times = (self.round.previous_began, self.round.began, self.round.dropped_since)
        return min((each for each in times if each is not None), default=self.began)

    def at_work(self, at: tuple[str, ...]) -> Round:
        """Give the round with the place where this invocation is at work, and for how long."""
        return replace(self.round, amid=at, amid_until=self._worker.ends())

    def is_another_there(self) -> bool:
        """Tell whether who noted a place may be at work there still, and was not stopped amid it.

        No lane has two turns at a time. But who may invoke poll gives it what message they like.
        """
        until = self.round.amid_until
        return until is not None and until > self._worker.clock()

    def must_be_taken(self, tick: datetime) -> bool:
        """Tell whether the turns before that of a tick were dropped for too long.

        One amid which an invocation was stopped was taken. Those that waited behind it are dropped,
        or others of the lane, which wait behind these, would never have a turn.
        """
        since, amid_until = self.round.dropped_since or tick, self.round.amid_until
        if self.round.amid and amid_until is not None and tick <= amid_until:
            return False
        return tick - since > LONGEST_DROPPED

    def keep(self, after: Round, swept_at: datetime | None = None) -> None:
        """Store how far the lane is, unless that is as it was.

        Where another write is there, it may be one of this turn that was called an error, or a late
        one of the turn before: it goes on from that.
        """
        if not self._stores(after, swept_at) and self._worker.has_time_for_health():
            self.load()
            self._stores(after, swept_at)

    def _stores(self, after: Round, swept_at: datetime | None) -> bool:
        health = self.first
        swept_at = swept_at or health.swept_at
        if (after, swept_at) == (health.round, health.swept_at):
            return True
        if not health.version:
            health = begun(health, self.began, self._worker.retention)
        stored = replace(health, version=health.version + 1, round=after, swept_at=swept_at)
        # Also if that is called an error: it may be there.
        self.first = replace(health, round=after)
        done = self._worker.table.put_health(self.root, stored)
        if done:
            self.first = stored
        return done


def is_all_of_a_cadence(turn: Turn, plan: Plan, own: tuple[str, str]) -> bool:
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
