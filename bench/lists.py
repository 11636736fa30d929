"""Stand-ins for the lists of SES imports and Data Exchange jobs, with as many jobs as is asked for.

They answer in the services' own wire format, out of pages that were written before, so that the
time of a tick is the caller's. Running jobs are the newest. Data Exchange's list is newest first,
as AWS says that it is; SES's is in no order.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from bench.counted import OPERATION, Environ, serve
from bench.sources import DATA_EXCHANGE, SES
from demo.wire import Api

Job = dict[str, Any]
APART = timedelta(seconds=20)
"""So far apart were the jobs created: 100,000 of them in 23 days."""
LISTS: Mapping[str, tuple[str, str, int]] = {
    SES: ("ListImportJobs", "ImportJobs", 100),
    DATA_EXCHANGE: ("ListJobs", "Jobs", 200),
}
"""The operation, where its answer has the jobs, and the page that Jobwatch asks for."""


class Lists:
    """A WSGI application that answers for each source under its own path."""

    def __init__(self) -> None:
        self._pages: dict[str, list[bytes]] = {}

    def prepare(self, question: Mapping[str, Any]) -> None:
        """Let each list have so many jobs."""
        if "finished" in question:
            now, finished, running = datetime.now(UTC), question["finished"], question["running"]
            for source, make in ((SES, ses_import), (DATA_EXCHANGE, data_exchange_job)):
                made = [make(n, now - n * APART, n < running) for n in range(finished + running)]
                self._pages[source] = pages(
                    source, sorted(made, key=_shuffled) if source == SES else made
                )

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


def pages(source: str, jobs: Sequence[Job]) -> list[bytes]:
    """Write the pages of a list as its service does."""
    name, items, size = LISTS[source]
    api = Api(source.split(".", maxsplit=1)[0], [name])
    operation = api.model.operation_model(name)
    starts = range(0, len(jobs), size) or range(1)
    tokens = [{"NextToken": str(number)} for number in range(1, len(starts))] + [{}]
    return [
        api.answer(operation, {items: jobs[start : start + size], **token}).get_data()
        for start, token in zip(starts, tokens, strict=True)
    ]


def _shuffled(job: Job) -> str:
    return hashlib.sha256(job["JobId"].encode()).hexdigest()


def ses_import(number: int, created: datetime, running: bool) -> Job:
    """Give one import job as SES lists it."""
    contacts = {"ContactListName": "everyone", "ContactListImportAction": "PUT"}
    return {
        "JobId": f"{number:032x}",
        "ImportDestination": {"ContactListDestination": contacts},
        "JobStatus": "PROCESSING" if running else "COMPLETED",
        "CreatedTimestamp": created,
        "ProcessedRecordsCount": number,
        "FailedRecordsCount": 0,
    }


def data_exchange_job(number: int, created: datetime, running: bool) -> Job:
    """Give one job as Data Exchange lists it."""
    asset = {"AssetId": "a" * 32, "Bucket": "bucket", "Key": f"exports/{number}"}
    export = {"DataSetId": "d" * 32, "RevisionId": "e" * 32, "AssetDestinations": [asset]}
    return {
        "Arn": f"arn:aws:dataexchange:us-east-1:000000000000:jobs/{number:032x}",
        "Id": f"{number:032x}",
        "CreatedAt": created,
        "UpdatedAt": created,
        "State": "IN_PROGRESS" if running else "COMPLETED",
        "Type": "EXPORT_ASSETS_TO_S3",
        "Details": {"ExportAssetsToS3": export},
    }


def main() -> None:
    """Serve until there are no more questions."""
    lists = Lists()
    serve(lists, lists.prepare)


if __name__ == "__main__":
    main()
