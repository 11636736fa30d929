"""Stand-ins for the lists of SES imports and Data Exchange jobs, with as many jobs as is asked for.

They answer in the services' own wire format, out of pages that were written before, so that the
time of a tick is the caller's. Running jobs are the newest. Data Exchange's list is newest first,
as AWS says that it is; SES's is in no order.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from bench.counted import OPERATION, serve
from bench.sources import DATA_EXCHANGE, SES
from demo.records import Moment, data_exchange, ses_import
from demo.standins import Environ
from demo.wire import Api, listed

LISTS: Mapping[str, tuple[str, int, str]] = {
    SES: ("ListImportJobs", 100, "PROCESSING"),
    DATA_EXCHANGE: ("ListJobs", 200, "IN_PROGRESS"),
}
"""The operation, the page that Jobwatch asks for, and the status of a job that runs."""


class Lists:
    """A WSGI application that answers for each source under its own path."""

    def __init__(self) -> None:
        self._pages: dict[str, list[bytes]] = {}

    def prepare(self, question: Mapping[str, Any]) -> None:
        """Let each list have so many jobs."""
        if "finished" in question:
            self._pages = {s: pages(s, question["finished"], question["running"]) for s in LISTS}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one call to a list; a page token is the number of its page."""
        source = environ["PATH_INFO"].split("/")[1]
        environ[OPERATION] = f"{source.split('.')[0]}:{LISTS[source][0]}"
        query = parse_qs(environ.get("QUERY_STRING", "")).get("nextToken")
        body = json.loads(environ["wsgi.input"].read() or "{}")
        page = self._pages[source][int(query[0] if query else body.get("NextToken") or 0)]
        head = [("Content-Type", "application/json"), ("Content-Length", str(len(page)))]
        start_response("200 OK", head)
        return [page]


def pages(source: str, finished: int, running: int) -> list[bytes]:
    """Write the pages of a list as its service does."""
    name, size, _ = LISTS[source]
    api = Api(source.split(".", maxsplit=1)[0], [name])
    operation = api.model.operation_model(name)
    items, shape = listed(operation)
    jobs = [_job(source, number, running=number < running) for number in range(finished + running)]
    if source == SES:
        jobs.sort(key=lambda job: str(job["JobId"]))  # a hash
    said = [{name: job[name] for name in shape.members if name in job} for job in jobs]
    starts = range(0, len(jobs), size) or range(1)
    tokens = [{"NextToken": str(number)} for number in range(1, len(starts))] + [{}]
    return [
        api.answer(operation, {items: said[start : start + size], **token}).get_data()
        for start, token in zip(starts, tokens, strict=True)
    ]


def _job(source: str, number: int, *, running: bool) -> Mapping[str, Any]:
    at = datetime.now(UTC) - number * timedelta(seconds=20)  # 100,000 of them in 23 days
    status = LISTS[source][2] if running else "COMPLETED"
    moment = Moment(status, at, at, None if running else at, total=1_000, processed=number)
    if source == SES:
        return ses_import(str(number), moment)
    return data_exchange(str(number), moment, "ExportAssetsToS3")


def main() -> None:
    """Serve until there are no more questions."""
    lists = Lists()
    serve(lists, lists.prepare)


if __name__ == "__main__":
    main()
