"""What is promised of each job: the final state, the order, quiet at first, nothing made up.

What nobody can know, and so passes:

- a state that came and went between two reads, or of which only invocations knew that were killed
  or could not write;
- two runs that end alike where the list tells no time that differs, or not how many failed;
- what became of a job that a watch names and that has ended once: it is asked for no more;
- what became of a job that had ended or was gone and is behind the front of a list that is sorted
  newest first, until the daily read of the whole list;
- the order of states where a get call showed an older one than the list had before;
- what exactly a job is of which a wrong answer was given: only that its last state is told.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lambdas.model import JOB_STALLED, JOB_STATUS_CHANGE, NOT_FOUND, WATCH_UNREACHABLE
from lambdas.plan import Watch
from tests.simulation.answers import listed
from tests.simulation.apis import BEHIND, Service
from tests.simulation.configuration import leaves_out, places, slowest
from tests.simulation.jobs import State, TrueJob
from tests.simulation.told import Event, Told, seconds
from tests.simulation.truth import (
    Moment,
    history,
    list_tells_end,
    list_tells_partial,
    list_tells_run,
    moment,
)
from tests.simulation.witness import LOOKED_UP, Seen
from tests.simulation.world import World

if TYPE_CHECKING:
    from tests.simulation.witness import ScopeKey, ScopeLog

CLOCK_DOUBT = 1200.0
SOON = 1200.0
REFUSED = 80_000.0
"""Seconds for about which all gets of what is gone must be refused until it is given up: a day."""
FIRM = 5
"""How often a state must have been firmly shown to be told for sure."""
FOLLOWED = 12
"""How many readings may begin, the first for comparing and the second for looking up, until the end
of what was known to run is told for sure."""


class Case:
    """Everything about one job under one watch."""

    def __init__(self, world: World, told: Told, watch: Watch, service: Service, job: TrueJob):
        self.world, self.watch, self.service, self.job = world, watch, service, job
        self.key: ScopeKey = (
            watch.name, service.source.name, service.account, service.region, job.place,
        )  # fmt: skip
        self.events: Sequence[Event] = told.jobs.get((self.key, job.id), ())
        self.told = [e for e in self.events if e["type"] == JOB_STATUS_CHANGE]
        self.of_scope: Sequence[Event] = told.scopes.get(self.key, ())
        self.moments = history(service, job)
        self.log: ScopeLog | None = world.witness.scopes.get(self.key)

    @property
    def raws(self) -> list[str]:
        return [event["detail"]["raw_status"] for event in self.told]

    @property
    def known_from(self) -> float:
        """Tell from when on every change must be told; never is infinite."""
        if self.log is None:
            return float("inf")
        if self.watch.jobs is not None:
            return self.log.answered.get(self.job.id, float("inf"))
        if self._appeared_later():
            return float("-inf")
        return float("inf") if self.log.read is None else self.log.read

    def _appeared_later(self) -> bool:
        """Whether the job was made after the watch began, in a place that is newer than that."""
        for depth in range(len(self.job.place)):
            log = self.world.witness.scopes.get((*self.key[:4], self.job.place[:depth]))
            if log is None or log.read is None:
                return False
            if self.service.parents[self.job.place[:depth]][self.job.place[depth]].began > log.read:
                return self.job.began > log.read
        return False

    def shown(self) -> list[tuple[Moment, int]]:
        """Give what Jobwatch was shown of the job, and how often for sure, in order."""
        found: list[tuple[Moment, int]] = []
        for seen in self.log.jobs.get(self.job.id, ()) if self.log else ():
            here = moment(self.service.source, seen.since, seen.state)
            if found and self.look_alike(found[-1][0], here):
                found[-1] = (found[-1][0], found[-1][1] + seen.times)
            else:
                found.append((here, seen.times))
        return found

    def earlier(self) -> list[Moment]:
        """Give what it was shown to be before its watch began anew: what is stored goes on."""
        before = self.log.before[self.job.id] if self.log else ()
        return [moment(self.service.source, seen.since, seen.state) for seen in before]

    def surely_shown_since(self, when: float) -> set[str]:
        """Name the statuses of after a time that were firmly shown: a list may be behind."""
        seen = self.log.jobs.get(self.job.id, ()) if self.log else ()
        began = ((s, self.job.times[self.job.place_of(s.state)]) for s in seen if s.times)
        return {s.state.raw for s, at in began if min(at, s.since) > when}

    def look_alike(self, one: Moment, other: Moment) -> bool:
        if one.key == other.key:
            return True
        alike = one.raw == other.raw and self.watch.jobs is None
        return alike and not list_tells_run(self.service, self.job.id, one, other)

    def was_told_otherwise(self, before: Moment, here: Moment) -> bool:
        """Whether it was told to be something else between two moments that look alike."""
        between = (
            event["detail"]["raw_status"]
            for event in self.told
            if before.at <= seconds(event["detail"]["observed_at"]) < here.at
        )
        return any(raw != here.raw for raw in between)

    def asks_no_more(self, last: Moment, shown: Sequence[tuple[Moment, int]]) -> bool:
        """Whether a job that a watch names ended once, and then became something else."""
        return self.watch.jobs is not None and any(
            m.terminal and m.key != last.key for m, _ in shown
        )

    def is_behind_the_front(self, when: float = float("inf")) -> bool:
        """Whether it came back where a list is read once a day only, less than a day before.

        The page that it stands on may be read; what is on it behind the front counts for nothing.
        """
        back, created, over = list[float](), None, False
        for here in self.moments:
            if here.run and over and here.run[0] == created:
                back.append(here.at)
            created = here.run[0] if here.run else created
            over = here.terminal or here.raw == NOT_FOUND
        when, day = min(when, self.world.clock.now), 90_000 + 2 * slowest(self.watch)
        is_of_today = any(0 <= when - at <= day for at in back)
        source = self.service.source
        is_cut = source.newest_first or source.listing.since is not None
        return is_cut and is_of_today

    def is_aged(self, here: Moment) -> bool:
        """Whether it ended longer ago than the retention when it was shown, or looked so.

        A list that tells no end leaves its creation to judge by, unless it was shown running.
        """
        created, ended = here.run or (None, None)
        if created is None or ended is None:
            return False
        looks_old = not list_tells_end(self.service.source) and all(
            m.terminal for m, _ in self.shown()
        )
        return here.at - (created if looks_old else ended) > self.retention(until=here.at)

    def is_aged_when_shown(self, last: Moment) -> bool:
        """Whether what it became was first surely shown longer after its end than the retention."""
        sure = list[float]()
        for seen in self.log.jobs.get(self.job.id, ()) if self.log else ():
            is_so = self.look_alike(moment(self.service.source, seen.since, seen.state), last)
            sure = [*sure, *seen.first[:1]] if is_so else []
        return self.is_aged(replace(last, at=sure[0] if sure else self.world.clock.now))

    def retention(self, *, since: float = 0.0, until: float = float("inf")) -> float:
        """Give the shortest retention that was in force between two times, or soon after."""
        plans = self.world.deployments
        soon = until + SOON + 4 * slowest(self.watch)
        ends = [*(at for at, _ in plans[1:]), float("inf")]
        spans = zip(plans, ends, strict=True)
        return min(plan.retention for (at, plan), end in spans if at <= soon and end > since)

    def __str__(self) -> str:
        true = [f"{m.at:.0f} {m.raw}/{m.status}" for m in self.moments]
        said = [
            f"{e['at']:.0f} {e['type']} {e['detail']['previous_raw_status']}>"
            f"{e['detail']['raw_status']}/{e['detail']['status']}"
            for e in self.events
        ]
        seen = [f"{m.at:.0f} {m.raw} x{times}" for m, times in self.shown()]
        return (
            f"{self.job.id} of {self.key}: true {true}, told {said}, shown {seen}, "
            f"known from {self.known_from:.0f}"
        )


def judge_jobs(world: World, told: Told) -> Iterator[str]:
    """Give what a run broke about single jobs."""
    for case in cases(world, told):
        yield from _judge(case)


def cases(world: World, told: Told) -> Iterator[Case]:
    """Give every job under every watch that is to see it."""
    for watch in world.plan.watches.values():
        for where in places(watch):
            service = world.services[where]
            for jobs in service.jobs.values():
                for job in jobs.values():
                    if watch.jobs is None and service.kills(job.place):
                        continue  # nobody can know
                    if leaves_out(watch, job.id):
                        continue
                    if watch.jobs is None or job.id in watch.jobs:
                        yield Case(world, told, watch, service, job)


def _judge(case: Case) -> Iterator[str]:
    for judge in (_chain, _order, _gone, _final, _quiet, _firm, _followed, _stalled):
        reason = judge(case)
        if reason:
            yield f"{reason}: {case}"


def _chain(case: Case) -> str | None:
    """Each event begins where the one before it ended; or anew, for another run of the same id."""
    before = None
    for event in case.events:
        detail = event["detail"]
        previous = detail["previous_raw_status"]
        if before is not None and previous != before["raw_status"]:
            forgotten = before["terminal"] and _is_forgotten(case, before, event)
            times = ("created_at", "ended_at") if detail["terminal"] else ("created_at",)
            is_another = before["terminal"] and any(detail[t] != before[t] for t in times)
            if previous is not None or not (forgotten or is_another):
                return f"an event follows {before['raw_status']} and says {previous}"
        before = detail
    return None


def _is_forgotten(case: Case, before: Event, event: Event) -> bool:
    """Whether what an event told of a job that ended may be forgotten when the next one is made.

    Not so where the list had it all the time, and could be read often enough to see it there.
    """
    made, now = seconds(before["observed_at"]), seconds(event["detail"]["observed_at"])
    retention = case.retention(since=made)
    if case.log is None or now - seconds(before["ended_at"] or before["observed_at"]) <= retention:
        return False
    between = [at for at in case.log.surely if made < at < now]
    longest = max(b - a for a, b in itertools.pairwise([made, *between, now]))
    was_away = any(m.raw == NOT_FOUND and made - BEHIND <= m.at < now for m in case.moments)
    is_gone = before["raw_status"] == NOT_FOUND or was_away
    return is_gone or longest > retention / 4 or case.job.id in case.log.doubted


def _order(case: Case) -> str | None:
    """What is told is a part of what was, in its order."""
    if case.log is None or case.job.id in case.log.backwards | case.log.doubted:
        return None
    left = iter([m.raw for m in case.moments])
    if not all(raw in left for raw in case.raws if raw != NOT_FOUND):
        return "told something else than what was"
    return None


def _gone(case: Case) -> str | None:
    """A job is called gone after two invocations in a row were told that it is."""
    for event in case.told:
        if event["detail"]["raw_status"] != NOT_FOUND or case.log is None:
            continue
        misses = [many for at, many in case.log.misses[case.job.id] if at <= event["at"]]
        if not misses or misses[-1] < 2:
            return "called gone, and was not missing twice in a row"
    return None


def _final(case: Case) -> str | None:
    """What a job became after its watch knew its scope is told."""
    last, shown = case.moments[-1], case.shown()
    if last.at <= case.known_from or case.log is None:
        return None
    if last.raw == NOT_FOUND:
        return _final_of_gone(case, shown)
    if case.asks_no_more(last, shown) or case.is_behind_the_front():
        return None
    if case.is_aged_when_shown(last):
        return None
    if not case.told:
        return None if _is_as_before(case, last, shown) else "never told"
    return _last_told(case, last)


def _is_as_before(case: Case, last: Moment, shown: Sequence[tuple[Moment, int]]) -> bool:
    """Whether a job is as it was known to be, so that nothing need be told of it."""
    sure = [m for m, times in shown if times]
    if not all(case.look_alike(m, last) for m in sure):
        return False
    if any(case.look_alike(m, last) for m in case.earlier()[-1:]):
        return True
    return bool(sure) and sure[0].at <= case.known_from


def _last_told(case: Case, last: Moment) -> str | None:
    """The last event tells what the job is."""
    detail = case.told[-1]["detail"]
    if detail["raw_status"] != last.raw:
        return "the final state was not told"
    # Of a job by id, a wrong answer about its end is the last one.
    misled = case.watch.jobs is not None and case.job.id in case.log.doubted  # type: ignore[union-attr]
    tells = list_tells_partial(case.service.source) and not misled
    if detail["status"] != last.status and tells:
        return "the final status was not told"
    return _last_run(case, last)


def _last_run(case: Case, last: Moment) -> str | None:
    """The last of several runs that ended alike is told, where one can tell it from the others."""
    last = next(m for m in case.moments if m.key == last.key)  # it may have been away since
    alike = [m for m in case.moments if m.at < last.at and m.raw == last.raw]
    if not alike or not last.terminal or case.job.id in case.log.doubted:  # type: ignore[union-attr]
        return None
    detail = case.told[-1]["detail"]
    if _tells_run(detail, last, case.service.skew):  # as a get did that was made after the list
        return None
    made = seconds(detail["observed_at"])
    between = case.surely_shown_since(alike[-1].at) - {last.raw}
    tells = list_tells_run(case.service, case.job.id, alike[-1], last)
    if made < last.at - 2 and (between or tells):
        return "the last run was not told"
    return None


def _tells_run(detail: dict[str, Any], here: Moment, skew: float) -> bool:
    """Whether an event has the times of this very run, by the service's clock."""
    said = [detail["created_at"], detail["ended_at"]]
    return all(
        told is not None and at is not None and abs(seconds(told) - at - skew) < 2
        for told, at in zip(said, here.run or (None, None), strict=True)
    )


