"""The roles that the stack made, as the local IAM holds them, and what one lacks for a while."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from demo.local_aws import LocalAws

Statement = dict[str, Any]

Use = tuple[str, str, str]
"""A role's ARN, an action and a resource."""

TO_READ_A_STREAM = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
"""Without any one of these Lambda creates no mapping: its error names all four."""
TO_READ_A_QUEUE = ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
"""Likewise for a queue."""
TO_WRITE_A_LOG = ("CreateLogStream", "PutLogEvents")


@dataclass(frozen=True)
class Role:
    """One role, with the inline policies that the stack gave it."""

    iam: Any
    arn: str
    policies: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name, which is not its path."""
        return self.arn.rpartition("/")[2]

    def statements(self) -> dict[str, list[Statement]]:
        """What each of its policies lets it do at this moment."""
        return {name: self._read(name) for name in self.policies}

    def actions(self) -> list[str]:
        """Every action of every statement; one that stands in two of them comes twice."""
        every = (each for some in self.statements().values() for each in some)
        return [action for statement in every for action in statement["Action"]]

    def may(self, action: str, resource: str) -> bool:
        """Ask IAM whether it may."""
        answer = self.iam.simulate_principal_policy(
            PolicySourceArn=self.arn, ActionNames=[action], ResourceArns=[resource]
        )
        return [r["EvalDecision"] for r in answer["EvaluationResults"]] == ["allowed"]

    @contextmanager
    def without(self, action: str) -> Iterator[None]:
        """Take one action away from it for a while."""
        whole = self.statements()
        for name, some in whole.items():
            rest = [s | {"Action": [a for a in s["Action"] if a != action]} for s in some]
            self._write(name, [statement for statement in rest if statement["Action"]])
        try:
            yield
        finally:
            for name, some in whole.items():
                self._write(name, some)

    def _read(self, policy: str) -> list[Statement]:
        try:
            answer = self.iam.get_role_policy(RoleName=self.name, PolicyName=policy)
        except self.iam.exceptions.NoSuchEntityException:
            return []
        return [s | {"Action": _listed(s["Action"])} for s in answer["PolicyDocument"]["Statement"]]

    def _write(self, policy: str, statements: list[Statement]) -> None:
        if not statements:
            self.iam.delete_role_policy(RoleName=self.name, PolicyName=policy)
            return
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.iam.put_role_policy(RoleName=self.name, PolicyName=policy, PolicyDocument=document)


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


def roles_of(aws: LocalAws, stack: str) -> dict[str, Role]:
    """Find the roles of a stack, by ARN."""
    iam = aws.client("iam")
    answer = aws.client("cloudformation").describe_stack_resources(StackName=stack)
    names = [
        resource["PhysicalResourceId"]
        for resource in answer["StackResources"]
        if resource["ResourceType"] == "AWS::IAM::Role"
    ]
    found = {}
    for name in names:
        policies = tuple(iam.list_role_policies(RoleName=name)["PolicyNames"])
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        found[arn] = Role(iam, arn, policies)
    return found


def uses_by_aws(aws: LocalAws, functions: Mapping[str, str]) -> set[Use]:
    """Tell what AWS itself does with the roles, as read off what is deployed.

    `functions` are the ARNs of the roles by the names of the functions that have them.
    """
    client, uses = aws.client("lambda"), set[Use]()
    for name, role in functions.items():
        function = client.get_function_configuration(FunctionName=name)
        here = ":".join(function["FunctionArn"].split(":")[3:5])
        group = f"arn:aws:logs:{here}:log-group:{function['LoggingConfig']['LogGroup']}"
        stream = f"{group}:log-stream:2026/11/22/[$LATEST]1"
        uses |= {(role, f"logs:{verb}", stream) for verb in TO_WRITE_A_LOG}
        for mapping in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            uses |= {(role, *use) for use in _feeding(mapping)}
    return uses | set(_ticks(aws.client("scheduler"), functions))


def _feeding(mapping: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    source = mapping["EventSourceArn"]
    if ":sqs:" in source:
        yield from ((f"sqs:{verb}", source) for verb in TO_READ_A_QUEUE)
        return
    yield from ((f"dynamodb:{verb}", source) for verb in TO_READ_A_STREAM)
    yield "sqs:SendMessage", mapping["DestinationConfig"]["OnFailure"]["Destination"]


def _ticks(scheduler: Any, functions: Mapping[str, str]) -> Iterator[Use]:
    for schedule in scheduler.list_schedules()["Schedules"]:
        target = scheduler.get_schedule(Name=schedule["Name"])["Target"]
        if target["Arn"].rpartition(":")[2] in functions:
            yield target["RoleArn"], "lambda:InvokeFunction", target["Arn"]
        elif target["Arn"].endswith(":aws-sdk:dynamodb:putItem"):
            where = ":".join(schedule["Arn"].split(":")[3:5])
            table = json.loads(target["Input"])["TableName"]
            yield target["RoleArn"], "dynamodb:PutItem", f"arn:aws:dynamodb:{where}:table/{table}"
