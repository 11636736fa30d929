"""What is looked at: an account and a region, a watches file, and the stack that is there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.config.plan import Compiled
from infra.portable import portable
from lambdas.plan import Watch
from operate.aws import Clients, Fetch
from operate.stack import Stack
from operate.ways import UNNAMED, Typed, Ways, command

OUTPUTS = (
    *("EventBusName", "AlertTopicArn", "AlarmTopicArn", "TableName"),
    *("TickFunctionName", "PollFunctionName", "PublishFunctionName", "AlertFunctionName"),
    *("WaitFunctionName", "AnswerFunctionName"),
    *("LanesQueueUrl", "LostLanesQueueUrl", "UnpublishedQueueUrl", "UnsentQueueUrl"),
)
"""What the checks need of a stack's outputs."""
Build = Callable[..., Path]
"""Builds the zip of a plan's functions, or finds it built; gives its folder.

It is asked with `portable`: whether the plan is in a layer beside it.
"""
Synthesize = Callable[[Compiled, str], Mapping[str, Any]]
"""Gives the template of the stack of that name."""


class Missing(Exception):
    """The file or the stack that a check needs is not there, which another line tells."""


STANDING, WAITS = "StandingTable", "WaitingWaitsTable"
"""How the names of two tables begin in the template: of what is open and muted, and of waits."""


@dataclass(frozen=True)
class Here:
    """Who looks, where, and at what; `arn` is the user's or role's whose credentials these are.

    `fetch` gets what a service gives a link to, `build` and `synthesize` what this folder would
    deploy. `plan` and `found` are None where there is no right file, or no stack. What was `typed`
    named the file and the account.
    """

    clients: Clients
    fetch: Fetch
    build: Build
    synthesize: Synthesize
    region: str
    account: str
    arn: str
    name: str
    plan: Compiled | None
    typed: Typed = UNNAMED
    found: Stack | None = None

    @property
    def partition(self) -> str:
        """AWS's name for the part of it in which the account is."""
        return self.arn.split(":")[1]

    @property
    def compiled(self) -> Compiled:
        """The plan of the watches file.

        :raises Missing: when the file is wrong.
        """
        if self.plan is None:
            raise Missing
        return self.plan

    @cached_property
    def template(self) -> Mapping[str, Any]:
        """The template that this folder would deploy, or would write where one was deployed.

        :raises Missing: when the file is wrong.
        """
        made = self.synthesize(self.compiled, self.name)
        is_portable = self.found is not None and self.found.is_of_template
        return portable(made, self.name, "", "") if is_portable else made

    def command(self, name: str) -> str:
        """Give a command of ours about the stack, as it is to be typed."""
        return command(name, self.name, self.typed.account)

    @property
    def ways(self) -> Ways:
        """How the deployed stack is changed.

        :raises Missing: when there is none.
        """
        return self.stack.ways

    @property
    def stack(self) -> Stack:
        """The deployed stack.

        :raises Missing: when there is none.
        """
        if self.found is None:
            raise Missing
        return self.found

    def places(self) -> Iterator[tuple[Watch, str, str]]:
        """Give the watches of this account, each with its sources and where they are read."""
        plan = self.compiled.plan
        for watch in plan.watches.values():
            if not watch.is_elsewhere:
                for source in watch.sources:
                    for region in plan.regions_of(watch, source, self.region):
                        yield watch, source, region
