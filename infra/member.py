"""The template of the role that another account deploys so that Jobwatch may read there.

It is no part of the stack: who owns the other account deploys it, by hand or as a StackSet.
"""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from infra.config.permissions import Permission, Reader

Json = dict[str, Any]

_HEAD = "# Written by `make member`. Deploy it in the account whose jobs Jobwatch is to read.\n"
_MOST_IN_ROLE, _MOST_IN_POLICY = 9_500, 5_500
"""Characters of statements: of a role's own policy, which may have 10,240, and of one beside it,
which may have 6,144; ten of these may be attached."""
_MOST_IN_STATEMENT = 40
"""Resources of one statement, so that any fits into a policy."""
_PARTITION, _ACCOUNT, _REGION = "${AWS::Partition}", "${AWS::AccountId}", "${JobwatchRegion}"


def member_template(reader: Reader, stack: str) -> str:
    """Give the template as the text of its file; `stack` is what Jobwatch's stack is called."""
    body = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The role {reader.role}, with which Jobwatch reads this account's jobs.",
        "Parameters": _parameters(reader, stack),
        "Conditions": {"HasExternalId": {"Fn::Not": [{"Fn::Equals": [_ref("ExternalId"), ""]}]}},
        "Resources": _role_and_more(reader),
        "Outputs": {
            "RoleArn": {
                "Description": "The role that Jobwatch assumes",
                "Value": {"Fn::GetAtt": ["Reader", "Arn"]},
            }
        },
    }
    return _HEAD + yaml.safe_dump(body, sort_keys=False, width=100)


def _parameters(reader: Reader, stack: str) -> Json:
    parameters = {
        "JobwatchAccount": _text("The account in which Jobwatch runs", "[0-9]{12}"),
        "StackName": {
            **_text("What the stack of Jobwatch is called there", "[A-Za-z][A-Za-z0-9-]*"),
            "Default": stack,
        },
        "ExternalId": {
            **_text("The external_id of watches.yaml; empty for none", r"[\w+=,.@:\/-]*"),
            "NoEcho": True,
        },
    }
    if len(reader.external_ids) == 1:
        parameters["ExternalId"]["Default"] = reader.external_ids[0]
    if any(_REGION in each for each in _resources(reader.permissions)):
        words = "The region in which Jobwatch runs and, so, reads; * for any"
        parameters["JobwatchRegion"] = {**_text(words, r"\*|[a-z0-9-]+"), "Default": "*"}
    return parameters


def _text(words: str, pattern: str) -> Json:
    return {"Type": "String", "Description": words, "AllowedPattern": f"^({pattern})$"}


def _role_and_more(reader: Reader) -> Json:
    """Give the role, and beside it policies for what its own has no room for."""
    own, *others = _policies([s for each in reader.permissions for s in _statements(each)])
    resources = {"Reader": {"Type": "AWS::IAM::Role", "Properties": _role(reader, own)}}
    for number, statements in enumerate(others, 1):
        properties = {
            "Description": "More of what lets Jobwatch read jobs.",
            "PolicyDocument": _document(statements),
            "Roles": [_ref("Reader")],
        }
        resources[f"More{number}"] = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": properties,
        }
    return resources


def _policies(statements: list[Json]) -> list[list[Json]]:
    """Cut statements into policies, the first of which is the role's own."""
    policies: list[list[Json]] = [[]]
    room = _MOST_IN_ROLE
    for statement in statements:
        # A little more than it will be: references are longer than what they stand for.
        size = len(json.dumps(statement, separators=(",", ":")).replace('{"Fn::Sub":', ""))
        if policies[-1] and size > room:
            policies.append([])
            room = _MOST_IN_POLICY
        policies[-1].append(statement)
        room -= size
    return policies


def _role(reader: Reader, statements: list[Json]) -> Json:
    path, _, name = f"/{reader.role}".rpartition("/")
    return {
        "RoleName": name,
        "Path": f"{path}/",
        "Description": "Lets Jobwatch read jobs, and nothing else.",
        "AssumeRolePolicyDocument": _document([_trust()]),
        "Policies": [{"PolicyName": "ReadJobs", "PolicyDocument": _document(statements)}],
    }


def _trust() -> Json:
    """Trust the roles of Jobwatch's stack, by name: the account trusts no other there."""
    jobwatch = f"arn:{_PARTITION}:iam::${{JobwatchAccount}}"
    return {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": f"{jobwatch}:root"}},
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnLike": {"aws:PrincipalArn": {"Fn::Sub": f"{jobwatch}:role/${{StackName}}-*"}},
            "StringEquals": {
                "Fn::If": [
                    "HasExternalId",
                    {"sts:ExternalId": _ref("ExternalId")},
                    _ref("AWS::NoValue"),
                ]
            },
        },
    }


def _statements(permission: Permission) -> Iterator[Json]:
    resources = [
        {"Fn::Sub": resource} if "$" in resource else resource
        for resource in _resources([permission])
    ]
    for start in range(0, len(resources), _MOST_IN_STATEMENT):
        some = resources[start : start + _MOST_IN_STATEMENT]
        yield {"Effect": "Allow", "Action": list(permission.actions), "Resource": some}


def _resources(permissions: Any) -> Iterator[str]:
    for permission in permissions:
        for template in permission.resources:
            yield template.format(partition=_PARTITION, account=_ACCOUNT, region=_REGION)


def _document(statements: list[Json]) -> Json:
    return {"Version": "2012-10-17", "Statement": statements}


def _ref(name: str) -> Json:
    return {"Ref": name}
