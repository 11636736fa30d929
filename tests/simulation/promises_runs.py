"""What is promised of runs that a watch expects: none is missing in vain, and none unheard.

Of a job it is only certain that it succeeded in a window where it still stands so, in a place that
is there, when the run is told as missing.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from lambdas.model import RUN_ARRIVED, RUN_MISSING, SUCCEEDED
from lambdas.plan import Expect, Plan, Watch
from tests.simulation import windows
from tests.simulation.apis import Service
from tests.simulation.configuration import places, slowest
from tests.simulation.jobs import TrueJob
from tests.simulation.storms import DOUBTFUL
from tests.simulation.told import Event, Told, seconds
from tests.simulation.truth import moment
from tests.simulation.witness import LOOKED_UP, ScopeKey
from tests.simulation.world import World

ROUNDED = 1.5
"""Seconds by which a time in an event may be off."""
INVOCATION = 330.0
"""Seconds after which what an invocation saw is stored, or it was stopped."""


@dataclass(frozen=True)
class Success:
    """A success that is true: of which job where, when it ended, and until when it stood so."""

    key: ScopeKey
    job: TrueJob
    ended: float
    until: float


def judge_runs(world: World, told: Told) -> Iterator[str]:
    """Give each run that was told wrongly, or not at all."""
    for name, events in told.runs.items():
        yield from _take_turns(name, events)
    if DOUBTFUL & world.on:
        return
    for name, events in told.runs.items():
        for event in events:
            yield from (_missing if event["type"] == RUN_MISSING else _arrived)(world, name, event)
    for watch in world.plan.watches.values():
        if watch.expect is not None:
            yield from _unheard(world, watch, told.runs[watch.name])
            yield from _open_in_vain(world, watch, told.runs[watch.name])


def _take_turns(name: str, events: list[Event]) -> Iterator[str]:
    kinds = [event["type"] for event in events]
    if kinds != ([RUN_MISSING, RUN_ARRIVED] * len(kinds))[: len(kinds)]:
        yield f"{name}: missing and arrived do not take turns: {kinds}"


def _missing(world: World, name: str, event: Event) -> Iterator[str]:
    """A run is missing only if nothing surely succeeded, and all was read since it was due."""
    detail = event["detail"]
    seen, due = seconds(detail["observed_at"]), seconds(detail["since"])
    plan, expected = _plan_at(world, seen), detail["expected"]
    watch = plan.watches.get(name)
    if watch is None or watch.expect is None or _changed_within(world, name, due, seen):
        return  # an invocation may outlast a deployment
    start = due - expected["within_seconds"]
    if expected["within_seconds"] != watch.expect.within:
        yield f"{name}: missing within {expected}"
    if watch.expect.at is not None:
        yield from _of_window(watch, start, max(seen, due))
    if seen < due - ROUNDED:
        yield f"{name}: missing at {seen:.0f}, before it was due at {due:.0f}"
    if expected["at"] is not None and start < _expected_since(world, watch, seen) - ROUNDED:
        yield f"{name}: missing at {seen:.0f} by {start:.0f}, when it was not expected yet"
    for each in _successes(world, watch):
        if start + ROUNDED <= each.ended <= due - ROUNDED and each.until > seen:
            yield f"{name}: missing at {seen:.0f}, but {each.job.id} ended at {each.ended:.0f}"
    yield from _unread(world, watch, due, seen)


def _of_window(watch: Watch, start: float, seen: float) -> Iterator[str]:
    """What is missing is of a window that has closed: not the last one where that is told late.

    A place that was not read for long holds back what was known of the others before.
    """
    assert watch.expect is not None
    last, within = _closed(watch.expect, seen), watch.expect.within
    begins = abs(_closed(watch.expect, start + ROUNDED + within) - start) <= ROUNDED
    if not begins or start > last + ROUNDED:
        yield f"{watch.name}: missing by {start:.0f}, and its window began at {last:.0f}"


def _unread(world: World, watch: Watch, due: float, seen: float) -> Iterator[str]:
    """Give the scopes that nobody read between the time when a run was due and when it was told."""
    for where in places(watch):
        for key in _there(watch, world.services[where], due, seen):
            log = world.witness.scopes.get(key)
            began = [began for began, _ in log.readings] if log else []
            if not any(due - ROUNDED <= each <= seen + ROUNDED for each in began):
                yield f"{key}: missing at {seen:.0f}, and not read since it was due at {due:.0f}"


def _arrived(world: World, name: str, event: Event) -> Iterator[str]:
    """A run that arrived is a job that succeeded since the window began."""
    detail = event["detail"]
    seen = seconds(detail["observed_at"])
    watch = _plan_at(world, seen).watches.get(name)
    if watch is None or watch.expect is None or _changed_within(world, name, seen - 600, seen):
        return
    start = _closed(watch.expect, seen) - ROUNDED
    ended = [each for each in _successes(world, watch) if each.ended <= seen + ROUNDED]
    # One of which a wrong answer was given may count by when it was noticed.
    if not any(each.ended >= start or _is_doubted(world, each) for each in ended):
        yield f"{name}: arrived at {seen:.0f}, but nothing succeeded since {start:.0f}"


def _unheard(world: World, watch: Watch, events: list[Event]) -> Iterator[str]:
    """In the calm, nothing ends any more: what is due then is told as missing."""
    assert watch.expect is not None
    start = _closed(watch.expect, world.clock.now - bound(world, watch))
    since = max(world.calmed, _expected_since(world, watch, world.clock.now))
    if start < since + bound(world, watch):
        return
    if any(each.ended >= start - ROUNDED for each in _successes(world, watch)):
        return
    if [event["type"] for event in events[-1:]] != [RUN_MISSING]:
        yield f"{watch.name}: nothing has succeeded since {start:.0f}, which nobody told"


def _open_in_vain(world: World, watch: Watch, events: list[Event]) -> Iterator[str]:
    """What is missing is over once a run was firmly seen that succeeded in a window as late."""
    told = [(seconds(event["detail"]["observed_at"]), event["type"]) for event in events]
    following = itertools.pairwise([*told, (float("inf"), RUN_ARRIVED)])
    spans = [(began, over) for (began, kind), (over, _) in following if kind == RUN_MISSING]
    for each in _successes(world, watch):
        for seen in _firmly_seen(world, each):
            known = seen + INVOCATION
            if not _counts(world, watch, each.ended, known):
                continue
            if any(began < seen and over > known for began, over in spans):
                yield f"{watch.name}: {each.job.id} ended at {each.ended:.0f}, and none arrived"


def _firmly_seen(world: World, success: Success) -> Iterator[float]:
    """Give when a success was surely looked up, while it stood so."""
    log = world.witness.scopes.get(success.key)
    for seen in log.jobs.get(success.job.id, ()) if log else ():
        is_it = seen.state.ended == success.ended and not seen.state.failed
        if is_it and len(seen.first) == LOOKED_UP and seen.first[-1] <= success.until:
            yield seen.first[-1]


def _is_doubted(world: World, success: Success) -> bool:
    log = world.witness.scopes.get(success.key)
    return log is not None and success.job.id in log.doubted


def _counts(world: World, watch: Watch, ended: float, known: float) -> bool:
    """Tell whether a success still counts when it is known, whatever was deployed since."""
    there = _plan_at(world, known).watches.get(watch.name)
    if there is None or there.expect is None or _changed_within(world, watch.name, ended, known):
        return False
    return _closed(there.expect, known) <= ended - ROUNDED


def _closed(expect: Expect, now: float) -> float:
    """Give when the last window began that has closed."""
    start = now - expect.within
    return start if expect.at is None else windows.begun(expect, start)


def bound(world: World, watch: Watch) -> float:
    """Give within how many seconds all of a watch is surely read in the calm."""
    laps = [world.lap(*where, whole=True) for where in places(watch)]
    slow = any(world.services[where].is_slow for where in places(watch))
    return 3 * slowest(watch) + max(1200 * (1 + slow), *(3 * lap for lap in laps))


def _successes(world: World, watch: Watch) -> Iterator[Success]:
    for where in places(watch):
        service = world.services[where]
        for place, jobs in service.jobs.items():
            for job in jobs.values():
                yield from _of_job(service, (watch.name, *where, place), job)


def _of_job(service: Service, key: ScopeKey, job: TrueJob) -> Iterator[Success]:
    ends = [*job.times[1:], float("inf")]
    for at, state, until in zip(job.times, job.states, ends, strict=True):
        if state is None or state.ended is None:
            continue
        if moment(service.source, at, state).status == SUCCEEDED:
            moves = [each for each in service.moves(job.place) if each > at]
            yield Success(key, job, state.ended, min([until, *moves]))


def _there(watch: Watch, service: Service, due: float, seen: float) -> Iterator[ScopeKey]:
    """Give the scopes that were there from when a run was due until it was told as missing."""
    for place in service.places():
        moved = any(due - 1 <= at <= seen + 1 for at in service.moves(place))
        if service.there(place, due) and service.there(place, seen) and not moved:
            account, region = service.account, service.region
            yield (watch.name, service.source.name, account, region, place)


def _plan_at(world: World, when: float) -> Plan:
    return [plan for at, plan in world.deployments if at <= when][-1]


def _expected_since(world: World, watch: Watch, when: float) -> float:
    """Tell since when a watch expects what it does."""
    since, before = 0.0, None
    for at, plan in world.deployments:
        there = plan.watches.get(watch.name)
        if at <= when and (there and there.expect) != (before and before.expect):
            since = at
        before = there
    return since


def _changed_within(world: World, name: str, begin: float, end: float) -> bool:
    """Tell whether a deployment changed a watch between two times, or as an invocation began."""
    plans = [(at, plan.watches.get(name)) for at, plan in world.deployments]
    changes = [at for (_, one), (at, two) in itertools.pairwise(plans) if one != two]
    return any(begin - INVOCATION <= at <= end for at in changes)
