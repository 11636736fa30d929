"""The oracle: what Jobwatch promises, held against what was true, shown and told.

It judges by what jobs really were, by what the witness saw that Jobwatch was shown, and by what
reached the bus and the topic. What it cannot know is said where it lets something pass.
"""

import itertools
from collections.abc import Iterator

from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    RUN_MISSING,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from lambdas.plan import Watch
from tests.simulation.configuration import places, slowest
from tests.simulation.jobwatch import MOST_RECEIVES, VISIBILITY
from tests.simulation.promises_ages import judge_ages
from tests.simulation.promises_jobs import judge_jobs
from tests.simulation.promises_lanes import judge_lanes
from tests.simulation.promises_members import judge_members
from tests.simulation.promises_narrowed import judge_narrowed
from tests.simulation.promises_routing import judge_routing
from tests.simulation.promises_runs import judge_runs
from tests.simulation.promises_standing import judge_standing, may_be_silent
from tests.simulation.told import Event, Told, seconds
from tests.simulation.witness import ScopeKey, ScopeLog, lane_of
from tests.simulation.world import World

MINUTE = 60.0
MOST_UNANSWERED = 2
"""Gets in a row that may go unanswered before a visit leaves the rest for later."""


def broken(world: World) -> list[str]:
    """Give every promise that a run broke, in a line each."""
    told = Told(world)
    return [
        *world.errors,
        *told.faults,
        *_everything_arrives(world, told),
        *_alerts(world, told),
        *_nothing_is_stuck(world),
        *_scopes(world, told),
        *_everybody_is_read(world),
        *_deadly_places(world, told),
        *_nobody_waits_in_vain(world),
        *judge_lanes(world),
        *judge_jobs(world, told),
        *judge_ages(world, told),
        *judge_narrowed(world, told),
        *judge_runs(world, told),
        *judge_standing(world),
        *judge_routing(world),
        *judge_members(world, told),
    ]


def _everything_arrives(world: World, told: Told) -> Iterator[str]:
    """What the table announced is on the bus, once the bus takes it."""
    aside = {r["dynamodb"]["NewImage"]["detail"]["S"] for r in world.publishing.dead_letters}
    for event_id, event in told.announced.items():
        arrived = event_id in told.first or event_id in world.bus.spoilt
        if not arrived and not any(event_id in text for text in aside):
            yield f"lost: {event['type']} {event_id} was stored and never published"
    for event_id in told.first.keys() - told.announced.keys():
        yield f"made up: {event_id} was published and never stored"


def _alerts(world: World, told: Told) -> Iterator[str]:
    """Alerts are exactly the events that ask for one."""
    wanted = {i for i, e in told.announced.items() if _asks(world, e)}
    silent = {i for i in wanted if may_be_silent(world, told.announced[i])}
    opened = [message for message in world.topic.taken if message["alerts"][0]["state"] == "open"]
    listed = {alert["id"] for message in opened for alert in message["alerts"]}
    hidden = sum(message["count"] - len(message["alerts"]) for message in opened)
    aside = "".join(r["dynamodb"]["NewImage"]["detail"]["S"] for r in world.alerting.dead_letters)
    for event_id in sorted(listed - wanted):
        yield f"alert for {event_id}, which asks for none"
    missing = [i for i in sorted(wanted - silent - listed - world.topic.spoilt) if i not in aside]
    if len(missing) > hidden:
        yield f"no alert for {missing}"


def _asks(world: World, event: Event) -> bool:
    if event["type"] != JOB_STATUS_CHANGE:
        return event["type"] in (JOB_STALLED, JOB_OVERRUNNING, WATCH_UNREACHABLE, RUN_MISSING)
    detail = event["detail"]
    entered = detail["status"] != detail["previous_status"]
    again = detail["raw_status"] == detail["previous_raw_status"]
    return (entered or again) and detail["status"] in world.plan.policy_of(detail["watch"]).on


def _nothing_is_stuck(world: World) -> Iterator[str]:
    """When all is calm, stream and queue run dry."""
    since = world.clock.now - MINUTE
    left = world.publishing.stuck(since), world.alerting.stuck(since)
    if any(left):
        yield f"stuck: the stream has {left} records left"
    # One that kills who takes it comes again until it is put aside.
    comes_again = MOST_RECEIVES * VISIBILITY if "places that kill" in world.loud else 0
    bound = 900 + comes_again
    waiting = [m for m in world.lanes.messages if world.clock.now - m.sent > bound]
    if waiting:
        yield f"stuck: {len(waiting)} messages wait for {bound:.0f} s, such as {waiting[0].body}"


