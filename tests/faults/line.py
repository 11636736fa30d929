"""A line to stand-in services on which anything may go wrong: real clients, real HTTP.

What goes wrong is a `Trouble`: it may answer itself, change the answer, or let the connection
break.
"""

import json
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import botocore.session
from botocore.config import Config
from werkzeug.wrappers import Response

from demo.standins import Call, StandIns, listening
from demo.world import World
from lambdas.apis.clients import CONFIG, Clients

REGION = "eu-west-1"
READ_TIMEOUT = 5.0
"""Seconds: longer than an answer takes on a busy machine, as there is one attempt."""
QUICK = CONFIG.merge(
    Config(
        connect_timeout=READ_TIMEOUT,
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


class Line(StandIns):
    """The stand-in services behind a line on which anything may go wrong."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.trouble: Trouble = no_trouble

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            return super().__call__(environ, start_response)
        except HangUp as error:
            raise ConnectionError from error

    def respond(self, call: Call) -> Response:
        answer = partial(super().respond, call)
        return self.trouble(Asked(call.operation.name, call.given, answer, call.environ))


@contextmanager
def served(world: World) -> Iterator[tuple[Line, str]]:
    """Serve the line on a free loopback port; yield it with its address."""
    line = Line(world)
    with listening(line) as address:
        yield line, address


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
