"""Calls from an invocation to the outside: each takes time, and may be the last one."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.simulation.clock import Clock, Killed
from tests.simulation.dice import Dice


def refusal(code: str, operation: str, message: str = "no", **more: Any) -> ClientError:
    """Give what a botocore client raises for an error's code, with what `more` the answer has."""
    answer: Any = {"Error": {"Code": code, "Message": message}, **more}
    return ClientError(answer, operation)


class Calls:
    """The gate that every call goes through."""

    def __init__(self, clock: Clock, dice: Dice) -> None:
        self.clock = clock
        self.dice = dice
        self._times = dice.of("times")

    def make(self, effect: Callable[[], Any], seconds: float) -> Any:
        """Make a call that takes about so long; its effect is somewhere in between."""
        strand = self.clock.current
        strand.calls += 1
        takes = seconds * self._times.uniform(0.5, 1.5)
        before = takes * self._times.random()
        self.clock.pause(before)
        fatal = strand.fatal == strand.calls
        if fatal and strand.calls % 2:
            self.die()
        answer, error = None, None
        try:
            answer = effect()
        except Exception as raised:  # noqa: BLE001  it travels, as the answer would
            error = raised
        self.clock.pause(takes - before)
        if fatal:
            self.die()
        if error is not None:
            raise error
        return answer

    def hang(self, operation: str, seconds: float) -> Any:
        """Make a call that never answers, until the client gives it up after so long."""
        self.clock.current.calls += 1
        self.clock.pause(seconds)
        raise ReadTimeoutError(endpoint_url=f"https://aws/{operation}")

    def lose(self, operation: str, seconds: float) -> Any:
        """Break the connection."""
        self.clock.pause(seconds)
        raise ConnectionClosedError(endpoint_url=f"https://aws/{operation}")

    def die(self) -> None:
        """Let the process that calls be gone, without a word."""
        self.clock.current.dead = True
        raise Killed
