"""One turn of a lane: which of its watches come too late, and until when there is time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from lambdas.apis.clients import Clients
from lambdas.deadline import Clock, Deadline
from lambdas.messages import Turn, is_forgotten, late_watches
from lambdas.plan import Plan
from lambdas.poll.lane import Lane
from lambdas.poll.summary import Summary
from lambdas.poll.worker import ENDING_SECONDS, Worker
from lambdas.store.table import Table


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls lanes; `own` are the stack's account and region, `timer` is that of the deadlines."""

    plan: Plan
    table: Table
    clients: Clients
    clock: Clock
    timer: Callable[[], float]
    own: tuple[str, str]

    def poll(self, turn: Turn, ends: float, *, again: bool = False) -> Summary:
        """Poll a lane, until `ends`, a value of the timer.

        Watches that waited longer than their cadence come too late. Those that a person asks for
        never do: a schedule's turn leaves idle scopes alone. But a turn that waited so long that
        the queue may forget it is dropped unseen, and a person's after an hour. `again` tells that
        the message was received before, by an invocation that may have been stopped.
        """
        summary = Summary()
        now = self.clock()
        if is_forgotten(turn, self.plan, now):
            summary.counts.update(Dropped=1)
            return summary
        late = late_watches(turn, self.plan, now)
        fresh = tuple(name for name in turn.watches if name not in late)
        deadline = Deadline(ends - ENDING_SECONDS, self.timer)
        worker = Worker(self.plan, self.table, self.clients, self.clock, deadline, turn.due)
        lanes = [(late, turn.tick), (fresh, None)]
        # Where it was stopped amid those that came too late, the others come first.
        for watches, tick in reversed(lanes) if again else lanes:
            if watches:
                lane = Lane(replace(turn, watches=watches), worker, self.own)
                summary.add(lane.take(late=tick, again=again))
        return summary
