"""Which jobs a watch looks at: globs over their names, types and ids."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.apis.jobs import plain
from lambdas.apis.paths import path
from lambdas.globs import Globs, fits
from lambdas.model import Job, ListedJob, StoredJob
from lambdas.plan import Source
from lambdas.text import is_whole


@dataclass(frozen=True, slots=True)
class Selection:
    """Takes each job of which every field in `include` fits a glob of it, and none in `exclude`."""

    source: Source
    include: Globs = field(default_factory=dict)
    exclude: Globs = field(default_factory=dict)

    def takes(self, job: ListedJob | Job) -> bool:
        """Tell whether a watch looks at a listed job; what the list does not tell fits no glob."""
        values = self._values(job)
        return self._fits_include(values, of_unknown=False) and not self._fits_exclude(values)

    def leaves_out(self, job: Job | StoredJob) -> bool:
        """Tell whether what a get told, or is stored of a job, is enough to leave it out.

        What these do not tell, the list may.
        """
        values = _stored_values(job) if isinstance(job, StoredJob) else self._values(job)
        return self._fits_exclude(values) or not self._fits_include(values, of_unknown=True)

    def _fits_include(self, values: Mapping[str, str | None], *, of_unknown: bool) -> bool:
        told = ((globs, values[name]) for name, globs in self.include.items())
        return all(of_unknown if v is None else fits(globs, v) for globs, v in told)

    def _fits_exclude(self, values: Mapping[str, str | None]) -> bool:
        return any(fits(globs, values[name]) for name, globs in self.exclude.items())

    def _values(self, job: ListedJob | Job) -> dict[str, str | None]:
        paths = {"name": self.source.job_name, "type": self.source.type}
        found = {name: plain(path(each)(job.answer)) for name, each in paths.items()}
        return {"id": job.id} | {n: None if v is None else str(v) for n, v in found.items()}


def _stored_values(job: StoredJob) -> dict[str, str | None]:
    """Give what the last event of a job told of it, as far as that is all of it."""
    detail = json.loads(job.detail) if job.detail else {}
    told = {"name": detail.get("job_name"), "type": detail.get("job_type")}
    return {"id": job.id} | {
        n: each if each and is_whole(each) else None for n, each in told.items()
    }
