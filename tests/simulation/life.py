"""Lives of jobs: created, run, move on, end in every way, vanish, come back, are made again."""

from collections import defaultdict
from typing import TYPE_CHECKING
from zlib import crc32

from tests.simulation.apis import Service
from tests.simulation.clock import Clock
from tests.simulation.dice import Dice
from tests.simulation.jobs import Place, State, TrueJob
from tests.simulation.pace import DAY, HOUR, pace_of

if TYPE_CHECKING:
    from random import Random

WAVER = (60.0, 400.0)
"""About how long a status holds where statuses waver."""
FLOODS = 0.03
"""How often so many jobs come at once that a turn can't read them all."""
BURST = 300.0
"""Where jobs come and move in bursts, they do so at multiples of this."""


class Life:
    """Makes the jobs of one service live; `gap` is how long it takes to the next new one."""

    def __init__(self, service: Service, clock: Clock, dice: Dice, gap: float, old: int) -> None:
        self.service, self._clock, self._on = service, clock, dice.on
        self._share = dice.share
        self._dice: Random = dice.of(f"life of {service.name}")
        self._pace = pace_of(dice.on)
        self._gap, self._runs = gap, self._dice.choice(self._pace.runs)
        if dice.has("long jobs", service.name, 0.1):
            self._runs = self._pace.runs[-1]
        self._wavers = dice.has("statuses that waver", service.name, 0.1)
        if self._wavers:
            self._runs = self._dice.choice(WAVER)
        self._bursts = dice.has("bursts", service.name, 0.2)
        self._mixes = dice.has("short jobs between", service.name, 0.05)
        self._floods = dice.has("floods", service.name, 0.05)
        self._crowd = 4 if "crowded lanes" in dice.loud else 0
        self._count = 0
        self.calm = False
        self.names: list[str] = []
        """Ids that the next jobs are to have, as a watch names them."""
        self.known_names: set[str] = set()
        self._raws = defaultdict(list)
        for raw, status in sorted(service.source.statuses.items()):
            self._raws[status].append(raw)
        self._ends = [s for s in ("SUCCEEDED", "FAILED", "CANCELLED") if s in self._raws]
        self._partial = bool(service.source.partial)
        for _ in range(self._crowd + self._dice.randint(1, 4)):
            self._make_parent(())
        for _ in range(old):
            self._make_old()
        clock.after(self._dice.expovariate(1 / gap), self._next)

    def _next(self) -> None:
        """Let something new happen, and plan what happens next."""
        if self.calm:
            return
        moves = self._share("parents come and go", 0.1, 0.6) if self.service.source.parents else 0
        if self._dice.random() < moves:
            self._change_parents()
        else:
            for _ in range(self._many()):
                self._create(self._clock.now)
        self._clock.after(self._dice.expovariate(1 / self._gap), self._next)

    def _many(self) -> int:
        """Draw how many jobs come at once: one, a burst, or more than one turn can read."""
        if self._floods and self._dice.random() < FLOODS:
            return self._dice.randint(60, 150)
        return self._dice.randint(5, 30) if self._bursts and self._dice.random() < 0.5 else 1

    def _make_parent(self, above: Place) -> None:
        depth = len(above)
        if depth == len(self.service.source.parents):
            return
        self._count += 1
        name = f"p{self._count}"
        parent = TrueJob(name, above)
        parent.become(self._clock.now, State("there", self._clock.now))
        self.service.parents.setdefault(above, {})[name] = parent
        for _ in range(self._crowd // 2 + self._dice.randint(1, 3)):
            self._make_parent((*above, name))

    def _change_parents(self) -> None:
        places = self.places(len(self.service.source.parents))
        if places and self._dice.random() < 0.4:
            place = self._dice.choice(places)
            depth = self._dice.randrange(len(place))
            self._go(self.service.parents[place[:depth]][place[depth]])
        else:
            depth = self._dice.randrange(len(self.service.source.parents))
            above = self.places(depth)
            if above:
                self._make_parent(self._dice.choice(above))

    def _go(self, parent: TrueJob) -> None:
        """Let a parent go: for good, or for a while, and perhaps once more after that."""
        if self.calm or parent.state is None:
            return
        parent.become(self._clock.now, None)
        if self._dice.random() < 0.5:
            self._clock.after(self._dice.choice(self._pace.away), lambda: self._come_back(parent))

    def _come_back(self, parent: TrueJob) -> None:
        if self.calm:
            return
        parent.become(self._clock.now, State("there", self._clock.now))
        if self._dice.random() < 0.5:
            self._clock.after(self._dice.choice(self._pace.away), lambda: self._go(parent))

    def places(self, depth: int) -> list[Place]:
        """Give where something can be made now, so many parents deep."""
        found: list[Place] = [()]
        for _ in range(depth):
            found = [
                (*above, name)
                for above in found
                for name, parent in self.service.parents.get(above, {}).items()
                if parent.state is not None
            ]
        return found

    def _make_old(self) -> None:
        """Make a job that ended up to 100 days ago."""
        job = self._new_job()
        if job is None:
            return
        ended = self._clock.now - self._dice.expovariate(1 / (10 * DAY))
        raw = self._dice.choice(self._raws[self._dice.choice(self._ends)])
        job.become(ended, State(raw, ended - self._runs, ended, processed=100))
        if self._dice.random() < self._share("ids used again", 0.05, 0.5):
            when = self._clock.now + self._dice.uniform(0, 2 * HOUR)
            self._clock.at(when, lambda: None if self.calm else self._step(job))

    def _new_job(self) -> TrueJob | None:
        places = self.places(len(self.service.source.parents))
        if not places:
            return None
        self._count += 1
        name = f"j{self._count}-{self._dice.randrange(10**6)}"
        if self.names and self._dice.random() < self._share("watches by id", 0.5, 1.0):
            name = self.names.pop(0)
        place = self._dice.choice(places)
        job = TrueJob(name, place, self.service.stamps[place])
        self.service.jobs.setdefault(job.place, {})[job.id] = job
        return job

    def _create(self, now: float) -> None:
        job = self._new_job()
        if job is not None:
            pending = self._dice.choice(self._raws["PENDING"] or self._raws["RUNNING"])
            job.become(now, State(pending, now))
            self._live_on(job)

    def _live_on(self, job: TrueJob) -> None:
        is_short = self._mixes and crc32(job.id.encode()) % 3 > 0
        runs = self._pace.runs[0] if is_short else self._runs
        when = self._clock.now + self._dice.expovariate(1 / runs)
        if self._bursts:
            when += BURST - when % BURST
        self._clock.at(when, lambda: None if self.calm else self._step(job))

    def _step(self, job: TrueJob) -> None:
        """Let a job do what jobs do next."""
        now, dice, state = self._clock.now, self._dice, job.state
        if state is None:
            if "jobs that come back" in self._on and dice.random() < 0.3:
                job.become(now, job.states[-2])
                self._live_on(job)
            return
        if state.ended is not None:
            self._after_the_end(job, state)
            return
        draw = dice.random()
        self._move(job, state, draw)
        if draw < 0.34 and "jobs that stop moving" in self._on and dice.random() < 0.2:
            self._clock.after(dice.choice(self._pace.stops), lambda: self._live_on(job))
            return
        self._live_on(job)

    def _move(self, job: TrueJob, state: State, draw: float) -> None:
        """Let an unfinished job vanish, go on or end."""
        now, dice = self._clock.now, self._dice
        if draw < self._share("jobs that vanish", 0.08, 0.25):
            job.become(now, None)
        elif self._wavers and draw < 0.9:
            others = {"NEW", *self._raws["RUNNING"], *self._raws["PENDING"]} - {state.raw}
            job.change(now, raw=dice.choice(sorted(others)))
        elif draw < 0.3:
            job.change(now, processed=state.processed + 1)
        elif draw < 0.34 and "unknown statuses" in self._on:
            job.change(now, raw="BRAND_NEW")
        elif draw < 0.5:
            job.change(now, raw=dice.choice(self._raws["RUNNING"] or self._raws["PENDING"]))
        else:
            failed = dice.choice((0, 0, 3)) if self._partial else 0
            raw = dice.choice(self._raws[dice.choice(self._ends)])
            job.change(now, raw=raw, ended=now, failed=failed, processed=100)

    def _after_the_end(self, job: TrueJob, state: State) -> None:
        now, dice = self._clock.now, self._dice
        if state.ended is None:
            return
        draw = dice.random()
        if not self.service.source.list_tells_status:  # then nobody asks what became of it
            if draw < 0.2:
                job.become(now, None)
                self._live_on(job)
            return
        late = self._share("late counts", 0.05, 0.5) if self._partial and not state.failed else 0
        over = late + self._share("ids used again", 0.05, 0.2)
        again = over + self._share("ids used again", 0.07, 0.2)
        if draw < late:
            job.change(now, failed=7)
        elif draw < over:  # and over again before anybody looks
            job.change(now, created=now - 1, ended=now)
            self._live_on(job)
        elif draw < again:
            raw = dice.choice(self._raws["RUNNING"] or self._raws["PENDING"])
            created = now if dice.random() < 0.5 else state.created
            job.become(now, State(raw, created))
            self._live_on(job)
        elif draw < again + self._share("jobs that vanish", 0.13, 0.2):
            job.become(now, None)
            self._live_on(job)
