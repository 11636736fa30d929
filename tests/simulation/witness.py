"""What Jobwatch was surely shown: the ground on which its promises are judged.

The witness stands beside the job APIs and writes down what each invocation was answered. It counts
only once the invocation has ended, and only firmly when that ended well, in good time, and nothing
that it called did wrong: an invocation that was killed may have kept nothing of what it saw.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.simulation.clock import Clock, Strand
from tests.simulation.jobs import Place, State, TrueJob

TURNS_BORNE = 51
"""Pages in a row with nothing new on them that are borne; a fault changes the code's number."""
GOOD_TIME = 100.0
"""Seconds after which an invocation may have had no time left for something."""

ScopeKey = tuple[str, str, str, str, Place]
"""Watch, source, account, region and the parents' ids."""


LOOKED_UP = 3
"""How often in a row something is firmly seen in a list that is read in pieces until it was surely
looked up: once to compare, once more for what differed, and between the two."""


@dataclass
class Seen:
    """How often a state of a job was firmly seen, and when first at all.

    `first` are when the first invocations began that firmly saw it, `at_once` when the first of
    them did that asked for it alone, or compared and looked up all of its list.
    """

    state: State
    since: float
    times: int = 0
    first: list[float] = field(default_factory=list)
    at_once: float = float("inf")

    def note(self, began: float, *, at_once: bool) -> None:
        """Note an invocation that firmly saw it."""
        self.times += 1
        self.first = [*self.first, began][:LOOKED_UP]
        if at_once:
            self.at_once = min(self.at_once, began)


