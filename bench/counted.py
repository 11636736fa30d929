"""Serves on loopback, with a counter in front that counts calls the same way for every caller."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from bench.lines import answer
from demo.standins import Application, Environ, listening

_SIGNED = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")
OPERATION = "jobwatch.operation"
"""Where in its WSGI environment a server says what was called, if nothing else does."""


class Counted:
    """A WSGI application that counts the calls to each operation of another one."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass a call on and count it."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        answered = self._inner(environ, start_response)
        with self._lock:
            self._calls[environ.get(OPERATION) or operation(environ, body)] += 1
        return answered

    def take(self) -> dict[str, int]:
        """Give the calls since the last time."""
        with self._lock:
            taken, self._calls = dict(self._calls), Counter()
        return taken


def operation(environ: Environ, body: bytes) -> str:
    """Name what is called, such as sagemaker:ListTrainingJobs, in JSON or as a query."""
    signed = _SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = signed["service"] if signed else "unsigned"
    if "HTTP_X_AMZ_TARGET" in environ:
        return f"{service}:{environ['HTTP_X_AMZ_TARGET'].split('.')[-1]}"
    action = parse_qs(body.decode(errors="replace")).get("Action", ["?"])
    return f"{service}:{action[0]}"


def serve(application: Application, prepare: Callable[[dict[str, Any]], None]) -> None:
    """Serve; at each question prepare what it asks for, and say what was called since the last."""
    counted = Counted(application)
    with listening(counted) as address:

        def respond(question: dict[str, Any]) -> dict[str, Any]:
            prepare(question)
            return {"endpoint": address, "calls": counted.take()}

        answer(respond)
