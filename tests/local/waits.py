"""Task tokens of real executions, and what is remembered of waits."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from demo.harness import Harness

MACHINE = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def waits_of(harness: Harness) -> list[dict[str, dict[str, str]]]:
    """Give the waits that are remembered."""
    client = harness.aws.client("dynamodb")
    found = client.scan(TableName=table_of(harness))["Items"]
    return [item for item in found if "token" in item]


def table_of(harness: Harness) -> str:
    """Name the table of waits."""
    resources = harness.aws.client("cloudformation").describe_stack_resources(StackName="Jobwatch")
    (name,) = (
        each["PhysicalResourceId"]
        for each in resources["StackResources"]
        if each["LogicalResourceId"].startswith("WaitingWaitsTable")
    )
    return str(name)


def role_of_machines(harness: Harness, action: str, resource: str, key: str = "test") -> str:
    """Make a role of state machines, which may do one thing; give its ARN."""
    client, name = harness.aws.client("iam", key), f"machines-{time.monotonic_ns()}"
    who = {"Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    what = {"Action": action, "Resource": resource}
    role = client.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(who))["Role"]
    client.put_role_policy(RoleName=name, PolicyName="May", PolicyDocument=_policy(what))
    return str(role["Arn"])


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@dataclass
class Tokens:
    """Task tokens of executions that wait for nobody else; a key of 12 digits is their account."""

    harness: Harness
    queue: str = field(default="tokens")
    key: str = field(default="test")

    def next(self) -> str:
        """Start an execution that waits with a token; give the token."""
        url, machine = self._made
        self._client("stepfunctions").start_execution(stateMachineArn=machine)
        sqs, until = self._client("sqs"), time.monotonic() + 30
        while time.monotonic() < until:
            for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", ()):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return str(message["Body"])
        raise AssertionError("no token came")

    def _client(self, service: str) -> Any:
        return self.harness.aws.client(service, self.key)

    @cached_property
    def _made(self) -> tuple[str, str]:
        """Make the queue to which the state machine sends its tokens, and the state machine."""
        sqs = self._client("sqs")
        url = sqs.create_queue(QueueName=self.queue)["QueueUrl"]
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        state = {
            "Type": "Task",
            "Resource": MACHINE,
            "Parameters": {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"},
            "End": True,
        }
        definition = {"StartAt": "Send", "States": {"Send": state}}
        made = self._client("stepfunctions").create_state_machine(
            name=self.queue,
            definition=json.dumps(definition),
            roleArn=role_of_machines(self.harness, "sqs:SendMessage", arn, self.key),
        )
        return str(url), str(made["stateMachineArn"])
