"""Runs a server of the benchmark: on loopback, counted, until there are no more questions."""

import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from bench.counted import Application, Counted
from bench.lines import answer


class _Quiet(WSGIRequestHandler):
    """Log no requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def serve(application: Application, prepare: Callable[[dict[str, Any]], None]) -> None:
    """Serve; at each question prepare what it asks for, and tell what was called since the last."""
    counted = Counted(application)
    server = make_server("127.0.0.1", 0, counted, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.port}"

    def respond(question: dict[str, Any]) -> dict[str, Any]:
        prepare(question)
        counted.weighing = question.get("weigh", False)
        return {"endpoint": endpoint, **counted.take()}

    answer(respond)
