"""What happens to the jobs: the same changes in each run, and each change what an event must say.

Most jobs ended long ago, some are under way. In each tick some of these take a step, and new ones
appear; for each new one the service forgets one that ended before, so that the lists stay as long.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bench.load.jobs import LAST, Job, app_of
from demo.records import application, job_id
from demo.world import Place, Record

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2")
SLOW_REGION, SLOW_APPS, SLOW_SECONDS = "eu-central-1", 25, 1.0
"""A lane of its own, in which each call takes so long and nothing ever changes."""
SEED = 4
LONG_AGO = timedelta(days=20)
"""Less than the retention: these jobs are remembered, and not announced."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is to be done."""

    scopes: int = field(default=1_000, metadata={"help": "places to look at"})
    jobs: int = field(default=100, metadata={"help": "jobs in each scope"})
    changes: int = field(default=5_000, metadata={"help": "changes in each tick"})
    ticks: int = field(default=10, metadata={"help": "ticks; every second beside a slow lane"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one job, in the words of the event that must say it."""

    region: str
    job_id: str
    previous_raw_status: str | None
    raw_status: str
    status: str


class Scenario:
    """The jobs of every scope, and how they go on."""

    def __init__(self, size: Size, began: datetime) -> None:
        self._size = size
        self._began = began
        self._random = Random(SEED)  # noqa: S311  a scenario, not a secret
        self._scopes: list[dict[int, Job]] = [{} for _ in range(size.scopes)]
        self._ended: list[deque[Job]] = [deque() for _ in range(size.scopes)]
        self._under_way: dict[int, Job] = {}
        self._created = 0
        for number in range(size.scopes * size.jobs):
            step = number // size.scopes % 3 if number // size.scopes % 5 == 0 else LAST
            self._add(number % size.scopes, began - LONG_AGO, step)

    def step(self, now: datetime) -> list[Change]:
        """Go on by one tick; return what changed."""
        going = sorted(self._under_way)
        count = min(len(going), self._size.changes * 9 // 10)
        stepping = self._random.sample(going, count)
        new = [self._create(now) for _ in range(self._size.changes - count)]
        return new + [self._advance(self._under_way[number], now) for number in stepping]

    def places(self) -> dict[Place, list[Record]]:
        """Return what the services hold now."""
        places: defaultdict[Place, list[Record]] = defaultdict(list)
        for scope, jobs in enumerate(self._scopes):
            held = places[Place("pinpoint", "import-jobs", _region(scope))]
            held += [job.record for job in jobs.values()]
            places[Place("pinpoint", "apps", _region(scope))].append(self._app(scope))
        slow = places[Place("pinpoint", "apps", SLOW_REGION)]
        slow += [self._app(scope) for scope in range(SLOW_APPS)]
        return places

    def _app(self, scope: int) -> Record:
        return application(app_of(scope), self._began - LONG_AGO)

    def _create(self, now: datetime) -> Change:
        scope = self._created % self._size.scopes
        if self._ended[scope]:
            del self._scopes[scope][self._ended[scope].popleft().number]
        job = self._add(scope, now, 0)
        return Change(_region(scope), job_id(job.name), None, job.raw_status, job.status)

    def _add(self, scope: int, when: datetime, step: int) -> Job:
        job = Job(self._created, scope, when, step)
        self._created += 1
        self._scopes[scope][job.number] = job
        self._show(job, when)
        return job

    def _advance(self, job: Job, now: datetime) -> Change:
        previous = job.raw_status
        job.step += 1
        self._show(job, now)
        return Change(_region(job.scope), job_id(job.name), previous, job.raw_status, job.status)

    def _show(self, job: Job, now: datetime) -> None:
        job.write(now)
        if job.step < LAST:
            self._under_way[job.number] = job
        else:
            self._under_way.pop(job.number, None)
            self._ended[job.scope].append(job)


def watches(size: Size) -> dict[str, Any]:
    """Return the watches file: the schedule is to stay out of the way."""
    watch = {"source": "pinpoint.import-jobs", "every": "1 day"}
    return {
        "watches": {
            "load": {**watch, "regions": list(REGIONS[: size.scopes])},
            "slow": {**watch, "regions": [SLOW_REGION]},
        }
    }


def _region(scope: int) -> str:
    return REGIONS[scope % len(REGIONS)]
