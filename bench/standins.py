"""Stand-ins for the lists of SES imports and Data Exchange jobs, with as many jobs as is asked for.

They answer in the services' own wire format. Running jobs are the newest. Data Exchange's list is
newest first, as AWS says that it is; SES's is in no order.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from bench.counted import OPERATION
from bench.serving import serve
from bench.sources import DATA_EXCHANGE, SES
from demo.wire import Api, read_input

APART = timedelta(seconds=20)
"""So far apart were the jobs created: 100,000 of them in 23 days."""


@dataclass(frozen=True)
class Listed:
    """A source as it is called on the wire."""

    listing: str
    items: str
    getting: str
    id: str
    page: int
    """The page that Jobwatch asks for, and the floor."""

    @property
    def operations(self) -> tuple[str, str]:
        """The operations that are served."""
        return self.listing, self.getting


LISTS = {
    SES: Listed("ListImportJobs", "ImportJobs", "GetImportJob", "JobId", 100),
    DATA_EXCHANGE: Listed("ListJobs", "Jobs", "GetJob", "Id", 200),
}


class StandIns:
    """A WSGI application that answers for each service under its own path."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, dict[str, Any]]] = {source: {} for source in LISTS}
        self._order: dict[str, list[dict[str, Any]]] = {source: [] for source in LISTS}
        self._apis = {
            source: Api(source.split(".")[0], row.operations) for source, row in LISTS.items()
        }

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._respond(Request(environ))(environ, start_response)

    def fill(self, finished: int, running: int) -> None:
        """Let each service have so many jobs."""
        now = datetime.now(UTC)
        for source, make in ((SES, ses_import), (DATA_EXCHANGE, data_exchange_job)):
            made = [make(n, now - n * APART, n < running) for n in range(finished + running)]
            self._jobs[source] = {job[LISTS[source].id]: job for job in made}
            self._order[source] = made if source == DATA_EXCHANGE else sorted(made, key=_shuffled)

    def _respond(self, request: Request) -> Response:
        source, _, path = request.path[1:].partition("/")
        api = self._apis[source]
        operation, labels = api.find(request.method, f"/{path}") or (None, {})
        if operation is None:
            raise NotFound
        request.environ[OPERATION] = f"{source.split('.')[0]}:{operation.name}"
        given = read_input(operation, labels, request)
        return api.answer(operation, self._value(source, operation.name, given))

    def page(self, source: str, token: str | None) -> dict[str, Any]:
        """Give one page of a list; a token is where it begins."""
        row, order = LISTS[source], self._order[source]
        start = int(token or 0)
        end = start + row.page
        more = {"NextToken": str(end)} if end < len(order) else {}
        return {row.items: order[start:end], **more}

    def _value(self, source: str, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if name == LISTS[source].getting:
            return self._jobs[source][given["JobId"]]
        return self.page(source, given.get("NextToken"))


def _shuffled(job: Mapping[str, Any]) -> str:
    return hashlib.sha256(job["JobId"].encode()).hexdigest()


def ses_import(number: int, created: datetime, running: bool) -> dict[str, Any]:
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


def data_exchange_job(number: int, created: datetime, running: bool) -> dict[str, Any]:
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
    standins = StandIns()

    def prepare(question: dict[str, Any]) -> None:
        if "finished" in question:
            standins.fill(question["finished"], question["running"])

    serve(standins, prepare)


if __name__ == "__main__":
    main()
