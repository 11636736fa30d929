"""The stand-in services, in a process of their own: what they burn is not the driver's."""

import multiprocessing
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

from bench.load.script import Change, Script, Size
from demo.local_aws import Trouble
from demo.standins import serve
from demo.world import World

ENDED = "The stand-ins' process ended before its time; what it said stands above."


class Services:
    """The services' process, asked over a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.endpoints: Mapping[str, str] = self._answer()

    def step(self) -> tuple[float, list[Change]]:
        """Let the jobs take a tick's changes, all at once; return when that was, and what."""
        return self._ask("step")

    def calls(self) -> int:
        """Return how many calls were answered so far."""
        return self._ask("calls")

    def _ask(self, what: str) -> Any:
        try:
            self._pipe.send(what)
        except OSError as error:
            raise Trouble(ENDED) from error
        return self._answer()

    def _answer(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise Trouble(ENDED) from error


@contextmanager
def services(size: Size) -> Iterator[Services]:
    """Run the services until the context is left."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_play, args=(theirs, size))
    process.start()
    theirs.close()
    try:
        yield Services(ours)
    finally:
        ours.close()
        process.join()


def _play(pipe: Connection, size: Size) -> None:
    # Ctrl-C is for whoever asks: when that one is gone, so is the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    script = Script(size, datetime.now(UTC))
    world = World()
    world.show(script.places())
    with serve(world) as endpoints:
        pipe.send(endpoints)
        while True:
            try:
                asked = pipe.recv()
            except EOFError:
                return
            if asked == "step":
                changes = script.step(datetime.now(UTC))
                world.show(script.places())
                pipe.send((time.time(), changes))
            else:
                pipe.send(world.calls().total())
