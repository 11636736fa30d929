"""Reading the job APIs: pages of jobs, single jobs, and the parents that jobs live in.

Whatever goes wrong with a call becomes a `SourceError`; nothing half-read is ever returned.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from lambdas.apis.jobs import glance, plain, read_job, whole
from lambdas.apis.paths import path
from lambdas.model import Glance, Job, Scope, SourceError
from lambdas.plan import Listing, Parent, Source
from lambdas.text import clean

LONGEST_CODE = 100
LONGEST_ERROR = 300
MOST_PAGES = 100_000
GRACE = 30
"""Seconds after the deadline in which calls are still begun."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its jobs by their ids, and the token of the next page, if any."""

    jobs: Mapping[str, Glance]
    token: Any


@dataclass(slots=True)
class Calls:
    """How many calls a reader made."""

    list: int = 0
    get: int = 0


class Reader:
    """Reads one scope's jobs through a botocore client, until a deadline.

    `client` gives a client that is patient or not: one that waits and tries again, or hardly.
    `deadline` is a value of `timer`: lists are put aside then, to be read on later. What
    can't be put aside, such as the get of a job that has just ended, may take `GRACE` longer.
    """

    def __init__(
        self,
        client: Callable[[bool], Any],
        source: Source,
        scope: Scope,
        deadline: float,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self.patient = True
        self._source = source
        self._scope = scope
        self._deadline = deadline
        self._timer = timer
        self.calls = Calls()

    @property
    def newest_first(self) -> bool:
        """Whether the list is sorted, as the service documents."""
        return self._source.newest_first

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return self._timer() > self._deadline

    def pages(self, token: Any = None, already: int = 0) -> Iterator[Page]:
        """List the scope's jobs from a page on, when `already` so many pages were read."""
        for items, following in self._pages(self._source.listing, token, already):
            seen = (glance(self._source, item) for item in items)
            yield Page({job.id: job for job in seen if job is not None}, following)

    def whole(self, seen: Glance) -> Job:
        """Read the rest of a job that was listed."""
        return whole(self._source, seen)

    def job(self, job_id: str, listed: Job | None = None) -> Job | None:
        """Read one job, on top of what the list said of it; None when there is no such job."""
        get = self._source.get
        parameters = {**self._parents(get.needs), get.id: job_id}
        self.calls.get += 1
        try:
            answer = self._call(get.operation, parameters)
        except SourceError as error:
            if error.code in get.missing:
                return None
            raise
        item = path(get.item)(answer)
        if not isinstance(item, Mapping):
            raise SourceError("UnexpectedAnswer", f"{get.operation} answered without a job")
        answered = {**(listed.answer if listed else {}), **item}
        job = read_job(self._source, answered)
        if job is None or job.id != job_id:
            raise SourceError("UnexpectedAnswer", f"{get.operation} answered with another job")
        return job

    def children(self) -> list[Scope]:
        """List the scopes one level below a broad one."""
        parent = self._outermost_open()
        items = (item for page, _ in self._pages(parent.listing) for item in page)
        ids = (plain(path(parent.id)(item)) for item in items)
        return [self.child(str(found)) for found in dict.fromkeys(ids) if found]

    def child(self, name: str) -> Scope:
        """Give the scope one level below a broad one, by the id of what the jobs live in."""
        parameters = {**self._scope.parameters, self._outermost_open().parameter: name}
        return replace(self._scope, parameters=parameters)

    def _outermost_open(self) -> Parent:
        return next(p for p in self._source.parents if p.parameter not in self._scope.parameters)

    def _pages(
        self, listing: Listing, token: Any = None, already: int = 0
    ) -> Iterator[tuple[list[Mapping[str, Any]], Any]]:
        parameters = {**listing.parameters, **self._parents(listing.needs)}
        tokens = {token}
        for _ in range(already, MOST_PAGES):
            if token and listing.token:
                parameters[listing.token.send] = token
            self.calls.list += 1
            page = self._call(listing.operation, parameters)
            items = [item for item in path(listing.items)(page) or () if item is not None]
            token = plain(path(listing.token.read)(page)) if listing.token else None
            if token and token in tokens:
                raise SourceError("RepeatedToken", f"{listing.operation} gave a page token twice")
            tokens.add(token)
            yield items, token or None
            if not token:
                return
        raise SourceError("EndlessList", f"{listing.operation} gave over {MOST_PAGES} pages")

    def _parents(self, needs: tuple[str, ...]) -> dict[str, str]:
        return {name: self._scope.parameters[name] for name in needs}

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        if self._timer() > self._deadline + GRACE:
            raise SourceError("OutOfTime", f"no time was left for {operation}")
        try:
            return getattr(self._client(self.patient), xform_name(operation))(**parameters)
        except SourceError:
            raise
        except ClientError as error:
            said = error.response.get("Error", {})
            code = str(said.get("Code") or "Unknown")
            message = str(said.get("Message") or f"{operation} failed without a message")
        except Exception as error:  # noqa: BLE001  timeouts, resets, cut bodies: all differ
            code, message = type(error).__name__, f"{operation}: {error}"
        # Raised out here, so that no log ever shows the library's error, which may quote a request.
        raise SourceError(clean(code, LONGEST_CODE), clean(message, LONGEST_ERROR))