def _final_of_gone(case: Case, shown: Sequence[tuple[Moment, int]]) -> str | None:
    """A job that was known unfinished and is gone is called gone."""
    if not shown or shown[-1][0].terminal or (case.raws and case.raws[-1] == NOT_FOUND):
        return None
    # One that was shown once may have come to a list that was read a second time, to look up what
    # the first had found, and be gone before the next.
    if case.is_behind_the_front() or (not case.told and shown[-1][1] < 2):
        return None
    if case.told and case.told[-1]["detail"]["terminal"] and not shown[-1][1]:
        return None
    return None if _is_given_up(case) else "it is gone, which was not told"


def _is_given_up(case: Case) -> bool:
    """Whether it was told that nobody knows it: what held it is gone, and each get is refused."""
    if not case.job.place or not case.service.lacks(case.job.place, case.moments[-1].at):
        return False
    told = [e["detail"]["observed_at"] for e in case.of_scope if e["type"] == WATCH_UNREACHABLE]
    return any(seconds(at) - case.moments[-1].at > REFUSED for at in told)


def _quiet(case: Case) -> str | None:
    """What a job was before its watch began, and still is, is never told."""
    if case.log is None or not case.told or case.job.id in case.log.doubted:
        return None
    began = case.world.witness.scopes.get((*case.key[:4], ()), case.log).asked
    first = case.moments[0]
    margin = BEHIND + CLOCK_DOUBT * bool(case.job.place)
    if len(case.moments) == 1 and first.at < began - margin and not case.service.shifting:
        return "told what was so before the watch began"
    return None


