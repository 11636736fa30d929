"""The last round of a loop of Step Functions: from the end of its Wait to the state behind it."""

import json
import statistics
import time
from typing import Any

from demo.local_aws import LocalAws, Trouble
from demo.records import ACCOUNT

ROUNDS = 5
PATIENCE, LOOK = 30.0, 0.02
"""Seconds that a round may take, and between two looks at it."""
TABLE = "asked"
"""Stands for the job API: the local Step Functions asks no stand-in."""
MACHINE = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Parameters": {"TableName": TABLE, "Key": {"id": {"S": "job"}}},
            "Next": "Ended?",
        },
        "Ended?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Item.ended.BOOL", "BooleanEquals": True, "Next": "Done"}],
            "Default": "Failed",
        },
        "Done": {"Type": "Succeed"},
        "Failed": {"Type": "Fail"},
    },
}
"""Task and Choice, as they follow on a Wait."""


def last_round(aws: LocalAws) -> float:
    """Give the seconds that Task and Choice take: the median of some rounds.

    :raises Trouble: when one does not come to its end.
    """
    machine = _made(aws)
    return statistics.median(_round(aws, machine) for _ in range(ROUNDS))


def _round(aws: LocalAws, machine: str) -> float:
    """Give how long a round takes from outside: the local AWS notes whole seconds of it."""
    client, began = aws.client("stepfunctions"), time.monotonic()
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    while client.describe_execution(executionArn=execution)["status"] != "SUCCEEDED":
        if time.monotonic() > began + PATIENCE:
            raise Trouble(f"{execution} did not succeed in {PATIENCE:.0f} s")
        time.sleep(LOOK)
    return time.monotonic() - began


def _made(aws: LocalAws) -> str:
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "job"}, "ended": {"BOOL": True}})
    made: str = aws.client("stepfunctions").create_state_machine(
        name=TABLE, definition=json.dumps(MACHINE), roleArn=_role(aws)
    )["stateMachineArn"]
    return made


def _role(aws: LocalAws) -> str:
    client, states = aws.client("iam"), {"Service": "states.amazonaws.com"}
    table = f"arn:aws:dynamodb:*:{ACCOUNT}:table/{TABLE}"
    who = _policy(Principal=states, Action="sts:AssumeRole")
    role: str = client.create_role(RoleName=TABLE, AssumeRolePolicyDocument=who)["Role"]["Arn"]
    what = _policy(Action="dynamodb:GetItem", Resource=table)
    client.put_role_policy(RoleName=TABLE, PolicyName="May", PolicyDocument=what)
    return role


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
