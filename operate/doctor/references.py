"""References in a template, as far as what is held against AWS has them."""

import re
from collections.abc import Mapping
from typing import Any

from operate.doctor.here import Here

ARNS = {
    "AWS::DynamoDB::Table": "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    "AWS::Events::ApiDestination": "arn:{partition}:events:{region}:{account}:api-destination/{id}",
    "AWS::Events::Connection": "arn:{partition}:events:{region}:{account}:connection/{id}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/{id}",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{id}",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{account}:{id}",
}
"""The ARNs of what is referred to, by the type of the resource: its name is its id, or ends it."""


def of_type(here: Here, kind: str) -> Mapping[str, Mapping[str, Any]]:
    """Give the properties that the template has of each resource of a type, by its id in AWS."""
    return {
        here.stack.ids[name]: each["Properties"]
        for name, each in here.template["Resources"].items()
        if each["Type"] == kind and name in here.stack.ids
    }


def resolved(here: Here, value: Any) -> Any:
    """Put what it is in AWS in the place of each reference; one to nothing stays what it is."""
    match value:
        case {"Ref": str() as name} | {"Fn::GetAtt": [str() as name, str()]}:
            return _referred(here, name, value.get("Fn::GetAtt", [name, ""])[1]) or value
        case {"Fn::Select": [int() as at, {"Fn::Split": [str() as by, text]}]}:
            return str(resolved(here, text)).split(by)[at]
        case Mapping():
            return {key: resolved(here, each) for key, each in value.items()}
        case list():
            return [resolved(here, each) for each in value]
    return value


def _referred(here: Here, name: str, attribute: str) -> str | None:
    where = {"partition": here.partition, "region": here.region, "account": here.account}
    found = here.stack.ids.get(name)
    match attribute:
        case "":
            pseudo = {"AWS::StackId": here.stack.id, "AWS::StackName": here.stack.name}
            return pseudo.get(name, found)
        case "Arn" if found:
            called = re.split("[:/]", found)[-1]
            return ARNS[here.template["Resources"][name]["Type"]].format(**where, id=called)
        case "QueueName" | "TopicName" if found:
            return re.split("[:/]", found)[-1]
    return None
