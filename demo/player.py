"""Plays a story in a world while listening to what the stack announces."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from demo.check import complete
from demo.earlier import remember
from demo.listen import Alert, Event, Listener
from demo.local_aws import LocalAws
from demo.own_jobs import Action
from demo.timeline import Clock, Expected, Job, Parent, expected, late_run, records_at
from demo.world import World
from lambdas.plan import Plan

PATIENCE = 45.0
"""Seconds after the end of the story in which what is still on its way may arrive."""
TICK = 0.25


@dataclass(frozen=True)
class Story:
    """What is played: jobs, their parents, what is done in the local AWS itself, and how long.

    `late` names the watches of which a run is missing and comes after all.
    """

    jobs: Sequence[Job]
    parents: Sequence[Parent]
    length: float
    actions: Sequence[Action] = ()
    late: Sequence[str] = ()

    def begin(self, aws: LocalAws, table: str, plan: Plan, now: datetime) -> None:
        """Have the table know what it would of watches that have been there for a while."""
        for name in self.late:
            remember(aws, table, plan.watches[name], now)

    def show(self, world: World, seconds: float, clock: Clock) -> None:
        """Show what exists so many seconds after the beginning."""
        world.show(records_at(seconds, clock, self.jobs, self.parents))


@dataclass
class Received:
    """What was received so far, and what must be."""

    expected: list[Expected]
    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)

    def receive(self, listener: Listener) -> tuple[list[Event], list[Alert]]:
        """Take what has arrived since the last time."""
        events, alerts = listener.events(), listener.alerts()
        self.events += events
        self.alerts += alerts
        return events, alerts

    @property
    def complete(self) -> bool:
        """Whether all that must be received was."""
        return complete(self.expected, self.events, self.alerts)


OnArrival = Callable[[float, Received, Iterable[Event], Iterable[Alert]], None]


def play(
    story: Story,
    world: World,
    aws: LocalAws,
    listener: Listener,
    on_arrival: OnArrival,
    *,
    shown: datetime,
) -> Received:
    """Play a story to its end, and wait until all that must be received was.

    `on_arrival` is called several times a second with the seconds since the beginning, all that was
    received, and what of that is new. What exists already was `shown` then.
    """
    received = Received([*expected(story.jobs), *map(late_run, story.late)])
    began, clock = time.monotonic(), Clock(shown, datetime.now(UTC))
    actions = sorted(story.actions, key=lambda action: action.at)
    seconds = 0.0
    while seconds < story.length or (not received.complete and seconds < story.length + PATIENCE):
        story.show(world, seconds, clock)
        while actions and actions[0].at <= seconds:
            started = actions.pop(0).do(aws)
            received.expected += [started] if started else []
        events, alerts = received.receive(listener)
        on_arrival(seconds, received, events, alerts)
        time.sleep(TICK)
        seconds = time.monotonic() - began
    return received