def _firm(case: Case) -> str | None:
    """What was shown again and again, to invocations that ended well, is told."""
    if case.log is None or case.job.id in case.log.doubted | case.log.backwards:
        return None
    if case.is_behind_the_front():
        return None
    left, shown = iter(case.raws), case.shown()
    known = [here for here, _ in shown if here.at <= case.known_from]  # one of these, if any
    known += case.earlier()[-1:]
    for here, times in shown:
        if times < FIRM or case.is_aged(here) or case.is_behind_the_front(here.at):
            continue
        is_other = not any(
            case.look_alike(before, here) and not case.was_told_otherwise(before, here)
            for before in known
        )
        if here.at > case.known_from and is_other and here.raw not in left:
            return f"{here.raw} was shown {times} times and not told"
        known = [here]
    return None


def _followed(case: Case) -> str | None:
    """What runs is looked at by each reading, also behind the front of a list: its end is told."""
    if case.log is None or case.job.id in case.log.doubted | case.log.backwards:
        return None
    if not case.service.source.newest_first or case.watch.jobs is not None:
        return None  # of the others, `_firm` judges what was shown
    for event, after in itertools.pairwise([*case.told, None]):
        if event is None or event["detail"]["terminal"]:
            continue
        made, until = seconds(event["detail"]["observed_at"]), case.world.clock.now
        until = seconds(after["detail"]["observed_at"]) if after else until
        for here, then in itertools.pairwise([*case.moments, None]):
            if here is None or here.at <= made or not here.terminal:
                continue
            stood = here.at + BEHIND, min(until, then.at if then else until)
            times = sum(stood[0] < began < stood[1] for began in case.log.begun)
            if times >= FOLLOWED and not case.is_behind_the_front(here.at):
                return f"{times} readings that began after it ended told nothing of it"
    return None


