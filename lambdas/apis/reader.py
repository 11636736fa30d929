"""Reading the job APIs: pages of jobs, single jobs, and the parents that jobs live in.

Whatever goes wrong with a call becomes a `SourceError`; nothing half-read is ever returned. No call
is begun that could outlast the invocation: that is an `OutOfTimeError`, and no fault of the API.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from lambdas.apis.clients import call_seconds
from lambdas.apis.jobs import listed_job, plain, read_job, whole
from lambdas.apis.parameters import filled, with_value
from lambdas.apis.paths import path
from lambdas.apis.regions import explained
from lambdas.apis.selection import Selection
from lambdas.deadline import Deadline
from lambdas.model import Job, ListedJob, OutOfTimeError, Scope, SourceError, StoredJob
from lambdas.plan import ID_SEPARATOR, Get, Listing, Source
from lambdas.scopes import missing_parameter
from lambdas.text import clean, writable
from lambdas.times import plausible_time

LONGEST_CODE = 100
LONGEST_ERROR = 300
LONGEST_TOKEN = 20_000
"""Bytes of a page token as ASCII JSON: it may have to be kept, in an item with much beside it."""
MOST_STALE_PAGES = 50
"""Pages in a row on which nothing stands that was not on a page before."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its jobs by their ids, and the token of the next page, if any.

    `order` names all that stands on it, in its order, `left_out` what of that the watch leaves out.
    """

    jobs: Mapping[str, ListedJob]
    token: Any
    order: Sequence[str] = ()
    left_out: Mapping[str, ListedJob] = field(default_factory=dict)


class _Freshness:
    """Tells a list that goes on from one that never ends: its tokens are new, its items are not."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._known: set[str] = set()
        self._stale = 0

    def check(self, ids: Collection[str]) -> None:
        """Look at the ids of a page; raises SourceError after too many without a new one."""
        self._stale = self._stale + 1 if self._known.issuperset(ids) else 0
        self._known.update(ids)
        if self._stale > MOST_STALE_PAGES:
            said = f"{self._operation} gave {self._stale} pages in a row with nothing new on them"
            raise SourceError("EndlessList", said, endless=True)


class _Youngest:
    """Tells which of a list's entries of one id counts: that of the run that was created last.

    Where a creation is not told, it is the first of a list that is newest first, the last of any
    other. Of entries of the same run it is the last, which was read later.
    """

    def __init__(self, source: Source, clock: Callable[[], datetime]) -> None:
        self._source = source
        self._clock = clock
        self._told: dict[str, Any] = {}
        """When each was created, as the service says it: to read that of all takes long."""

    def counts(self, job: ListedJob) -> bool:
        """Tell whether an entry counts, beside those that were listed before it."""
        told = path(self._source.created)(job.answer)
        if job.id in self._told and self._is_older(told, self._told[job.id]):
            return False
        self._told[job.id] = told
        return True

    def _is_older(self, told: Any, before: Any) -> bool:
        now = self._clock()
        created, created_before = plausible_time(told, now), plausible_time(before, now)
        if created is None or created_before is None:
            return self._source.newest_first
        return created < created_before


@dataclass(slots=True)
class Calls:
    """How many calls a reader made."""

    list: int = 0
    get: int = 0


