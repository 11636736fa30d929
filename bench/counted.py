"""Counts calls in front of a server, the same way for whoever calls; weighs what a table gives.

Read units are not taken from the server but reckoned by AWS's rule, out of the sizes of the items
that it answers with. Weighing takes time, so it is done only when asked for.
"""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from bench.units import read_units

_PATH = re.compile(r"/service/\w+/operation/(?P<operation>\w+)")
_SIGNED = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")

OPERATION = "jobwatch.operation"
"""Where in its WSGI environment a server says what was called, if nothing else does."""
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Counted:
    """A WSGI application that counts the calls to each operation of another one."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._units = self._seconds = 0.0
        self.weighing = False

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Pass a call on and count it."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = BytesIO(body)
        began = time.perf_counter()
        answer = self._inner(environ, start_response)
        took = time.perf_counter() - began
        name = environ.get(OPERATION) or operation(environ, body)
        with self._lock:
            self._calls[name] += 1
            self._seconds += took
        if not self.weighing or not name.startswith("dynamodb:"):
            return answer
        whole = b"".join(answer)
        with self._lock:
            self._units += read_units(name.split(":")[1], json.loads(body), json.loads(whole))
        return [whole]

    def take(self) -> dict[str, Any]:
        """Give what there was since the last time: calls, read units, seconds to answer."""
        with self._lock:
            taken = {"calls": dict(self._calls), "read_units": self._units}
            taken["seconds"] = self._seconds
            self._calls, self._units, self._seconds = Counter(), 0.0, 0.0
        return taken


def operation(environ: dict[str, Any], body: bytes) -> str:
    """Name what is called, such as sagemaker:ListTrainingJobs, in whatever protocol it is."""
    signed = _SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = signed["service"] if signed else "unsigned"
    path = _PATH.search(environ.get("PATH_INFO", ""))
    if path:
        return f"{service}:{path['operation']}"
    if "HTTP_X_AMZ_TARGET" in environ:
        return f"{service}:{environ['HTTP_X_AMZ_TARGET'].split('.')[-1]}"
    action = parse_qs(body.decode(errors="replace")).get("Action", ["?"])
    return f"{service}:{action[0]}"