def _stalled(case: Case) -> str | None:
    """A job is called stalled when it did not move for so long, and once until it moves."""
    moves, sure_moves, before = _moves(case), _sure_moves(case), None
    waits = [watch.stalled_after for watch in _stalling(case) if watch.stalled_after]
    for event in case.events:
        if event["type"] == JOB_STATUS_CHANGE:
            before = None
        if event["type"] != JOB_STALLED:
            continue
        made = seconds(event["detail"]["observed_at"])
        moved = max((at for at, sure in sure_moves if sure <= made), default=0)
        if not waits or made - moved < min(waits) - 60:
            return "called stalled, and it moved"
        if before is not None and not any(before < at <= made for at in moves):
            return "called stalled twice"
        before = made
    if case.watch.stalled_after and case.log:
        return _never_stalled(case)
    return None


def _moves(case: Case) -> list[float]:
    """Tell when Jobwatch was first shown each thing that it can see move.

    It is shown what the service tells, with the times that cannot be. Before its watch began anew,
    that may have been more than now: there, each state counts.
    """
    before, shown = _shown(case)
    earlier = [seen.since for seen in case.log.before[case.job.id]] if case.log else []
    return earlier + [
        seen.since for seen, looks, last in _with_last(shown, before) if looks != last
    ]


def _sure_moves(case: Case) -> list[tuple[float, float]]:
    """Tell of each move that was surely looked up when it was first shown, and when for sure.

    What was not surely looked up may have been stored all the same: so may a move, from when it was
    first shown on, unless the job was surely what it was before in between.
    """
    (before, shown), found = _shown(case), list[tuple[float, float]]()
    first, at_once, left = list[float](), float("inf"), list[tuple[Any, float]]()
    for seen, looks, last in _with_last(shown, before):
        if looks != last:
            first, at_once = [], float("inf")
            left.append((looks, seen.since))
        first, at_once = [*first, *seen.first][:LOOKED_UP], min(at_once, seen.at_once)
        sure = min(at_once, first[-1] if len(first) == LOOKED_UP else float("inf"))
        if sure == float("inf"):
            continue
        if looks != before:
            found.append((next(at for each, at in left if each == looks), sure))
        before, left = looks, []
    return found


