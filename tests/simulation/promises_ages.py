"""What is promised of jobs that run for too long: each is told once, and none that is younger.

What nobody can know, and so passes: the age of a job of which a wrong answer was given, or of which
the service tells a time that cannot be.
"""

from collections.abc import Iterator

from lambdas.model import JOB_OVERRUNNING, NOT_FOUND
from tests.simulation.answers import listed_members
from tests.simulation.apis import BEHIND
from tests.simulation.configuration import slowest
from tests.simulation.promises_jobs import Case, cases
from tests.simulation.told import Told, seconds
from tests.simulation.world import World

SOON = 2.0
"""Seconds by which two times may differ that are the same."""


def judge_ages(world: World, told: Told) -> Iterator[str]:
    """Give what a run broke about jobs that run for too long."""
    for case in cases(world, told):
        for judge in (_told, _never_told):
            reason = judge(case)
            if reason:
                yield f"{reason}: {case}"


def _told(case: Case) -> str | None:
    """Who is told to run for too long is unfinished and that old, and each run is told once."""
    limits, before = _limits(case), set[str]()
    for event in case.events:
        detail = event["detail"]
        if event["type"] != JOB_OVERRUNNING:
            # What was gone for longer than the retention, and comes back, is new.
            before = before if detail["previous_raw_status"] else set()
            continue
        created = detail["created_at"]
        if not limits or detail["terminal"]:
            return "told to run for too long, and cannot"
        if created is None:  # as a wrong answer said that was given since
            if case.log is None or case.job.id not in case.log.doubted:
                return "told to run for too long, and of no known age"
            continue
        if seconds(detail["observed_at"]) - seconds(created) < min(limits) - SOON:
            return "told to run for too long, and it is younger"
        if created in before and case.log and case.job.id not in case.log.backwards:
            return "told twice to run for too long"
        before.add(created)
    return None


def _limits(case: Case) -> list[int]:
    plans = [plan for _, plan in case.world.deployments]
    watches = [p.watches[case.watch.name] for p in plans if case.watch.name in p.watches]
    return [watch.max_duration for watch in watches if watch.max_duration]


def _never_told(case: Case) -> str | None:
    """A job that has been too old for a while is told, unless it ended or nobody can know."""
    last, log, limit = case.moments[-1], case.log, case.watch.max_duration
    if limit is None or log is None or log.read is None or last.run is None:
        return None
    if last.terminal or last.raw == NOT_FOUND or not _tells_age(case):
        return None
    if case.is_behind_the_front() or case.job.id in log.doubted:
        return None
    created = last.run[0] + case.service.skew
    since = max(case.job.times[-1], last.at, log.read, case.world.changed(case.watch))
    quiet = case.world.clock.now - max(since, created + limit)
    place = case.service.source.name, case.service.account, case.service.region
    if quiet < 4 * max(slowest(case.watch), 60) + BEHIND + 3 * case.world.lap(*place):
        return None
    made = (e["detail"]["created_at"] for e in case.events if e["type"] == JOB_OVERRUNNING)
    if any(at is not None and abs(seconds(at) - created) < SOON for at in made):
        return None
    return "it runs for too long, which is not told"


def _tells_age(case: Case) -> bool:
    source = case.service.source
    listed = source.created in listed_members(source) or not source.list_tells_status
    return (listed or case.watch.jobs is not None) and not case.service.is_blurred(case.job.id)
