"""Runs command lines in forks of one process, which has imported what each would take long to.

`python -m tests.local.forks MODULE SOCKET` imports the module and serves at the socket.
tests/local/ask.py hands over the words, the environment, the folder and the three streams of a
command; the module's `main(words)` runs in a fork that has just these, as a process of its own
would have them, and gives its exit code.
"""

import json
import os
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer
from typing import Any

Main = Callable[[list[str]], Any]


class Forks(ForkingMixIn, UnixStreamServer):
    """Forks for each command."""

    max_children = 1_000
    main: Main


class Command(StreamRequestHandler):
    """One command, in its fork."""

    server: Forks

    def handle(self) -> None:
        _, streams, *_ = socket.recv_fds(self.request, 1, 3)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", 1)
        told = json.loads(self.rfile.readline())
        os.environ.clear()
        os.environ.update(told["environment"])
        os.chdir(told["folder"])
        self.wfile.write(str(ended(self.server.main, told["words"])).encode())


def ended(main: Main, words: list[str]) -> int:
    """Run a command to its end, which is that of a process; give its exit code."""
    try:
        code = main(words)
    except SystemExit as done:
        code = done.code
    sys.stdout.flush()
    sys.stderr.flush()
    return code or 0


def serve(module: str, path: str) -> None:
    """Serve until somebody ends this."""
    main, place = import_module(module).main, Path(path)
    os.chdir(place.parent)  # a socket's whole path may be too long for one
    with Forks(place.name, Command) as server:
        server.main = main
        server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])
