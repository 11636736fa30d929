"""All that a story needs: stand-ins, a local AWS, the stack in it, and who listens to it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo import own_jobs, standins
from demo.deploy import Deployed, bootstrap, deploy, synthesizing
from demo.listen import Listener, listen
from demo.local_aws import LocalAws, Tools, run
from demo.player import OnArrival, Received, Story, play
from demo.poller import Poller
from demo.timeline import Clock
from demo.world import World
from lambdas.plan import Plan

Step = Callable[[str], AbstractContextManager[None]]
"""Shows that something is being done while it is done."""


@dataclass(frozen=True)
class Harness:
    """All that runs while a story plays."""

    world: World
    aws: LocalAws
    stack: Deployed
    listener: Listener
    poller: Poller
    plan: Plan
    shown: datetime
    """When the services first showed what exists."""

    def play(self, story: Story, on_arrival: OnArrival) -> Received:
        """Play a story to its end."""
        return play(story, self.world, self.aws, self.listener, on_arrival, shown=self.shown)

    def items(self) -> list[dict[str, dict[str, str]]]:
        """Return what is in the stack's table."""
        pages = (
            self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=self.stack.table)
        )
        return [item for page in pages for item in page["Items"]]


@contextmanager
def set_up(world: World, story: Story, step: Step) -> Iterator[Harness]:
    """Start everything, let the stack read what exists, and end everything in the end."""
    tools = Tools.find()
    now = datetime.now(UTC)
    story.show(world, 0, Clock(now, now))
    with ExitStack() as running:
        folder = running.enter_context(
            tempfile.TemporaryDirectory(prefix="jobwatch-", ignore_cleanup_errors=True)
        )
        synthesis = running.enter_context(synthesizing(Path(folder)))
        with step("Start a local AWS; stand-ins for what it lacks (Pinpoint, SES, Data Exchange)"):
            endpoints = running.enter_context(standins.serve(world))
            aws = running.enter_context(run(tools, Path(folder), endpoints))
            own_jobs.prepare(aws)
        with step("Bootstrap it with the CDK"):
            bootstrap(tools, aws)
        with step("Deploy the stack with the CDK"):
            stack = deploy(tools, aws, assembly=synthesis.wait())
        with step("Subscribe a queue to the bus and one to the topic"):
            listener = listen(aws, stack.bus, stack.topic)
        poller = Poller(aws, stack)
        with step("Poll for the first time: what exists is remembered quietly"):
            story.begin(aws, stack.table, synthesis.plan, now)
            poller.poll()
        yield Harness(world, aws, stack, listener, poller, synthesis.plan, now)
