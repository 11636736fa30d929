"""What happens to the jobs: the same changes in each run, and each change what an event must say.

Most jobs ended long ago, some are under way. In each tick some of these take a step, and new ones
appear; for each new one the service forgets one that ended before, so that the lists stay as long.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from demo.records import Moment, application, job_id, pinpoint_import
from demo.world import Place, Record

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2")
SEED = 4
TOTAL = 1_000
LONG_AGO = timedelta(days=20)
"""Less than the retention: these jobs are remembered, and not announced."""
LIFE = ("CREATED", "INITIALIZING", "PROCESSING", "COMPLETED")
MEANINGS = ("PENDING", "PENDING", "RUNNING", "SUCCEEDED")
LAST = len(LIFE) - 1


@dataclass(frozen=True, slots=True)
class Size:
    """How much is to be done: jobs are counted in each scope, changes in each tick."""

    scopes: int = 1_000
    jobs: int = 100
    changes: int = 5_000
    ticks: int = 10


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one job, in the words of the event that must tell it."""

    region: str
    job_id: str
    previous_raw_status: str | None
    raw_status: str
    status: str


@dataclass(slots=True)
class _Job:
    number: int
    scope: int
    born: datetime
    step: int
    record: Record = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.number % 10 == 0

    @property
    def partly(self) -> bool:
        return self.number % 10 == 1

    @property
    def raw_status(self) -> str:
        return "FAILED" if self.step == LAST and self.failed else LIFE[self.step]

    @property
    def status(self) -> str:
        if self.step == LAST and (self.failed or self.partly):
            return "FAILED" if self.failed else "PARTIAL"
        return MEANINGS[self.step]

    def write(self, now: datetime) -> None:
        """Let the service tell how the job stands now."""
        ended = self.step == LAST
        failed = ended and (self.failed or self.partly)
        moment = Moment(
            status=self.raw_status,
            created=self.born,
            changed=now,
            ended=now if ended else None,
            total=TOTAL,
            processed=TOTAL * self.step // LAST,
            failed=7 if failed else 0,
            why="Line 4711: the address has no @" if failed else None,
        )
        self.record = pinpoint_import(f"job {self.number}", moment, _app(self.scope), None)


class Script:
    """The jobs of every scope, and how they go on."""

    def __init__(self, size: Size, began: datetime) -> None:
        self._size = size
        self._began = began
        self._random = Random(SEED)  # noqa: S311  a play, not a secret
        self._scopes: list[dict[int, _Job]] = [{} for _ in range(size.scopes)]
        self._ended: list[deque[_Job]] = [deque() for _ in range(size.scopes)]
        self._under_way: dict[int, _Job] = {}
        self._born = 0
        for number in range(size.scopes * size.jobs):
            step = number // size.scopes % 3 if number // size.scopes % 5 == 0 else LAST
            self._add(number % size.scopes, began - LONG_AGO, step)

    def step(self, now: datetime) -> list[Change]:
        """Go on by one tick; return what changed."""
        going = sorted(self._under_way)
        count = min(len(going), self._size.changes * 9 // 10)
        stepping = self._random.sample(going, count)
        births = [self._birth(now) for _ in range(self._size.changes - count)]
        return births + [self._advance(self._under_way[number], now) for number in stepping]

    def places(self) -> dict[Place, Sequence[Record]]:
        """Return what the services hold now."""
        places: dict[Place, list[Record]] = {}
        for scope, jobs in enumerate(self._scopes):
            held = places.setdefault(Place("pinpoint", "import-jobs", _region(scope)), [])
            held.extend(job.record for job in jobs.values())
            apps = places.setdefault(Place("pinpoint", "apps", _region(scope)), [])
            apps.append(application(_app(scope), self._began - LONG_AGO))
        return {place: tuple(records) for place, records in places.items()}

    def _birth(self, now: datetime) -> Change:
        scope = self._born % self._size.scopes
        if self._ended[scope]:
            del self._scopes[scope][self._ended[scope].popleft().number]
        job = self._add(scope, now, 0)
        return _change(job, None)

    def _add(self, scope: int, when: datetime, step: int) -> _Job:
        job = _Job(self._born, scope, when, step)
        self._born += 1
        self._scopes[scope][job.number] = job
        self._settle(job, when)
        return job

    def _advance(self, job: _Job, now: datetime) -> Change:
        previous = job.raw_status
        job.step += 1
        self._settle(job, now)
        return _change(job, previous)

    def _settle(self, job: _Job, now: datetime) -> None:
        job.write(now)
        if job.step < LAST:
            self._under_way[job.number] = job
        else:
            self._under_way.pop(job.number, None)
            self._ended[job.scope].append(job)


def alerts(changes: Sequence[Change]) -> Mapping[tuple[str, str], int]:
    """Count the alerts that changes ask for, by region and status."""
    found: dict[tuple[str, str], int] = {}
    for change in changes:
        if change.status in ("FAILED", "PARTIAL"):
            key = (change.region, change.status)
            found[key] = found.get(key, 0) + 1
    return found


def watches(size: Size) -> dict[str, Any]:
    """Return the watches file: the schedule is to stay out of the way."""
    regions = list(REGIONS[: size.scopes])
    watch = {"source": "pinpoint.import-jobs", "regions": regions, "every": "1 day"}
    return {"watches": {"load": watch}}


def _app(scope: int) -> str:
    return f"application {scope}"


def _region(scope: int) -> str:
    return REGIONS[scope % len(REGIONS)]


def _change(job: _Job, previous: str | None) -> Change:
    job_name = job_id(f"job {job.number}")
    return Change(_region(job.scope), job_name, previous, job.raw_status, job.status)
