"""How a story works: jobs that take steps, what the services answer at a moment, what must follow.

Pure functions of the time since the story began. What is at 0 or before exists when it is shown
first, and has its times from then: a job that is created anew is another one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from demo.records import Moment, job_id
from demo.world import Place, Record
from lambdas.model import JOB_OVERRUNNING, RUN_ARRIVED, RUN_MISSING

GONE = "NOT_FOUND"
"""The step at which a job exists no more, by the raw status that is announced then."""

MEANINGS: Mapping[str, str] = {
    **dict.fromkeys(("CREATED", "PENDING_JOB", "WAITING", "SUBMITTED"), "PENDING"),
    **dict.fromkeys(("PREPARING_FOR_INITIALIZATION", "INITIALIZING"), "PENDING"),
    **dict.fromkeys(("PROCESSING", "COMPLETING", "FAILING", "IN_PROGRESS"), "RUNNING"),
    **dict.fromkeys(("FAILED", "ERROR", "TIMED_OUT"), "FAILED"),
    "COMPLETED": "SUCCEEDED",
    "CANCELLED": "CANCELLED",
    GONE: "UNKNOWN",
}
ALERTED = frozenset({"FAILED", "PARTIAL"})
OPENING = frozenset({JOB_OVERRUNNING, RUN_MISSING})
"""The detail types that are alerts as well, of which the story tells the end."""


@dataclass(frozen=True)
class Clock:
    """When what exists was shown first, and when the story began."""

    shown: datetime
    began: datetime

    def at(self, seconds: float) -> datetime:
        """Return the time of a step."""
        return (self.began if seconds > 0 else self.shown) + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Step:
    """At so many seconds the service's own status becomes this one."""

    at: float
    status: str
    done: float = 0.0
    """The share of the job's records that are processed by then."""
    failed: int = 0
    code: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Job:
    """One job of the story: where it is, how its record is made, and its steps in order."""

    name: str
    place: Place
    make: Callable[[str, Moment], dict[str, Any]]
    watches: tuple[str, ...]
    total: int
    steps: tuple[Step, ...]
    told: tuple[str, ...] = ()
    """The detail types of what is announced of it besides its changes."""

    @property
    def id(self) -> str:
        """The id under which the service knows it."""
        return job_id(self.name)


@dataclass(frozen=True)
class Parent:
    """What jobs belong to (an application, a segment), which appears at a time."""

    place: Place
    at: float
    make: Callable[[datetime], dict[str, Any]]


@dataclass(frozen=True)
class Expected:
    """What a watch must announce of a job: these raw statuses at most, the last one certainly."""

    watch: str
    job_id: str
    name: str
    statuses: tuple[str, ...]
    final: str | None
    """Our status at the end; None for a job that must not be announced."""
    told: tuple[str, ...] = ()
    """The detail types of what must be announced besides."""

    @property
    def opened(self) -> int:
        """How many alerts it is worth."""
        return (self.final in ALERTED) + sum(each in OPENING for each in self.told)

    @property
    def resolved(self) -> int:
        """How many alerts must be told to be over: all but that of how a job ended."""
        return sum(each in OPENING for each in self.told)


def records_at(
    seconds: float, clock: Clock, jobs: Iterable[Job], parents: Iterable[Parent]
) -> dict[Place, list[Record]]:
    """Return what every place of a story holds at a moment."""
    places: dict[Place, list[Record]] = {}
    for parent in parents:
        held = places.setdefault(parent.place, [])
        if parent.at <= seconds:
            held.append(parent.make(clock.at(parent.at)))
    for job in jobs:
        held = places.setdefault(job.place, [])
        moment = moment_at(job, seconds, clock)
        if moment:
            held.append(job.make(job.name, moment))
    return places


def moment_at(job: Job, seconds: float, clock: Clock) -> Moment | None:
    """Return how a job stands at a moment; None before it appears and after it vanished."""
    past = [step for step in job.steps if step.at <= seconds]
    if not past or past[-1].status == GONE:
        return None
    now = past[-1]
    ended = MEANINGS[now.status] in {"SUCCEEDED", "FAILED", "CANCELLED"}
    done, failed = _progress(job, len(past), seconds)
    changed = clock.at(now.at)
    return Moment(
        status=now.status,
        created=clock.at(job.steps[0].at),
        changed=changed,
        ended=changed if ended else None,
        total=job.total,
        processed=round(job.total * done),
        failed=round(failed),
        code=now.code,
        why=now.why,
    )


def _progress(job: Job, taken: int, seconds: float) -> tuple[float, float]:
    """Return the share done and the failures, which grow evenly from one step to the next."""
    now = job.steps[taken - 1]
    following = job.steps[taken] if taken < len(job.steps) else now
    if following.status == GONE or following is now:
        following = replace(now, at=now.at + 1)
    share = min((seconds - now.at) / (following.at - now.at), 1.0)
    done = now.done + (following.done - now.done) * share
    return done, now.failed + (following.failed - now.failed) * share


def expected(jobs: Iterable[Job]) -> list[Expected]:
    """Return what each watch must announce of each job."""
    return [
        Expected(
            watch, job.id, job.name, tuple(step.status for step in steps), _final(steps), job.told
        )
        for job in jobs
        for steps in [[step for step in job.steps if step.at > 0]]
        for watch in job.watches
    ]


def late_run(watch: str) -> Expected:
    """Return what must be announced of a run that is missing and comes after all."""
    return Expected(watch, "", "the run that is due", (), None, (RUN_MISSING, RUN_ARRIVED))


def _final(steps: list[Step]) -> str | None:
    if not steps:
        return None
    last = steps[-1]
    partial = last.status == "COMPLETED" and last.failed > 0
    return "PARTIAL" if partial else MEANINGS[last.status]
