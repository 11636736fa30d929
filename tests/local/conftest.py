"""The stack, deployed once onto a local AWS, and what it said while a short story was played."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from demo.player import Heard, play
from demo.scene import Scene, set_scene
from demo.world import World, every
from tests.local.short_story import STORY


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    """The stack after its first look, with a queue behind its bus and one behind its topic."""
    with set_scene(World(page_limit=2, fault=every(20)), STORY, lambda _: nullcontext()) as found:
        yield found


@pytest.fixture(scope="session")
def heard(scene: Scene) -> Heard:
    """All that was heard while the story was played."""

    def news(*_: Any) -> None:
        scene.poller.check()

    with scene.poller.polling(seconds=1):
        return play(STORY, scene.world, scene.aws, scene.ears, news)
