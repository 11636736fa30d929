"""Stand-ins for Pinpoint, SESv2 and Data Exchange: their job APIs over HTTP on this machine.

Every answer is shaped by botocore's own service models; what jobs there are is up to a `World`.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.model import OperationModel
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from demo import paging, wire
from demo.operations import OPERATIONS, Operation
from demo.wire import Api, Refusal
from demo.world import Place, Record, World

_SIGNED = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Call:
    """One call on its way: what it asks for, by whom it is signed, and how it arrived."""

    api: Api
    operation: OperationModel
    given: Mapping[str, Any]
    environ: Mapping[str, Any]

    @property
    def region(self) -> str:
        """The region that the call is signed for.

        :raises Refusal: when it is signed for another service.
        """
        signed = _SIGNED.search(self.environ.get("HTTP_AUTHORIZATION", ""))
        if not signed or signed["service"] != self.api.model.signing_name:
            raise Refusal(403, "Credential should be scoped to correct service")
        return signed["region"]


class StandIns:
    """A WSGI application that answers as the services do, each under its own path."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._apis = {service: Api(service, rows) for service, rows in OPERATIONS.items()}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        call = self._read(Request(environ))
        response = self.respond(call) if call else wire.error(404, wire.UNKNOWN_OPERATION, {})
        return response(environ, start_response)

    def _read(self, request: Request) -> Call | None:
        # The path as it was sent: an id may hold a slash.
        service, slash, rest = urlsplit(request.environ["REQUEST_URI"]).path[1:].partition("/")
        api = self._apis.get(service)
        found = api.find(request.method, slash + rest) if api else None
        if not api or not found:
            return None
        operation, labels = found
        return Call(api, operation, wire.read_input(operation, labels, request), request.environ)

    def respond(self, call: Call) -> Response:
        """Answer a call, or refuse it as its service does."""
        try:
            return call.api.answer(call.operation, self._answer(call))
        except Refusal as refusal:
            return wire.refuse(call.operation, refusal)

    def _answer(self, call: Call) -> dict[str, Any]:
        service = call.api.model.service_name
        asked = _Asked(self.world, call, OPERATIONS[service][call.operation.name], call.region)
        status = self.world.called(f"{service}:{call.operation.name}")
        if status:
            raise Refusal(status, "Rate exceeded" if status == 429 else "The call was refused")
        return asked.answer()


@dataclass(frozen=True)
class _Asked:
    """One admitted call, and the row that says what it is answered from."""

    world: World
    call: Call
    row: Operation
    region: str

    def answer(self) -> dict[str, Any]:
        """Return the body of the answer."""
        given, row = self.call.given, self.row
        for member, kind in row.within.items():
            if not self._find(kind, {"Id": given[member]}):
                raise Refusal(404, "Resource not found")
        wanted = {path: given[member] for member, path in row.filters.items() if member in given}
        if not row.takes:
            return self._page(self._find(row.kind, wanted))
        for record in self._find(row.kind, {**wanted, row.id: given[row.takes]}):
            return dict(record)
        raise Refusal(404, f"Resource not found: {given[row.takes]}")

    def _find(self, kind: str, wanted: Mapping[str, Any]) -> Iterable[Record]:
        return self.world.find(Place(self.call.api.model.service_name, kind, self.region), wanted)

    def _page(self, records: Iterable[Record]) -> dict[str, Any]:
        given, row = self.call.given, self.row
        keyed = [(paging.sort_key(record, row.id, row.newest_first), record) for record in records]
        scope = f"{self.call.operation.name} {[given.get(member) for member in row.filters]}"
        token = given.get("Token", given.get("NextToken"))
        found, following = paging.page(keyed, self._page_size(), scope, token)
        items, shape = wire.listed(self.call.operation)
        listed = {items: [_only(shape.members, record) for record in found]}
        return listed | ({"NextToken": following} if following else {})

    def _page_size(self) -> int:
        limit, given = self.world.page_limit, self.call.given
        asked = str(given.get("PageSize", given.get("MaxResults", limit)))
        if not asked.isdecimal() or int(asked) == 0:
            raise Refusal(400, "The page size is not a number above 0")
        return min(int(asked), limit)


def _only(members: Iterable[str], record: Record) -> dict[str, Any]:
    """Return what a list tells of a record: a summary lacks what only the get operation tells."""
    return {name: record[name] for name in members if name in record}


class _Quiet(WSGIRequestHandler):
    """Log nothing, as what is shown shares the terminal; a client may hang up at any time."""

    disable_nagle_algorithm = True

    def log(self, *_: Any) -> None:
        pass

    def run_wsgi(self) -> None:
        with suppress(OSError):
            super().run_wsgi()


@contextmanager
def listening(application: Application) -> Iterator[str]:
    """Serve on a free loopback port; yield the address."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serve(world: World) -> Iterator[dict[str, str]]:
    """Serve a world's stand-ins; yield the endpoint of each service by name."""
    with listening(StandIns(world)) as address:
        yield {service: f"{address}/{service}" for service in OPERATIONS}
