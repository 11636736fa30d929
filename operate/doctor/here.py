"""What is looked at: an account and a region, a watches file, and the stack that is there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.config.plan import Compiled
from lambdas.plan import Watch
from operate.aws import Clients, Fetch

OUTPUTS = (
    *("EventBusName", "AlertTopicArn", "AlarmTopicArn", "TableName"),
    *("TickFunctionName", "PollFunctionName", "PublishFunctionName", "AlertFunctionName"),
    *("WaitFunctionName", "AnswerFunctionName"),
    *("LanesQueueUrl", "LostLanesQueueUrl", "UnpublishedQueueUrl", "UnsentQueueUrl"),
)
"""What the checks need of a stack's outputs."""
Build = Callable[[Compiled], Path]
"""Builds the functions' zip, or finds it built; gives its folder."""
Synthesize = Callable[[Compiled, str], Mapping[str, Any]]
"""Gives the template of the stack of that name."""
FUNCTIONS = ("tick", "poll", "publish", "alert", "wait", "answer")


class Missing(Exception):
    """The file or the stack that a check needs is not there, which another line tells."""


STANDING, WAITS = "StandingTable", "WaitingWaitsTable"
"""How the names of two tables begin in the template: of what is open and muted, and of waits."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack, with its outputs; `id` is its ARN."""

    clients: Clients
    name: str
    id: str
    status: str
    outputs: Mapping[str, str]

    @property
    def functions(self) -> dict[str, str]:
        """The functions' names in AWS, by ours."""
        return {each: self.outputs[f"{each.capitalize()}FunctionName"] for each in FUNCTIONS}

    def of_type(self, kind: str) -> list[str]:
        """Name the resources of a type, such as AWS::CloudWatch::Alarm."""
        return [each["PhysicalResourceId"] for each in self._made if each["ResourceType"] == kind]

    @property
    def ids(self) -> dict[str, str]:
        """The ids of the resources in AWS, by their names in the template."""
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in self._made}

    def named(self, start: str) -> list[str]:
        """Give the ids in AWS of the resources whose names in the template begin so."""
        return [each for name, each in sorted(self.ids.items()) if name.startswith(start)]

    @cached_property
    def _made(self) -> list[Mapping[str, Any]]:
        pages = self.clients("cloudformation").get_paginator("list_stack_resources")
        return [
            each
            for page in pages.paginate(StackName=self.name)
            for each in page["StackResourceSummaries"]
            # One that could not be made has no id.
            if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE"
        ]

    def alarms(self) -> list[Mapping[str, Any]]:
        """Read the alarms of the stack, by name."""
        names, client = self.of_type("AWS::CloudWatch::Alarm"), self.clients("cloudwatch")
        found: list[Mapping[str, Any]] = []
        for start in range(0, len(names), 100):
            some = names[start : start + 100]
            answer = client.describe_alarms(AlarmNames=some, MaxRecords=100)
            found += answer["MetricAlarms"]
        return sorted(found, key=lambda alarm: str(alarm["AlarmName"]))

    def mappings(self, function: str) -> Iterator[Mapping[str, Any]]:
        """Read what feeds one of our functions."""
        pages = self.clients("lambda").get_paginator("list_event_source_mappings")
        for page in pages.paginate(FunctionName=self.functions[function]):
            yield from page["EventSourceMappings"]


@dataclass(frozen=True)
class Here:
    """Who looks, where, and at what; `arn` is the user's or role's whose credentials these are.

    `fetch` gets what a service gives a link to, `build` and `synthesize` what this folder would
    deploy. `plan` and `found` are None where there is no right file, or no stack.
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
        """The template that this folder would deploy.

        :raises Missing: when the file is wrong.
        """
        return self.synthesize(self.compiled, self.name)

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
            if not watch.accounts:
                for source in watch.sources:
                    for region in plan.regions_of(watch, source, self.region):
                        yield watch, source, region


def find_stack(name: str, clients: Clients) -> Stack | None:
    """Find a deployed stack."""
    try:
        (described,) = clients("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if (
            error.response["Error"]["Code"] == "ValidationError"
        ):  # CloudFormation's for no such stack
            return None
        raise
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}
    return Stack(clients, name, described["StackId"], described["StackStatus"], outputs)
