"""What a look at a scope's jobs showed; and looking at jobs one by one, by their ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lambdas.apis.reader import Reader
from lambdas.model import Bookmark, Job, Known, SourceError


@dataclass(slots=True)
class Sights:
    """What one look at a scope showed.

    `seen` are the jobs to decide on and `known` what is remembered of them; `gone` are the ids
    that the get operation doesn't know, `failed` those whose get call failed. `listed` counts the
    jobs of the list. `rest` is where the list, or a second reading of it, is to be gone on with.
    """

    seen: dict[str, Job] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    failed: dict[str, SourceError] = field(default_factory=dict)
    listed: int = 0
    rest: Bookmark | None = None

    @property
    def error(self) -> SourceError | None:
        """The first get call's error, if one failed."""
        return next(iter(self.failed.values()), None)


def look_at_each(jobs: Iterable[str], known: Mapping[str, Known], reader: Reader) -> Sights:
    """Ask for each of these jobs that has not ended yet.

    Raises SourceError when none of them could be read.
    """
    asked = (job_id for job_id in jobs if job_id not in known or not known[job_id].terminal)
    sights = get_each(asked, reader)
    if sights.error and not sights.seen and not sights.gone:
        raise sights.error
    sights.known = dict(known)
    sights.listed = len(sights.seen)
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
