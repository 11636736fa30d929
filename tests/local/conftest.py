"""The stack, deployed once onto a local AWS, and what it announced of a short story."""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from demo.deploy import bootstrap
from demo.harness import Harness, set_up
from demo.local_aws import STARTER, LocalAws, Tools, run
from demo.player import Received, Story
from demo.world import World, every
from tests.local.short_story import STORY


@pytest.fixture(scope="session")
def harness() -> Iterator[Harness]:
    """The stack after its first poll, with a queue behind its bus and one behind its topic."""
    with set_up(World(page_limit=2, fault=every(20)), STORY, lambda _: nullcontext()) as found:
        yield found


@pytest.fixture(scope="session")
def idle() -> Iterator[Harness]:
    """Another one, over services that show no job by themselves; parts of it may be stopped.

    A test shows jobs of names that no other one has.
    """
    with set_up(World(), Story((), (), 0), lambda _: nullcontext()) as found:
        yield found


@pytest.fixture(scope="session")
def received(harness: Harness) -> Received:
    """All that was received while the story was played."""

    def check(*_: Any) -> None:
        harness.poller.check()

    with harness.poller.polling(seconds=1):
        return harness.play(STORY, check)


@pytest.fixture(scope="module")
def starter() -> Path:
    """What starts the local AWS of a module, which may have another."""
    return STARTER


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Iterator[LocalAws]:
    """A local AWS that is made ready for the CDK, and an environment that names no other."""
    tools, folder = Tools.find(), tmp_path_factory.mktemp("aws")
    with run(tools, folder, {}, starter) as found, pytest.MonkeyPatch.context() as m:
        bootstrap(tools, found)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            m.delenv(name)
        for name, value in found.environment().items():
            m.setenv(name, value)
        yield found
