"""What stands for an API that EventBridge or a DAG calls."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@contextmanager
def endpoint(
    answer: Callable[[Any], Any] = lambda _: {},
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Serve on loopback what takes every call; give its URL, and what it was sent.

    `answer` makes of a call's JSON the one that it is answered with.
    """
    got: list[Mapping[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append({"path": self.path, "headers": self.headers, "body": body})
            text = json.dumps(answer(body)).encode()
            self.send_response(202)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Write nothing into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
