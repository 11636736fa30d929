"""What stands for an API that EventBridge calls."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@contextmanager
def endpoint() -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Serve on loopback what takes every call; give its URL, and what it was sent."""
    got: list[Mapping[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append({"path": self.path, "headers": self.headers, "body": json.loads(body)})
            self.send_response(202)
            self.end_headers()

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
