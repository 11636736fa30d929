"""Stand-ins for Pinpoint, SESv2 and Data Exchange: their job APIs over HTTP on this machine.

Every answer is shaped by botocore's own service models; what jobs there are is up to a `World`.
"""

import re
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.model import OperationModel
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Submount
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from demo import paging, wire
from demo.operations import OPERATIONS, Operation
from demo.shelves import Shelf, Shelves
from demo.wire import Refusal
from demo.world import Place, Record, World

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


class StandIns:
    """A WSGI application that answers as the services do, each under its own path."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shelves = Shelves(world)
        session = botocore.session.Session()
        self._models = {service: session.get_service_model(service) for service in OPERATIONS}
        self._map = Map(
            [
                Submount(f"/{service}", wire.routes(self._models[service], operations))
                for service, operations in OPERATIONS.items()
            ]
        )

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, request: Request) -> Response:
        try:
            name, arguments = self._map.bind_to_environ(request).match()
        except HTTPException:
            unknown = {"x-amzn-ErrorType": "UnknownOperationException"}
            return Response("{}", 404, unknown, content_type="application/json")
        service = request.path.split("/")[1]
        operation = self._models[service].operation_model(name)
        request_id = str(uuid.uuid4())
        try:
            region = self._admit(service, operation, request)
            given = wire.read_input(operation, arguments, request)
            call = _Call(self._shelves, self._world.page_limit, service, region, operation, given)
            return wire.answer(operation, call.answer(), request_id)
        except Refusal as refusal:
            return wire.refuse(operation, refusal, request_id)

    def _admit(self, service: str, operation: OperationModel, request: Request) -> str:
        """Return the region that a request is signed for, unless it is to be refused."""
        signed = _SCOPE.search(request.headers.get("Authorization", ""))
        if not signed or signed["service"] != self._models[service].signing_name:
            raise Refusal(403, "Credential should be scoped to correct service")
        status = self._world.called(f"{service}:{operation.name}")
        if status:
            raise Refusal(status, "Rate exceeded" if status == 429 else "The call was refused")
        return signed["region"]


@dataclass(frozen=True)
class _Call:
    """One admitted call."""

    shelves: Shelves
    page_limit: int
    service: str
    region: str
    operation: OperationModel
    given: Mapping[str, Any]

    @property
    def _row(self) -> Operation:
        return OPERATIONS[self.service][self.operation.name]

    def answer(self) -> dict[str, Any]:
        for member, kind in self._row.within.items():
            if not self._shelf(kind).find(["Id"], [self.given[member]]):
                raise Refusal(404, "Resource not found")
        wanted = {path: self.given[m] for m, path in self._row.filters.items() if m in self.given}
        return self._get(wanted) if self._row.takes else self._list(wanted)

    def _shelf(self, kind: str) -> Shelf:
        return self.shelves.at(Place(self.service, kind, self.region))

    def _find(self, wanted: Mapping[str, Any]) -> Sequence[Record]:
        return self._shelf(self._row.kind).find([*wanted], [*wanted.values()])

    def _get(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        job_id = self.given[str(self._row.takes)]
        for record in self._find({**wanted, self._row.id: job_id}):
            return dict(record)
        raise Refusal(404, f"Resource not found: {job_id}")

    def _list(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        row = self._row
        keyed = [
            (paging.sort_key(record, row.id, row.newest_first), record)
            for record in self._find(wanted)
        ]
        scope = f"{self.operation.name} {[self.given.get(member) for member in row.filters]}"
        token = self.given.get("Token", self.given.get("NextToken"))
        found, following = paging.page(keyed, self._page_size(), scope, token)
        items, shape = wire.listed(self.operation)
        listed = {items: [_only(shape.members, record) for record in found]}
        return listed | ({"NextToken": following} if following else {})

    def _page_size(self) -> int:
        asked = str(self.given.get("PageSize", self.given.get("MaxResults", self.page_limit)))
        if not asked.isdecimal() or int(asked) == 0:
            raise Refusal(400, "The page size is not a number above 0")
        return min(int(asked), self.page_limit)


def _only(members: Iterable[str], record: Record) -> dict[str, Any]:
    """Return what a list tells of a record: a summary lacks what only the get operation tells."""
    return {name: record[name] for name in members if name in record}


class _Quiet(WSGIRequestHandler):
    """Log no requests: the stand-ins share a terminal with what is shown there."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def serve(world: World) -> Iterator[dict[str, str]]:
    """Serve the stand-ins on a free loopback port; yield the endpoint of each service by name."""
    server = make_server("127.0.0.1", 0, StandIns(world), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="stand-ins")
    thread.start()
    try:
        yield {service: f"http://127.0.0.1:{server.port}/{service}" for service in OPERATIONS}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
