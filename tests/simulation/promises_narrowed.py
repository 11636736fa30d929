"""What is promised of jobs that a watch leaves out: nothing is told of them, and none is stored.

What was told or stored before a deployment left it out stays, but is followed no more.
"""

from collections.abc import Iterator

from lambdas.model import Scope
from lambdas.plan import Watch
from lambdas.store import items
from tests.simulation.configuration import leaves_out, places
from tests.simulation.jobwatch import POLL
from tests.simulation.told import Told, seconds
from tests.simulation.world import World

JOB = "job#"


def judge_narrowed(world: World, told: Told) -> Iterator[str]:
    """Give what a run broke about jobs that are left out."""
    for (key, job_id), events in told.jobs.items():
        for event in events:
            made = seconds(event["detail"]["observed_at"])
            watches = _in_force(world, key[0], made)
            if watches and all(leaves_out(watch, job_id) for watch in watches):
                yield f"{event['type']} at {made:.0f} of {job_id} of {key}, which is left out"
    yield from _stored(world)


def _in_force(world: World, name: str, made: float) -> list[Watch]:
    """Give the watch as it was by the deployments whose polls may have run at a time."""
    found: list[Watch] = []
    ends = [at for at, _ in world.deployments[1:]] + [float("inf")]
    for (began, plan), end in zip(world.deployments, ends, strict=True):
        if began <= made + 1 and end > made - POLL and name in plan.watches:
            found.append(plan.watches[name])
    return found


def _stored(world: World) -> Iterator[str]:
    """Nothing is stored of what was always left out, and nothing followed of what is so now."""
    for watch in world.plan.watches.values():
        ever = [p.watches[watch.name] for _, p in world.deployments if watch.name in p.watches]
        for partition in _partitions(world, watch):
            for sort_key, item in world.table.partitions.get(partition, {}).items():
                job_id = sort_key.removeprefix(JOB)
                if job_id == sort_key or not leaves_out(watch, job_id):
                    continue
                if all(leaves_out(each, job_id) for each in ever):
                    yield f"{job_id} of {watch.name} is stored and was always left out"
                if "open" in item:
                    yield f"{job_id} of {watch.name} is left out, and followed still"


def _partitions(world: World, watch: Watch) -> Iterator[str]:
    """Give the keys of the scopes of a watch that are there now, and whose lists can be read."""
    for source, account, region in places(watch):
        service = world.services[source, account, region]
        names = [parent.parameter for parent in service.source.parents]
        for place in service.places():
            if not service.kills(place):
                parameters = dict(zip(names, place, strict=True))
                yield items.partition(Scope(watch.name, source, account, region, parameters))