@dataclass
class ScopeLog:
    """What is known of one scope: times of calls and of complete reads, and what was seen."""

    asked: float
    read: float | None = None
    """When the first complete read had surely ended."""
    last_began: float | None = None
    unread_id: str | None = None
    """Of jobs that are asked for one by one, the last one of which that was in vain."""
    goes_on: bool = False
    """Whether the next invocation may go on with what the last one began."""
    complete: list[float] = field(default_factory=list)
    """When complete reads ended, whatever became of the invocation."""
    readings: list[tuple[float, float]] = field(default_factory=list)
    """When those reads began, and when they ended."""
    clean: list[float] = field(default_factory=list)
    """When invocations ended in which nothing about it failed."""
    begun: list[float] = field(default_factory=list)
    """When those of them began that began to read its list, and could store what they found."""
    surely: list[float] = field(default_factory=list)
    """When those of them ended that read all of it, and could store that."""
    asked_last: float = 0.0
    failed: list[tuple[float, float, bool]] = field(default_factory=list)
    """When invocations began and ended in which something about it failed, and whether they ended
    well, and could not read it as a whole."""
    jobs: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    before: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    """What jobs were seen to be before the watch began anew: what is known of them goes on."""
    misses: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    """When an invocation was told that there is no such job, and the how manyth in a row."""
    listed: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The jobs that each reading of the list showed."""
    last_seen: dict[str, float] = field(default_factory=dict)
    """When an invocation ended well that found a job in a list that was complete, or alone."""
    newest: dict[str, int] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)
    """Jobs of which a wrong answer was given."""
    backwards: set[str] = field(default_factory=set)
    """Jobs that were shown in an older state after a newer one."""
    answered: dict[str, float] = field(default_factory=dict)
    """When the first invocation ended in which a single job was firmly asked for."""
    children: dict[str, float] = field(default_factory=dict)
    asked_for: dict[str, float] = field(default_factory=dict)
    """When a single job was last asked for."""
    unanswered: int = 0
    """How many single jobs in a row one invocation asked for at most without an answer."""
    passed: dict[str, Counter[Place]] = field(default_factory=dict)
    """How many turns each place had while one that a parent holds was listed and had none."""
    most_passed: int = 0

    def note(self, read: "Read", now: float, *, stored: bool) -> None:
        """Note what an invocation found, if it could store that, and for what it asked in vain."""
        if stored:
            found = read.seen.keys() | read.there if read.done else read.seen.keys() & read.alone
            self.last_seen |= dict.fromkeys(found, now)
        if read.unread_id or self.unread_id in read.alone:
            self.unread_id = read.unread_id


@dataclass
class Read:
    """What one invocation was answered about one scope."""

    key: ScopeKey
    strand: Strand
    began: float
    chain: int = -1
    touched: set[int] = field(default_factory=set)
    begun: set[int] = field(default_factory=set)
    done: list[int] = field(default_factory=list)
    bad: bool = False
    unread: bool = False
    turns: int = 0
    calls: int = 0
    seen: dict[str, list[State]] = field(default_factory=lambda: defaultdict(list))
    missing: set[str] = field(default_factory=set)
    doubts: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    there: set[str] = field(default_factory=set)
    """Jobs of which a list told nothing but that they are there."""
    alone: set[str] = field(default_factory=set)
    unread_id: str | None = None
    """The single job that was last asked for in vain."""
    asking: str | None = None
    silent: int = 0
    _chains: Any = None
    _clock: Any = None
    _log: Any = None

    def begins(self) -> None:
        self.chain = next(self._chains)
        self.touched.add(self.chain)
        self.begun.add(self.chain)

    def goes_on(self, chain: int) -> None:
        self.chain = chain
        self.touched.add(chain)

    def page(self, token: str | None, when: float) -> None:
        del when
        if token is None:
            self.unread = False  # what looked endless has ended after all
            self.done.append(self.chain)

    def saw(self, job: TrueJob, state: State) -> None:
        log: ScopeLog = self._log
        self.seen[job.id].append(state)
        log.listed[self.chain].add(job.id)
        version = job.place_of(state)
        if version < log.newest.get(job.id, 0):
            log.backwards.add(job.id)
        log.newest[job.id] = version

    def lists(self, job: TrueJob) -> None:
        """Note a job of which a list tells nothing but that it is there."""
        self.there.add(job.id)

    def lacks_others(self) -> None:
        """Note, at the end of a list by which alone jobs are known, which of them it lacks."""
        log: ScopeLog = self._log
        for job_id in (log.jobs.keys() | log.before.keys()) - log.listed[self.chain]:
            self.missed(job_id)

    def asked(self, job_id: str) -> None:
        self.alone.add(job_id)
        self.asking = job_id
        self._log.asked_for[job_id] = self._clock.now

    def answered(self, is_so: bool) -> None:
        self.silent = 0 if is_so else self.silent + 1
        self._log.unanswered = max(self._log.unanswered, self.silent)

    def missed(self, job_id: str) -> None:
        log: ScopeLog = self._log
        if job_id not in self.missing:
            self.missing.add(job_id)
            before, many = log.misses[job_id][-1] if log.misses[job_id] else (0.0, 0)
            many = many + 1 if log.last_seen.get(job_id, float("-inf")) < before else 1
            log.misses[job_id].append((self._clock.now, many))

    def doubt(self, job_id: str) -> None:
        self.doubts.add(job_id)

    def child(self, name: str) -> None:
        self.held.add(name)

    def turned(self) -> None:
        """Note a page of a list that never ends: it fails once there were too many in one go."""
        self.bad = True
        self.turns += 1
        self.unread |= self.turns > TURNS_BORNE

    def failed(self, call: str = "list") -> None:
        self.bad = True
        self.unread |= call not in {"get", "page"}
        self.unread_id = self.asking if call == "get" else self.unread_id


def lane_of(key: ScopeKey) -> tuple[str, str, str]:
    _, source, account, region, _ = key
    return source.split(".")[0], account, region


class Witness:
    """Keeps the logs of all scopes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.scopes: dict[ScopeKey, ScopeLog] = {}
        self._open: dict[Strand, dict[ScopeKey, Read]] = defaultdict(dict)
        self._chains = count()
        self._spoilt: set[int] = set()
        self._starts: dict[int, float] = {}
        self.stopped: list[tuple[float, set[tuple[str, str, str]]]] = []
        """When polls were killed, and amid which lane, as far as they had asked anything."""

    def forget(self, watch: str) -> None:
        """Count anew: the watch begins anew, or reads in another way."""
        for key, log in self.scopes.items():
            if key[0] == watch:
                log.read = None
                log.answered.clear()
                for job_id, seen in log.jobs.items():
                    log.before[job_id] += seen
                log.jobs.clear()

    def read(self, watch: str, service: Any, place: Place) -> Read:
        """Give where to write down what the invocation that runs is answered."""
        key = (watch, service.source.name, service.account, service.region, place)
        now, strand = self._clock.now, self._clock.current
        if key not in self.scopes:
            self.scopes[key] = ScopeLog(asked=now)
        read = self._open[strand].get(key)
        if read is None:
            read = Read(
                key, strand, now, _chains=self._chains, _clock=self._clock, _log=self.scopes[key]
            )
            self._open[strand][key] = read
        read.calls += 1
        self.scopes[key].asked_last = now
        return read

    def ended(self, strand: Strand, began: float, *, well: bool) -> None:
        """Count what an invocation saw, now that it has ended."""
        now = self._clock.now
        firm = well and not strand.troubled and now - began < GOOD_TIME
        reads = self._open.pop(strand, {})
        self._note_stopped(strand, reads, well=well)
        for read in reads.values():
            log = self.scopes[read.key]
            if not firm or read.bad:
                self._spoilt |= read.touched
            if read.bad:
                # Without its list, a scope is read by what is asked for one by one.
                by_id = not read.touched and not read.key[-1]
                log.failed.append((began, now, well and (read.unread or by_id)))
            elif well:
                log.clean.append(now)
                log.begun += [began] * (bool(read.begun) and not strand.troubled)
                by_id = not read.touched and log.unread_id in {None, *read.alone}
                if not strand.troubled and (read.done or by_id):
                    log.surely.append(now)
            if well:
                log.note(read, now, stored=not strand.troubled)
            self._count_list(log, read, now, firm=firm)
            is_piece = log.goes_on or read.touched != read.begun
            self._count_jobs(log, read, now, firm=firm, at_once=firm and not is_piece)
            log.goes_on = not firm or read.bad
            self._note_turn(read.key)
            if not read.key[-1]:
                places = {k[-1]: r for k, r in reads.items() if k[:-1] == read.key[:-1]}
                is_sure = well and not strand.troubled and not read.bad
                self._count_turns(log, read.held if is_sure else (), places)

    def _note_stopped(self, strand: Strand, reads: Collection[ScopeKey], *, well: bool) -> None:
        if strand.name == "poll" and not well:
            self.stopped.append((self._clock.now, {lane_of(key) for key in reads}))

    def _note_turn(self, key: ScopeKey) -> None:
        """Note that something had a turn, also where what holds it was not listed."""
        *where, place = key
        root = self.scopes.get((*where, ()))
        if root is not None:
            root.passed.pop("".join(place[:1]), None)

    def _count_turns(
        self, log: ScopeLog, held: Collection[str], places: Mapping[Place, Read]
    ) -> None:
        """Count the turns of places while what is held had none, in invocations in a row."""
        turns = Counter(place for place, read in places.items() if place and not read.held)
        visited = {name for place in places for name in place[:1]}
        waiting = {*held} - visited
        log.passed = {name: log.passed.get(name, Counter()) + turns for name in waiting}
        counts = (many for passed in log.passed.values() for many in passed.values())
        log.most_passed = max(log.most_passed, *counts, 0)

    def _count_list(self, log: ScopeLog, read: Read, now: float, *, firm: bool) -> None:
        for chain in read.touched:
            self._starts.setdefault(chain, read.began)
        for chain in read.done:
            log.complete.append(now)
            log.last_began = self._starts[chain]
            log.readings.append((log.last_began, now))
            if firm and chain not in self._spoilt and log.read is None:
                log.read = now
        for name in read.held:
            log.children.setdefault(name, now)

    def _count_jobs(
        self, log: ScopeLog, read: Read, now: float, *, firm: bool, at_once: bool
    ) -> None:
        log.doubted |= read.doubts
        for job_id in read.missing if firm else ():
            log.answered.setdefault(job_id, now)
        for job_id, states in read.seen.items():
            if firm:
                log.answered.setdefault(job_id, now)
            told = log.jobs[job_id]
            for state in states:
                if not told or told[-1].state is not state:
                    told.append(Seen(state, read.began))
            same = all(state is states[0] for state in states)
            if firm and same and job_id not in read.missing | read.doubts:
                told[-1].note(read.began, at_once=at_once or job_id in read.alone)
