"""Turns of a lane in memory: which scopes they ask, and for how many they have time."""

from collections.abc import Callable
from typing import Any

from lambdas.apis.clients import call_seconds
from lambdas.model import Scope
from lambdas.poll.poller import ENDING_SECONDS
from lambdas.poll.worker import STORING_SECONDS
from lambdas.store.table import CALL_SECONDS
from tests.sim import Simulation

SEGMENTS = "pinpoint.segment-import-jobs"
NAMES = [f"s{number:02}" for number in range(9)]
"""Segments of an application, more than a hastened turn has time for."""
SCOPE_SECONDS = CALL_SECONDS + call_seconds(1) + STORING_SECONDS + ENDING_SECONDS + 3
"""What one scope's turn needs to begin; so many seconds and a page's pace are one scope a turn."""


def path_of(scope: Scope) -> str:
    """Name a scope by its watch and its parents: `watch/application/segment`."""
    return "/".join([scope.watch, *scope.parameters.values()])


def asked(
    simulation: Simulation, name: Callable[[Scope], str] = path_of
) -> Callable[[], list[str]]:
    """Give what tells the scopes that were asked since it was asked last, by their names."""
    found: list[str] = []
    client = simulation.clients.client

    def ask(service: str, scope: Scope, patient: bool = True) -> Any:
        found.append(name(scope))
        return client(service, scope, patient)

    simulation.clients.client = ask

    def take() -> list[str]:
        taken = list(dict.fromkeys(found))
        found.clear()
        return taken

    return take


def hasten(simulation: Simulation, pages: int) -> None:
    """Let an invocation have time for so many scopes of one page each."""
    simulation.pace = 30
    simulation.seconds = SCOPE_SECONDS + 30 * (pages - 1) + 10