def _shown(case: Case) -> tuple[Any, list[tuple[Seen, Any]]]:
    """Give what was known of a job before its watch began anew, and what was shown of it then."""
    log = case.log
    if log is None:
        return None, []
    known = log.before[case.job.id]
    shown = [(seen, _looks(case, seen.state)) for seen in log.jobs.get(case.job.id, ())]
    return _looks(case, known[-1].state) if known else None, shown


def _with_last(shown: list[tuple[Seen, Any]], before: Any) -> Iterator[tuple[Seen, Any, Any]]:
    for seen, looks in shown:
        yield seen, looks, before
        before = looks


def _looks(case: Case, state: State) -> dict[str, Any]:
    """Give what a watch is told of a job."""
    answer = case.service.answer(case.job.id, state)
    if case.watch.jobs is not None or not case.service.source.list_tells_status:
        return answer
    return listed(case.service.source, answer)


def _stalling(case: Case) -> list[Watch]:
    plans = [plan for _, plan in case.world.deployments]
    watches = [p.watches[case.watch.name] for p in plans if case.watch.name in p.watches]
    return [watch for watch in watches if watch.stalled_after]


def _never_stalled(case: Case) -> str | None:
    last, log = case.moments[-1], case.log
    if last.terminal or last.raw == NOT_FOUND or log is None or log.read is None:
        return None
    if case.is_behind_the_front():
        return None
    since = max(case.job.times[-1], last.at, log.read, case.world.changed(case.watch))
    quiet = case.world.clock.now - since
    if quiet < (case.watch.stalled_after or 0) + 4 * max(case.watch.every, 60) + BEHIND:
        return None
    made = [(seconds(e["detail"]["observed_at"]), e["type"]) for e in case.events]
    told = [at for at, kind in made if kind == JOB_STALLED]
    # A move that only a poll saw that failed may never have been stored, unless it was told.
    moves = [at for at, _ in _sure_moves(case)]
    moves += [at for at, kind in made if kind == JOB_STATUS_CHANGE]
    if not told or told[-1] < min(case.job.times[-1], max(moves, default=0)):
        return "it does not move, and is not called stalled"
    return None
