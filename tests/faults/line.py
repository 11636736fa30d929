"""A line to stand-in services on which anything may go wrong: real clients, real HTTP.

Requests find their operation by the path as it was sent, so that an id may hold a slash. What goes
wrong is a `Trouble`: it may answer itself, change the answer, or let the connection break.
"""

import json
import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import botocore.session
from botocore.config import Config
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from demo import wire
from demo.operations import OPERATIONS
from demo.shelves import Shelves
from demo.standins import _Call
from demo.wire import Refusal
from demo.world import World
from lambdas.apis.clients import CONFIG, Clients

REGION = "eu-west-1"
READ_TIMEOUT = 0.75
QUICK = CONFIG.merge(
    Config(
        connect_timeout=1,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
)
"""The functions' own settings, but for the time that a test would wait."""


@dataclass
class Asked:
    """One request on its way: the operation, its input, and what the service would answer."""

    operation: str
    given: Mapping[str, Any]
    answer: Callable[[], Response]
    environ: Mapping[str, Any]

    def changed(self, change: Callable[[Any], Any]) -> Response:
        """The service's answer with its JSON changed."""
        document = json.loads(self.answer().get_data())
        return Response(json.dumps(change(document)), content_type="application/json")


class HangUp(Exception):
    """The connection is broken; nothing more is answered."""


Trouble = Callable[[Asked], Response]


def no_trouble(asked: Asked) -> Response:
    return asked.answer()


class Line:
    """A WSGI application: the stand-in services behind a line with troubles."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.trouble: Trouble = no_trouble
        session = botocore.session.Session()
        self._models = {service: session.get_service_model(service) for service in OPERATIONS}

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            return self._respond(Request(environ))(environ, start_response)
        except HangUp as error:
            raise ConnectionError from error

    def _respond(self, request: Request) -> Response:
        path = urlsplit(request.environ["REQUEST_URI"]).path
        service, found = path.split("/")[1], self._find(request.method, path)
        if found is None:
            unknown = {"x-amzn-ErrorType": "UnknownOperationException"}
            return Response("{}", 404, unknown, content_type="application/json")
        operation, labels = found
        given = wire.read_input(operation, labels, request)

        def answer() -> Response:
            request_id = str(uuid.uuid4())
            try:
                shelves, limit = Shelves(self.world), self.world.page_limit
                value = _Call(shelves, limit, service, REGION, operation, given).answer()
                return wire.answer(operation, value, request_id)
            except Refusal as refusal:
                return wire.refuse(operation, refusal, request_id)

        return self.trouble(Asked(operation.name, given, answer, request.environ))

    def _find(self, method: str, path: str) -> tuple[Any, dict[str, str]] | None:
        service, *parts = path.removeprefix("/").split("/")
        for name in OPERATIONS[service]:
            operation = self._models[service].operation_model(name)
            wanted = operation.http["requestUri"].removeprefix("/").split("/")
            if operation.http["method"] != method or len(wanted) != len(parts):
                continue
            pairs = list(zip(wanted, parts, strict=True))
            labels = [unquote(part) for want, part in pairs if want.startswith("{")]
            if all(labels) and all(want == part or want.startswith("{") for want, part in pairs):
                return operation, {f"_{at}": label for at, label in enumerate(labels)}
        return None


class _Quiet(WSGIRequestHandler):
    """Logs nothing, and lets a broken connection be."""

    disable_nagle_algorithm = True

    def log(self, *_: Any) -> None:
        pass

    def log_request(self, *_: Any) -> None:
        pass

    def run_wsgi(self) -> None:
        with suppress(OSError):
            super().run_wsgi()


@contextmanager
def served(world: World) -> Iterator[tuple[Line, str]]:
    """Serve the line on a free loopback port; yield it with its address."""
    line = Line(world)
    server = make_server("127.0.0.1", 0, line, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  what broke was meant to
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield line, f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def clients_at(address: str, config: Config = QUICK) -> Clients:
    """The functions' own clients, which find the services at an address."""
    session = botocore.session.Session()
    session.set_credentials("testing", "testing")
    clients = Clients(session, config)
    real = session.create_client

    def create(service: str, **settings: Any) -> Any:
        return real(service, endpoint_url=f"{address}/{service}", **settings)

    session.create_client = create  # type: ignore[method-assign]
    return clients


def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def silence(asked: Asked) -> Response:
    """Answer after the client has given up."""
    time.sleep(READ_TIMEOUT * 1.5)
    return asked.answer()


def reset(asked: Asked) -> Response:
    """Break the connection without an answer."""
    connection: socket.socket = asked.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection._real_close()  # type: ignore[attr-defined]  the server's files hold it open else
    raise HangUp


def cut(asked: Asked) -> Response:
    """Announce the whole body and send half of it."""
    body = asked.answer().get_data()
    connection: socket.socket = asked.environ["werkzeug.socket"]
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    connection.sendall(head.encode() + b"\r\n\r\n" + body[: len(body) // 2])
    connection.shutdown(socket.SHUT_RDWR)
    raise HangUp


def shortened(asked: Asked) -> Response:
    """Send half of the body as if it were all."""
    body = asked.answer().get_data()
    return Response(body[: len(body) // 2], 200, content_type="application/json")


def refusal(status: int, code: str) -> Trouble:
    """Answer with an error of the service."""

    def refuse(_: Asked) -> Response:
        headers = {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/coral/"}
        body = json.dumps({"message": f"{code}, they say"})
        return Response(body, status, headers, content_type="application/json")

    return refuse


def says(status: int, body: str | bytes, kind: str = "application/json") -> Trouble:
    """Answer with anything."""
    return lambda _: Response(body, status, content_type=kind)
