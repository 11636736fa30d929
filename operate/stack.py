"""The deployed stack, as CloudFormation tells of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from operate import ways
from operate.aws import Clients
from operate.trouble import Trouble
from operate.ways import UNNAMED, Typed, Ways

FUNCTIONS = ("tick", "poll", "publish", "alert", "wait", "answer")
"""Those that an output names."""
OF_TEMPLATE = "PlanKey"
"""A parameter that the stack of a template alone has."""
BOARD = "BoardingBoardFunction"
"""How the name of the dashboard's function begins in the template: no output names it."""

KINDS = {
    "FunctionName": "AWS::Lambda::Function",
    "QueueUrl": "AWS::SQS::Queue",
    "TableName": "AWS::DynamoDB::Table",
}
"""The types of what outputs name that something is done with, by how these are called."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack, with its outputs; `id` is its ARN.

    `is_of_template` is whether `./jobwatch template` wrote what it was deployed from.
    """

    clients: Clients
    name: str
    id: str
    status: str
    outputs: Mapping[str, str]
    is_of_template: bool = False
    typed: Typed = UNNAMED

    @property
    def ways(self) -> Ways:
        """How it is changed."""
        of_its_kind = ways.of_template if self.is_of_template else ways.of_the_cdk
        return of_its_kind(self.name, self.typed)

    @property
    def functions(self) -> dict[str, str]:
        """The functions' names in AWS, by ours, but for the dashboard's."""
        return {each: self.outputs[f"{each.capitalize()}FunctionName"] for each in FUNCTIONS}

    @property
    def every_function(self) -> dict[str, str]:
        """The same with the dashboard's, where there is one."""
        board = self.named(BOARD)
        return {**self.functions, **({"board": board[0]} if board else {})}

    def output(self, name: str) -> str:
        """Give one output.

        :raises Trouble: when the stack is of an older version, or none of ours.
        """
        if name not in self.outputs:
            raise Trouble(
                f"{self.name} ({self.status}) has no output {name} "
                f"→ {self.ways.deploy}, if it is one of Jobwatch's"
            )
        return self.outputs[name]

    def made(self, name: str) -> str:
        """Give one output that names what the stack made, for what changes something.

        One of our name that somebody else made may name whatever there is in the account, and may
        have made something of another type that is called as that is.

        :raises Trouble: when it names something else, and as `output` does.
        """
        value = self.output(name)
        if value not in self.of_type(
            next(kind for end, kind in KINDS.items() if name.endswith(end))
        ):
            raise Trouble(
                f"{self.name} did not make what its output {name} names, {value}: it is none of "
                "Jobwatch's → find out whose it is, or name another stack or region"
            )
        return value

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


def find_stack(name: str, clients: Clients) -> Stack | None:
    """Find a deployed stack; None where there is none of that name."""
    try:
        (described,) = clients("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # there is none
            return None
        raise
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}
    given = {each["ParameterKey"] for each in described.get("Parameters", ())}
    return Stack(
        clients,
        name,
        described["StackId"],
        described["StackStatus"],
        outputs,
        is_of_template=OF_TEMPLATE in given,
    )


def deployed_stack(name: str, clients: Clients) -> Stack:
    """Give a deployed stack.

    :raises Trouble: when there is none of that name.
    """
    stack = find_stack(name, clients)
    if stack is None:
        region = clients("cloudformation").meta.region_name
        raise Trouble(
            f"{name} is not deployed in {region} of this account "
            f"→ {ways.of_the_cdk(name).deploy}, or name another stack, region or profile"
        )
    return stack
