"""Has a command run by tests/local/forks.py: `python ask.py FOLDER NAME WORDS…`."""

import json
import os
import socket
import sys
from pathlib import Path


def ask(folder: str, name: str, *words: str) -> int:
    told = {"words": words, "environment": dict(os.environ), "folder": str(Path.cwd())}
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(name)
        socket.send_fds(server, [b"!"], [0, 1, 2])
        server.sendall(json.dumps(told).encode() + b"\n")
        return int(server.makefile().read() or 70)


if __name__ == "__main__":
    sys.exit(ask(*sys.argv[1:]))