def _scopes(world: World, told: Told) -> Iterator[str]:
    """Unreachable and recovered take turns; neither is made up, and a long outage is told."""
    for key, events in told.scopes.items():
        kinds = [event["type"] for event in events]
        # One that is not watched any more recovers within a day, one that kills its readers never.
        whole = len(kinds) - (not world.looks(key) or world.kills(key))
        kinds = kinds[: max(whole, len(kinds) // 2 * 2)]
        if kinds != [WATCH_UNREACHABLE, WATCH_RECOVERED] * (len(kinds) // 2):
            yield f"{key}: unreachable and recovered do not take turns: {kinds}"
        for event in events:
            if event["type"] == WATCH_UNREACHABLE and _failures(world, key, event) < 3:
                yield f"{key}: unreachable at {event['at']:.0f} after fewer than three failures"
    for key in world.witness.scopes:
        for start, end in _outages(world, key):
            if not _is_told(told, key, start, end):
                yield f"{key}: could not be read from {start:.0f} to {end:.0f}, which nobody told"


def _is_told(told: Told, key: ScopeKey, start: float, end: float) -> bool:
    """Whether a scope was called unreachable before an outage, and still, or during it."""
    made = [(seconds(e["detail"]["observed_at"]), e["type"]) for e in told.scopes[key]]
    before = [kind for when, kind in made if when < start][-1:]
    return WATCH_UNREACHABLE in before + [kind for when, kind in made if start <= when <= end]


def _failures(world: World, key: ScopeKey, event: Event) -> int:
    """Count the reads in a row that failed before an event was made."""
    log = world.witness.scopes[key]
    made = seconds(event["detail"]["observed_at"])
    marks = [(end, 1) for began, end, _ in log.failed if began <= made + 1]
    # Amid which scope a poll was killed is not seen: it may not have asked for anything.
    stopped = [(end, lanes) for end, lanes in world.witness.stopped if end < made]
    marks += [(end, 1) for end, lanes in stopped if not lanes or lane_of(key) in lanes]
    marks += [(end, 0) for end in log.surely if end < made]
    run = 0
    for _, failed in sorted(marks):
        run = run + 1 if failed else 0
    return run


def _outages(world: World, key: ScopeKey) -> Iterator[tuple[float, float]]:
    """Give the times of nine and more failed reads in a row that were surely noticed."""
    log = world.witness.scopes[key]
    marks = [(at, "failed") for _, at, well in log.failed if well]
    marks += [(at, "read") for at in log.clean]
    run: list[float] = []
    for at, kind in [*sorted(marks), (world.clock.now, "over")]:
        if kind == "failed":
            run.append(at)
            continue
        if len(run) >= 9:
            yield run[0], run[-1]
        run = []


def _everybody_is_read(world: World) -> Iterator[str]:
    """In the calm, each scope of the plan is read again and again.

    A lane that lists more than it can read gives each place its turn, and rings (`judge_lanes`): a
    list that takes several turns is then complete when it can be.
    """
    for watch in world.plan.watches.values():
        for where in places(watch):
            service = world.services[where]
            usual = 3000 * (1 + world.is_crowded) if service.is_slow else 600
            lap = world.lap(*where)
            bound = 3 * slowest(watch) + max(usual, 2 * lap)
            bound += 3 * world.stops(*where)
            for place in itertools.filterfalse(service.kills, service.places()):
                key = (watch.name, *where, place)
                log = world.witness.scopes.get(key)
                if log is not None and log.asked_last > world.clock.now - bound:
                    last = (
                        log.asked_last
                        if service.source.newest_first or lap > usual
                        else max(log.complete, default=0)
                    )
                    if watch.jobs is None and last < world.clock.now - bound:
                        yield f"{key}: starves: no list was complete for {bound:.0f} s"
                elif watch.jobs is None:
                    yield f"{key}: starves: nobody has asked for {bound:.0f} s"
                for name in _forgotten(watch, log, world.clock.now - bound):
                    yield f"{key}: {name} starves: nobody has asked for it for {bound:.0f} s"


def _deadly_places(world: World, told: Told) -> Iterator[str]:
    """A place that kills who reads it is told as unreachable."""
    for watch in world.plan.watches.values():
        for where in places(watch) if watch.jobs is None else ():
            service = world.services[where]
            since = max(service.kills_from, world.changed(watch), world.calmed)
            known = world.clock.now - since > 4 * world.stops(*where)
            for place in service.places():
                key = (watch.name, *where, place)
                kinds = [event["type"] for event in told.scopes[key]]
                if known and service.kills(place) and kinds[-1:] != [WATCH_UNREACHABLE]:
                    yield f"{key}: kills who reads it, which nobody told"


def _forgotten(watch: Watch, log: ScopeLog | None, since: float) -> Iterator[str]:
    """Give the jobs that a watch names of which nobody asked; what ended is asked for no more."""
    for name in watch.jobs or ():
        shown = log.jobs.get(name, ()) if log else ()
        asked = log.asked_for.get(name, float("-inf")) if log else float("-inf")
        if asked < since and not any(seen.state.ended for seen in shown):
            yield name


def _nobody_waits_in_vain(world: World) -> Iterator[str]:
    """Where single jobs are asked for and nobody answers, the others are left for later."""
    for key, log in world.witness.scopes.items():
        if log.unanswered > MOST_UNANSWERED:
            yield f"{key}: {log.unanswered} gets in a row went unanswered in one invocation"
