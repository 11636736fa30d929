"""Sets the scene: stand-ins, a local AWS, the stack in it, and somebody who listens to it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo import own_jobs, standins
from demo.deploy import Deployed, bootstrap, deploy
from demo.listen import Ears, listen
from demo.local_aws import LocalAws, Tools, run
from demo.player import Story
from demo.poller import Poller
from demo.world import World

Step = Callable[[str], AbstractContextManager[None]]
"""Shows that something is being done while it is done."""


@dataclass(frozen=True)
class Scene:
    """All that runs while a story plays."""

    world: World
    aws: LocalAws
    stack: Deployed
    ears: Ears
    poller: Poller

    def remembered(self) -> list[dict[str, dict[str, str]]]:
        """Return what is in the stack's table."""
        pages = (
            self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=self.stack.table)
        )
        return [item for page in pages for item in page["Items"]]


@contextmanager
def set_scene(world: World, story: Story, step: Step) -> Iterator[Scene]:
    """Start everything, let the stack look at what exists, and end everything in the end."""
    tools = Tools.find()
    story.set_scene(world)
    with ExitStack() as running:
        folder = running.enter_context(
            tempfile.TemporaryDirectory(prefix="jobwatch-", ignore_cleanup_errors=True)
        )
        with step("Start a local AWS with IAM, and stand-ins for Pinpoint, SES, Data Exchange"):
            endpoints = running.enter_context(standins.serve(world))
            aws = running.enter_context(run(tools, Path(folder), endpoints))
            own_jobs.prepare(aws)
        with step("Bootstrap it with the CDK"):
            bootstrap(tools, aws)
        with step("Deploy the stack with the CDK"):
            stack = deploy(tools, aws)
        with step("Subscribe a queue to the bus and one to the topic"):
            ears = listen(aws, stack.bus, stack.topic)
        poller = Poller(aws.client("lambda"), stack.poll)
        with step("Look for the first time: what exists is remembered quietly"):
            poller.poll()
        yield Scene(world, aws, stack, ears, poller)