class Reader:
    """Reads one scope's jobs through a botocore client, until a deadline.

    `client` gives the client of a service, and one that is patient or not: one that waits and tries
    again, or hardly. An impatient reader becomes patient with the first answer. `selection` says
    which of a list's jobs are looked at; None: all.
    """

    def __init__(
        self,
        client: Callable[[str, bool], Any],
        source: Source,
        scope: Scope,
        deadline: Deadline,
        clock: Callable[[], datetime],
        *,
        patient: bool = True,
        selection: Selection | None = None,
    ) -> None:
        self._client = client
        self._patient = patient
        self._source = source
        self._scope = scope
        self._deadline = deadline
        self._clock = clock
        self._selection = selection
        self.calls = Calls()

    def pages(
        self, token: Any = None, since: datetime | None = None, *, began: datetime | None = None
    ) -> Iterator[Page]:
        """List the scope's jobs from a page on, or those created since a time.

        `began` is when the list was begun that a token goes on with, None for now: all else that it
        is asked with has to stay as it was then. Of a job of an id that was listed already, a page
        has nothing where that one is younger.
        """
        freshness = _Freshness(self._source.listing.operation)
        youngest = _Youngest(self._source, self._clock)
        for items, following in self._pages(self._source.listing, token, since, began):
            found = (listed_job(self._source, self._item(item)) for item in items)
            listed = [job for job in found if job is not None]
            freshness.check({job.id for job in listed})
            yield self._page({job.id: job for job in listed if youngest.counts(job)}, following)

    def _page(self, jobs: Mapping[str, ListedJob], token: Any) -> Page:
        if self._selection is None:
            return Page(jobs, token, [*jobs])
        taken = {i: job for i, job in jobs.items() if self._selection.takes(job)}
        left_out = {i: job for i, job in jobs.items() if i not in taken}
        return Page(taken, token, [*jobs], left_out)

    def leaves_out(self, job: Job | StoredJob) -> bool:
        """Tell whether what a get told, or is stored of a job, is enough to leave it out."""
        return self._selection is not None and self._selection.leaves_out(job)

    def _item(self, item: Any) -> Any:
        """Give a listed job as an object: lists that tell no status may have ids alone."""
        alone = not self._source.list_tells_status and not isinstance(item, Mapping)
        return {self._source.id: item} if alone else item

    def whole(self, listed: ListedJob) -> Job:
        """Read the rest of a job that was listed."""
        return whole(self._source, listed, self._clock())

    def job(self, job_id: str, listed: Job | None = None) -> Job | None:
        """Read one job, on top of what the list said of it; None when there is no such job.

        So it is with all jobs of a source whose service reads none by its id.
        """
        get = self._source.get
        answer = None if get is None else self._get(get, [job_id])
        return None if get is None or answer is None else self._job(get, answer, job_id, listed)

    def several(self, job_ids: Sequence[str], listed: Mapping[str, Job]) -> dict[str, Job]:
        """Read as many jobs as one call can read; those of which it tells nothing are left out."""
        get, found = self._source.get, dict[str, Job]()
        if get is not None and get.found_in is not None:
            answer = self._get(get, job_ids)
            for item in path(get.found_in)(answer) or ():
                job = self._answered(item, listed)
                found |= {job.id: job} if job is not None and job.id in job_ids else {}
        return found

    def _answered(self, item: Any, listed: Mapping[str, Job]) -> Job | None:
        """Read one of several jobs that were asked for; None where that is not to be trusted."""
        if not isinstance(item, Mapping):
            return None
        before = listed.get(str(plain(path(self._source.id)(item))))
        answered = {**(before.answer if before else {}), **item}
        job = read_job(self._source, answered, self._clock())
        return None if job is None or job.raw_status is None else job

    def _get(self, get: Get, job_ids: Sequence[str]) -> Any:
        """Ask for jobs; give the answer, None where the service says that there is no such one."""
        try:
            parameters = self._filled(get.parameters, self._id_names(job_ids[0]), job_ids)
        except ValueError:  # no number where the service has numbers
            return None
        self._require_time()
        self.calls.get += 1
        try:
            return self._call(self._source.service, get.operation, parameters)
        except SourceError as error:
            if error.code in get.missing:
                return None
            raise

    def _job(self, get: Get, answer: Any, job_id: str, listed: Job | None) -> Job | None:
        if get.found_in and path(get.found_in)(answer) == []:
            return None
        item = path(get.item)(answer)
        if not isinstance(item, Mapping):
            raise SourceError("UnexpectedAnswer", f"{get.operation} answered without a job")
        answered = {**(listed.answer if listed else {}), **item}
        asked = None if get.names_job else job_id
        job = read_job(self._source, answered, self._clock(), asked)
        if job is None or job.id != job_id:
            raise SourceError("UnexpectedAnswer", f"{get.operation} answered with another job")
        if job.raw_status is None and (asked or not self._source.list_tells_status):
            raise SourceError("UnexpectedAnswer", f"{get.operation} answered without a status")
        return job

    def children(self) -> list[str]:
        """List the ids of what a parent scope holds."""
        name = missing_parameter(self._scope, self._source)
        parent = next(p for p in self._source.parents if p.parameter == name)
        freshness = _Freshness(parent.listing.operation)
        found: dict[str, None] = {}
        for items, _ in self._pages(parent.listing):
            found_here = (plain(path(parent.id)(item)) for item in items)
            ids = [writable(str(each)) for each in found_here if each]
            freshness.check(ids)
            found.update(dict.fromkeys(ids))
        return list(found)

    def _pages(
        self,
        listing: Listing,
        token: Any = None,
        since: datetime | None = None,
        began: datetime | None = None,
    ) -> Iterator[tuple[list[Mapping[str, Any]], Any]]:
        parameters = self._filled(listing.parameters, {}, now=began)
        if listing.since and since:
            parameters = with_value(parameters, listing.since, since)
        service = listing.service or self._source.service
        tokens = {token}
        while True:
            if token and listing.token:
                parameters[listing.token.send] = token
            self._require_time()
            self.calls.list += 1
            page = self._call(service, listing.operation, parameters)
            items = [item for item in path(listing.items)(page) or () if item is not None]
            token = plain(path(listing.token.read)(page)) if listing.token else None
            if len(json.dumps(str(token))) > LONGEST_TOKEN + len('""'):
                raise SourceError("UnexpectedAnswer", f"{listing.operation} gave too long a token")
            yield items, token or None
            if not token:
                return
            if token in tokens:  # what stands on the page that gave it was seen all the same
                raise SourceError("RepeatedToken", f"{listing.operation} gave a page token twice")
            tokens.add(token)

    def _filled(
        self,
        parameters: Mapping[str, Any],
        ids: Mapping[str, str],
        job_ids: Sequence[str] = (),
        *,
        now: datetime | None = None,
    ) -> dict[str, Any]:
        scope = self._scope
        names = {"account": scope.account, "region": scope.region, **scope.parameters, **ids}
        filled_in: dict[str, Any] = filled(parameters, names, now or self._clock(), job_ids)
        return filled_in

    def _id_names(self, job_id: str) -> dict[str, str]:
        """Give a job's id by name, or the parts that it is made up of."""
        names = self._source.id_parts
        if not names:
            return {"id": job_id}
        parts = job_id.split(ID_SEPARATOR, len(names) - 1)
        return dict(zip(names, parts + [""] * (len(names) - len(parts)), strict=True))

    @property
    def batch(self) -> int:
        """How many jobs one call can read."""
        return self._source.get.batch if self._source.get else 1

    def has_time_for(self, calls: int) -> bool:
        """Tell whether so many calls could be made."""
        return self._deadline.allows(calls * call_seconds(self._source.calls_per_second))

    def _require_time(self) -> None:
        if not self.has_time_for(1):
            raise OutOfTimeError

    def _call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        client: Any = None
        try:
            client = self._client(service, self._patient)
            answer = getattr(client, xform_name(operation))(**parameters)
        except SourceError:
            raise
        except ClientError as error:
            said = error.response.get("Error", {})
            code = str(said.get("Code") or "Unknown")
            message = str(said.get("Message") or f"{operation} failed without a message")
            message = explained(code, message, self._scope.region, self._scope.account, client)
            answered = True
        except Exception as error:  # noqa: BLE001  timeouts, resets, cut bodies: all differ
            code, message, answered = type(error).__name__, f"{operation}: {error}", False
        else:
            self._patient = True
            return answer
        # Raised out here, so that no log ever shows the library's error, which may quote a request.
        raise SourceError(
            clean(code, LONGEST_CODE), clean(message, LONGEST_ERROR), answered=answered
        )
