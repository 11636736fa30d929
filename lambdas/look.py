"""Gathering what there is to see in a scope: the list, and jobs that must be asked for alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lambdas.diff import Rules, lookups
from lambdas.health import GET_PATIENCE
from lambdas.model import Health, Job, Known, SourceError
from lambdas.read import Reader


@dataclass(slots=True)
class Sights:
    """What one look at a scope showed.

    `gone` are the ids that the get operation doesn't know, `failed` those whose get call failed.
    """

    seen: dict[str, Job] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    failed: dict[str, SourceError] = field(default_factory=dict)

    @property
    def error(self) -> SourceError | None:
        """The first get call's error, if one failed."""
        return next(iter(self.failed.values()), None)

    @property
    def busy(self) -> bool:
        """Whether unfinished jobs were seen."""
        return any(not job.terminal for job in self.seen.values())


def look_at_list(
    health: Health, known: Mapping[str, Known], reader: Reader, rules: Rules
) -> Sights:
    """Read the whole list, and ask for the jobs of which it does not tell enough.

    Raises SourceError when the list can't be read completely.
    """
    seen = reader.jobs()
    wanted = lookups(health, known, seen, rules)
    sights = get_each(wanted.absent, reader)
    sights.seen.update(seen)
    for job_id in wanted.finished:
        try:
            sights.seen[job_id] = reader.job(job_id, seen[job_id]) or seen[job_id]
        except SourceError as error:
            sights.failed[job_id] = error
            if health.gets_failed < GET_PATIENCE:
                del sights.seen[job_id]
    return sights


def look_at_each(
    jobs: Iterable[str], health: Health, known: Mapping[str, Known], reader: Reader
) -> Sights:
    """Ask for each of these jobs that has not ended yet.

    Raises SourceError when none of them could be read.
    """
    ended = health.ended | {job.id for job in known.values() if job.terminal}
    sights = get_each((job_id for job_id in jobs if job_id not in ended), reader)
    if sights.error and not sights.seen and not sights.gone:
        raise sights.error
    return sights


def get_each(jobs: Iterable[str], reader: Reader) -> Sights:
    """Ask for jobs one by one: each was seen, is gone, or can't be told."""
    sights = Sights()
    for job_id in jobs:
        try:
            job = reader.job(job_id)
        except SourceError as error:
            sights.failed[job_id] = error
            continue
        if job is None:
            sights.gone.add(job_id)
        else:
            sights.seen[job_id] = job
    return sights
