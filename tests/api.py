"""A job API in memory, shaped by a row of the plan: what a botocore client would answer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from lambdas.plan import Listing, Source
from tests.values import id_parameter, since_of


def refused(code: str, operation: str = "ListJobs", message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class FakeApi:
    """Answers the operations of one source; a list tells in the order in which jobs were put,
    or newest first where the source is documented so.

    A page begins with the last `overlap` jobs of the one before. `fail` is called with (operation,
    parameters) before each answer and may raise.
    """

    def __init__(self, source: Source, page_size: int = 2) -> None:
        self.source = source
        self.page_size, self.overlap = page_size, 0
        self.jobs: dict[str, dict[str, Any]] = {}
        self.hidden: set[str] = set()
        self.fuller: dict[str, dict[str, Any]] = {}
        self.children: dict[str, list[str]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.fail: Callable[[str, Mapping[str, Any]], None] = lambda _operation, _parameters: None

    def put(self, job_id: str, raw_status: str, **fields: Any) -> None:
        """Let a job be there, in the list and for the get."""
        self.jobs[job_id] = {self.source.id: job_id, self.source.status: raw_status, **fields}

    def made(self, operation: str) -> int:
        """How often an operation was called."""
        return sum(1 for name, _ in self.calls if name == operation)

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        source = self.source
        if method == xform_name(source.get.operation):
            return self._get
        if method == xform_name(source.listing.operation):
            listed = [job for job_id, job in self.jobs.items() if job_id not in self.hidden]
            if source.newest_first:
                listed.reverse()
            return lambda **parameters: self._page(
                source.listing, _created_since(source, listed, parameters), parameters
            )
        for parent in source.parents:
            if method == xform_name(parent.listing.operation):
                ids = self.children.get(parent.parameter, [])
                return lambda **parameters: self._page(
                    parent.listing, [{parent.id: i} for i in ids], parameters
                )
        raise AttributeError(method)

    def _get(self, **parameters: Any) -> dict[str, Any]:
        get = self.source.get
        self._called(get.operation, parameters)
        job_id = parameters[id_parameter(get)]
        if job_id not in self.jobs:
            raise refused(get.missing[0], get.operation, f"{job_id} does not exist")
        job = {**self.jobs[job_id], **self.fuller.get(job_id, {})}
        return job if get.item == "@" else {get.item: job}

    def _page(
        self, listing: Listing, items: Iterable[Any], parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        self._called(listing.operation, parameters)
        assert listing.token is not None
        items = list(items)
        start = int(parameters.get(listing.token.send, 0))
        end = start + self.page_size
        page: dict[str, Any] = {}
        _set(page, listing.items, items[start:end])
        if end < len(items):
            _set(page, listing.token.read, str(end - self.overlap))
        return page

    def _called(self, operation: str, parameters: Mapping[str, Any]) -> None:
        self.calls.append((operation, dict(parameters)))
        self.fail(operation, parameters)


def _created_since(
    source: Source, jobs: list[dict[str, Any]], parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Leave out what was not created after the time that a list is asked for, if it is."""
    since = since_of(source.listing, parameters)
    return [job for job in jobs if since is None or job[source.created] > since]


def _set(page: dict[str, Any], dotted: str, value: Any) -> None:
    *branches, leaf = dotted.split(".")
    for branch in branches:
        page = page.setdefault(branch, {})
    page[leaf] = value
