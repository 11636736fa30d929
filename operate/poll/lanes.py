"""Polls every lane of a plan once, side by side as in Lambda, until it is done or stopped."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from lambdas.apis.clients import Clients
from lambdas.deadline import Clock
from lambdas.lanes import turns_of
from lambdas.messages import Turn
from lambdas.plan import Plan
from lambdas.poll.poller import Poller
from lambdas.poll.summary import Summary
from lambdas.store.table import WRITERS, Table
from operate.poll.table import MemoryTable

LONGEST = 3_600.0
"""Seconds that a lane has: what is not read by then is said, and is where the next poll goes on."""
NAME = "here"
"""The table's, which nobody sees."""


@dataclass(frozen=True, slots=True)
class Polling:
    """What a poll works with; `own` are the account and the region that it is called for.

    `clock` tells the time, `timer` counts the seconds that a lane has.
    """

    plan: Plan
    memory: MemoryTable
    clients: Clients
    own: tuple[str, str]
    clock: Clock
    timer: Callable[[], float] = time.monotonic
    seconds: float = LONGEST

    def turns(self) -> list[Turn]:
        """Give each lane its turn, as a person wants it."""
        return turns_of(self.plan, self.plan.watches.values(), self.own, self.clock(), None)

    def poll(self, done: Callable[[Turn], None] = lambda _: None) -> Mapping[Turn, Summary]:
        """Poll each lane, and tell of each that is done; who is stopped begins no call any more."""
        stopped = threading.Event()

        def timer() -> float:
            return float("inf") if stopped.is_set() else self.timer()

        with ThreadPoolExecutor(WRITERS) as writers:
            table = Table(self.memory, NAME, writers)
            poller = Poller(self.plan, table, self.clients, self.clock, timer, self.own)

            def take(turn: Turn) -> Summary:
                return poller.poll(replace(turn, tick=self.clock()), self.timer() + self.seconds)

            with ThreadPoolExecutor(self.plan.concurrency) as lanes:
                work = {lanes.submit(take, turn): turn for turn in self.turns()}
                try:
                    for each in as_completed(work):
                        each.result()
                        done(work[each])
                except BaseException:
                    stopped.set()
                    lanes.shutdown(wait=False, cancel_futures=True)
                    raise
        return {turn: each.result() for each, turn in work.items()}
