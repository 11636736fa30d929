"""Reading the job APIs: pages of jobs, single jobs, and the parents that jobs live in.

Whatever goes wrong with a call becomes a `SourceError`; nothing half-read is ever returned.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from lambdas.jobs import read_job
from lambdas.model import Job, Scope, SourceError
from lambdas.paths import path
from lambdas.plan import Listing, Source
from lambdas.text import clean

LONGEST_ERROR = 300
MOST_PAGES = 100_000


@dataclass(slots=True)
class Calls:
    """How many calls a reader made."""

    list: int = 0
    get: int = 0


class Reader:
    """Reads one scope's jobs through a botocore client, until a deadline.

    `deadline` is a `time.monotonic()` value; a read that would go on after it fails.
    """

    def __init__(self, client: Any, source: Source, scope: Scope, deadline: float) -> None:
        self._client = client
        self._source = source
        self._scope = scope
        self._deadline = deadline
        self.calls = Calls()

    def jobs(self) -> dict[str, Job]:
        """List every job of the scope; of one that stands on two pages, the later reading."""
        jobs = {}
        for item in self._items(self._source.listing):
            job = read_job(self._source, item)
            if job is not None:
                jobs[job.id] = job
        return jobs

    def job(self, job_id: str, listed: Job | None = None) -> Job | None:
        """Read one job, on top of what the list said of it; None when there is no such job."""
        get = self._source.get
        parameters = {**self._parents(get.takes), get.id: job_id}
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
        whole = {**(listed.answer if listed else {}), **item}
        job = read_job(self._source, whole)
        if job is None or job.id != job_id:
            raise SourceError("UnexpectedAnswer", f"{get.operation} answered with another job")
        return job

    def children(self) -> list[Scope]:
        """List the scopes one level below a broad one."""
        parent = next(p for p in self._source.parents if p.parameter not in self._scope.parameters)
        ids = (path(parent.id)(item) for item in self._items(parent.listing))
        return [self._child(parent.parameter, found) for found in dict.fromkeys(ids) if found]

    def _child(self, parameter: str, value: object) -> Scope:
        parameters = {**self._scope.parameters, parameter: str(value)}
        return replace(self._scope, parameters=parameters)

    def _items(self, listing: Listing) -> Iterator[Mapping[str, Any]]:
        parameters = {**listing.parameters, **self._parents(listing.takes)}
        tokens: set[Any] = set()
        for _ in range(MOST_PAGES):
            self.calls.list += 1
            page = self._call(listing.operation, parameters)
            yield from (item for item in path(listing.items)(page) or () if item is not None)
            token = path(listing.token.read)(page) if listing.token else None
            if not token or listing.token is None:
                return
            if token in tokens:
                raise SourceError("RepeatedToken", f"{listing.operation} gave a page token twice")
            tokens.add(token)
            parameters = {**parameters, listing.token.send: token}
        raise SourceError("EndlessList", f"{listing.operation} gave over {MOST_PAGES} pages")

    def _parents(self, takes: tuple[str, ...]) -> dict[str, str]:
        return {name: self._scope.parameters[name] for name in takes}

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        if time.monotonic() > self._deadline:
            raise SourceError("OutOfTime", f"no time was left for {operation}")
        try:
            return getattr(self._client, xform_name(operation))(**parameters)
        except ClientError as error:
            said = error.response.get("Error", {})
            code = str(said.get("Code") or "Unknown")
            message = str(said.get("Message") or f"{operation} failed without a message")
            raise SourceError(code, clean(message, LONGEST_ERROR)) from error
        except Exception as error:  # timeouts, resets, cut bodies, HTML: each library has its own
            raise SourceError(
                type(error).__name__, clean(f"{operation}: {error}", LONGEST_ERROR)
            ) from error
