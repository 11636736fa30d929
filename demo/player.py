"""Plays a story in a world while listening to what the stack says about it."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from demo.check import settled
from demo.listen import Alert, Ears, Event
from demo.local_aws import LocalAws
from demo.own_jobs import Act
from demo.plot import Expected, Job, Thing, expected, records_at
from demo.world import World

PATIENCE = 45.0
"""Seconds after the end of the story in which what is still on its way may arrive."""
TICK = 0.25


@dataclass(frozen=True)
class Story:
    """What is played: jobs, what they live in, jobs of the local AWS itself, and how long."""

    jobs: Sequence[Job]
    things: Sequence[Thing]
    length: float
    acts: Sequence[Act] = ()

    def set_scene(self, world: World) -> None:
        """Show what exists before the story begins."""
        world.show(records_at(0, datetime.now(UTC), self.jobs, self.things))


@dataclass
class Heard:
    """What was heard so far, and of whom something must be heard."""

    expected: list[Expected]
    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)

    @property
    def names(self) -> Mapping[str, str]:
        """How the story calls each job."""
        return {job.job_id: job.name for job in self.expected}

    def listen(self, ears: Ears) -> tuple[list[Event], list[Alert]]:
        """Take what has arrived since the last time."""
        events, alerts = ears.events(), ears.alerts()
        self.events += events
        self.alerts += alerts
        return events, alerts

    @property
    def settled(self) -> bool:
        """Whether all that must be heard has been heard."""
        return settled(self.expected, self.events, self.alerts)


News = Callable[[float, Heard, Iterable[Event], Iterable[Alert]], None]


def play(story: Story, world: World, aws: LocalAws, ears: Ears, news: News) -> Heard:
    """Play a story to its end, and wait until all that must be heard of it was heard.

    `news` is called several times a second with the seconds since the beginning, all that was
    heard, and what of that is new.
    """
    heard = Heard(expected(story.jobs))
    began, wall = time.monotonic(), datetime.now(UTC)
    acts = sorted(story.acts, key=lambda act: act.at)
    seconds = 0.0
    while seconds < story.length or (not heard.settled and seconds < story.length + PATIENCE):
        world.show(records_at(seconds, wall, story.jobs, story.things))
        while acts and acts[0].at <= seconds:
            started = acts.pop(0).do(aws)
            heard.expected += [started] if started else []
        events, alerts = heard.listen(ears)
        news(seconds, heard, events, alerts)
        time.sleep(TICK)
        seconds = time.monotonic() - began
    return heard
