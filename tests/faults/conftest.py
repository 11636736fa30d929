"""The harness of the tests over HTTP."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from demo.world import World
from lambdas.apis.clients import Clients
from lambdas.plan import Plan
from tests.faults.line import Line, clients_at, no_trouble, served
from tests.faults.scenarios import WATCHES, Harness
from tests.flow import make_plan


@pytest.fixture(scope="module")
def line() -> Iterator[tuple[Line, str]]:
    with served(World(page_limit=2)) as serving:
        yield serving


@pytest.fixture(scope="module")
def clients(line: tuple[Line, str]) -> Clients:
    """One for all tests: a client takes longer to make than a test to run."""
    return clients_at(line[1])


@pytest.fixture(scope="module")
def plan_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Plan]:
    @cache
    def make(*names: str) -> Plan:
        folder = tmp_path_factory.mktemp("plan")
        return make_plan(folder, {name: WATCHES[name] for name in names})

    return make


@pytest.fixture
def harness(
    line: tuple[Line, str], clients: Clients, plan_of: Callable[..., Plan]
) -> Iterator[Callable[..., Harness]]:
    yield lambda *watches: Harness(plan_of(*watches), clients)
    line[0].trouble = no_trouble
