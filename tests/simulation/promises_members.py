"""What is promised of organizations: each account is read within the hour, and none that left.

What nobody can know, and so passes: who is there while the list is refused or hangs, which rings.
A poll goes by what it knew as it began, and by what the table had up to a minute before.
"""

import itertools
from collections.abc import Iterator

from lambdas.messages import SPREAD
from lambdas.model import NOT_FOUND, WATCH_RECOVERED, WATCH_UNREACHABLE
from lambdas.plan import Watch
from tests.simulation.configuration import places
from tests.simulation.jobwatch import ACCOUNT, POLL
from tests.simulation.told import Event, Told, seconds
from tests.simulation.witness import ScopeKey
from tests.simulation.world import Listing, World

LATE = 1500.0
"""Seconds that a turn may come late, and that a list may fail before that rings."""
LISTED_AFTER = 3600.0 + LATE
"""Seconds after which who is there is known, where lists are answered."""
GOES_ON = 120.0 + POLL
"""Seconds for which somebody may still go by the list before: a minute, and while the table refuses
to give the new one."""
OLD = 900.0
"""An age of a watch that has an alarm ring, in seconds."""


def judge_members(world: World, told: Told) -> Iterator[str]:
    """Give what a run broke about the accounts of organizations."""
    for watch in world.plan.watches.values():
        if watch.organization:
            yield from _listed(world, watch)
            yield from _asked(world, watch)
    yield from _kept(world)
    yield from _left(world, told)
    yield from _called_gone(world, told)
    yield from _taken_back(world, told)


def known_since(world: World, watch: Watch, account: str) -> float:
    """Tell since when an account is known to be there by a watch's units; 0: it is not."""
    came, there = 0.0, False
    for each in _of(world, watch):
        came = each.at if account in each.accounts and not there else came
        there = account in each.accounts
    return came if there else 0.0


def _of(world: World, watch: Watch) -> list[Listing]:
    units = watch.organization.units if watch.organization else ()
    return [each for each in world.listings if each.units == units]


def _listed(world: World, watch: Watch) -> Iterator[str]:
    """They are listed once an hour, or it rings; and in the end those are known that are there."""
    assert watch.organization is not None
    listings = _of(world, watch)
    read = [each.at for each in listings if not each.failed]
    for start, end in itertools.pairwise([world.changed_units(watch), *read, world.clock.now]):
        if end - start > LISTED_AFTER + watch.every and not _rang(world, watch, start, end):
            yield f"{watch.name}: not listed from {start:.0f} to {end:.0f}, and nothing rang"
    there = {*world.organization.there(watch.organization.units)}
    known = {*listings[-1].accounts} - {*watch.organization.without} if listings else set()
    if known != there:
        yield f"{watch.name}: the accounts {sorted(there)} are there, and known are {sorted(known)}"


def _rang(world: World, watch: Watch, start: float, end: float) -> bool:
    """Tell whether it was to be heard that accounts can't be listed, by the turns of all."""
    heard = (m for m in world.metrics if start < m.at <= end and m.group.startswith(SPREAD))
    return any(metric.summary.ages.get(watch.name, 0.0) > OLD for metric in heard)


def _asked(world: World, watch: Watch) -> Iterator[str]:
    """Who joined is asked within the hour."""
    assert watch.organization is not None
    for where in places(watch):
        joined = world.organization.joined.get(where[1])
        if joined is None:
            continue
        log = world.witness.scopes.get((watch.name, *where, ()))
        since = max(joined, world.changed_units(watch))
        asked = log.asked if log else world.clock.now
        late = asked - since > LISTED_AFTER + 2 * watch.every
        if late and not _rang(world, watch, since, asked):
            yield f"{watch.name} {where}: joined at {since:.0f}, first asked at {asked:.0f}"


def _kept(world: World) -> Iterator[str]:
    """A list that fails leaves those that are known."""
    before: dict[tuple[str, ...], Listing] = {}
    for each in world.listings:
        known = before.get(each.units)
        if each.failed and each.accounts != (known.accounts if known else ()):
            yield f"{each.units}: a list that failed at {each.at:.0f} left {each.accounts}"
        before[each.units] = each


def _left(world: World, told: Told) -> Iterator[str]:
    """Of who left nothing is told, but that what was unreachable is so no more."""
    for key, event in _events(told):
        watch = _watch(world, key)
        if watch is None or event["type"] == WATCH_RECOVERED:
            continue
        made = seconds(event["detail"]["observed_at"]) + 1  # it is told in whole seconds
        before = [each for each in _of(world, watch) if each.at < made]
        late = [each for each in before if each.at > made - GOES_ON]
        stood = [*before[: len(before) - len(late)][-1:], *late]
        if stood and not any(key[2] in each.accounts for each in stood):
            yield f"{key}: left, and at {made:.0f} it was told: {event['type']}"


def _taken_back(world: World, told: Told) -> Iterator[str]:
    """What is unreachable in an account that left is so no more, two lists later at the latest."""
    for key, events in told.scopes.items():
        left = _watch(world, key) is not None and not world.looks(key)
        if left and events[-1]["type"] == WATCH_UNREACHABLE:
            yield f"{key}: left, and was told to be unreachable at {events[-1]['at']:.0f} for good"


def _called_gone(world: World, told: Told) -> Iterator[str]:
    """No job is called gone because its account is."""
    for (key, job_id), events in told.jobs.items():
        service = world.services[key[1:4]]
        job = service.jobs.get(key[4], {}).get(job_id)
        gone = [e for e in events if e["detail"]["raw_status"] == NOT_FOUND]
        was_there = job is not None and None not in job.states and not service.moves(key[4])
        if gone and was_there and key[2] in world.organization.ever:
            yield f"{key}: {job_id} is called gone, and was there all the time"


def _events(told: Told) -> Iterator[tuple[ScopeKey, Event]]:
    for (key, _), events in told.jobs.items():
        yield from ((key, event) for event in events)
    for key, events in told.scopes.items():
        yield from ((key, event) for event in events)


def _watch(world: World, key: ScopeKey) -> Watch | None:
    """Give the watch of a scope in an account that is there by its units alone."""
    watch = world.plan.watches.get(key[0])
    named = {each.id for each in world.deployed.watches[key[0]].accounts} if watch else set()
    of_units = watch is not None and watch.organization is not None
    return watch if of_units and key[2] not in {*named, ACCOUNT} else None
