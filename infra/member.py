"""The template of the role that another account deploys so that Jobwatch may read there.

It is no part of the stack: who owns the other account deploys it, by hand or as a StackSet.
"""

import re

import yaml

from infra.config.permissions import Reader
from infra.config.policies import MORE, READ_JOBS, cut
from infra.config.statements import Json, document, fill_in, reading
from infra.context import POLL_ROLE

LARGEST_BODY = 51_200
"""Bytes of a template that CloudFormation takes without a bucket."""
_HEAD = "# Written by `./jobwatch member`. Deploy it in the account whose jobs are to be read.\n"
_NUMBER_LIKE = re.compile(r"[-+.0-9].*|[yYnN]")
_PARTITION, _ACCOUNT, _REGION = "${AWS::Partition}", "${AWS::AccountId}", "${JobwatchRegion}"


class _Dumper(yaml.SafeDumper):
    """Puts what another reader of YAML might take for a number in quotes: 0812345, 1e10."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER_LIKE, list("-+.0123456789yYnN"))


def member_template(reader: Reader, stack: str) -> str:
    """Give the template as the text of its file; `stack` is what Jobwatch's stack is called."""
    body = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The role {reader.role}, with which Jobwatch reads this account's jobs.",
        "Parameters": _parameters(reader, stack),
        "Conditions": {f"Has{name}": _is_given(name) for name in ("ExternalId", "Organization")},
        "Resources": _role_and_more(reader),
        "Outputs": {
            "RoleArn": {
                "Description": "The role that Jobwatch assumes",
                "Value": {"Fn::GetAtt": ["Reader", "Arn"]},
            }
        },
    }
    return _HEAD + yaml.dump(body, Dumper=_Dumper, sort_keys=False, width=100)


def _parameters(reader: Reader, stack: str) -> Json:
    parameters = {
        "JobwatchAccount": _text("The account in which Jobwatch runs", "[0-9]{12}"),
        "StackName": {
            **_text("What the stack of Jobwatch is called there", "[A-Za-z][A-Za-z0-9-]*"),
            "Default": stack,
        },
        "JobwatchRegion": _text("The region in which Jobwatch runs; * for any", r"\*|[a-z0-9-]+"),
        "ExternalId": {**_external_id(reader), "NoEcho": True},
        "Organization": {
            **_text("The organization of that account, o-…; empty for any", "(o-[a-z0-9]{10,32})?"),
            "Default": "",
        },
    }
    if len(reader.external_ids) == 1:
        parameters["ExternalId"]["Default"] = reader.external_ids[0]
    return parameters


def _external_id(reader: Reader) -> Json:
    """Take none only where an account asks for none: else one without would trust who has it."""
    text = r"[\w+=,.@:\/-]"
    if "" in reader.external_ids:
        return _text("The external_id of watches.yaml; empty for none", text + "*")
    return _text("The external_id of watches.yaml", text + "+")


def _text(words: str, pattern: str) -> Json:
    return {"Type": "String", "Description": words, "AllowedPattern": f"^({pattern})$"}


def _role_and_more(reader: Reader) -> Json:
    """Give the role, and beside it policies for what its own has no room for."""
    own, *others = (document(policy, _fill) for policy in cut(reading(reader.permissions)))
    resources = {"Reader": {"Type": "AWS::IAM::Role", "Properties": _role(reader, own)}}
    for number, policy in enumerate(others, 1):
        resources[f"More{number}"] = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": MORE,
                "PolicyDocument": policy,
                "Roles": [_ref("Reader")],
            },
        }
    return resources


def _role(reader: Reader, policy: Json) -> Json:
    path, _, name = f"/{reader.role}".rpartition("/")
    return {
        "RoleName": name,
        "Path": f"{path}/",
        "Description": "Lets Jobwatch read jobs, and nothing else.",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [_trust()]},
        "Policies": [{"PolicyName": READ_JOBS, "PolicyDocument": policy}],
    }


def _trust() -> Json:
    """Trust the role of Jobwatch's poll function, by its name, and no other of its account.

    A role that is named as the principal would be another one once it is made anew.
    """
    jobwatch = f"arn:{_PARTITION}:iam::${{JobwatchAccount}}"
    poll = POLL_ROLE.format(stack="${StackName}", region=_REGION)
    return {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": f"{jobwatch}:root"}},
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnLike": {"aws:PrincipalArn": {"Fn::Sub": f"{jobwatch}:role/{poll}"}},
            "StringEquals": _if_given("ExternalId", "sts:ExternalId"),
            # Another operator, as one of its own must not be empty.
            "StringLike": _if_given("Organization", "aws:PrincipalOrgID"),
        },
    }


def _is_given(name: str) -> Json:
    return {"Fn::Not": [{"Fn::Equals": [_ref(name), ""]}]}


def _if_given(name: str, key: str) -> Json:
    """Hold a key of the request against a parameter, unless that is empty."""
    return {"Fn::If": [f"Has{name}", {key: _ref(name)}, _ref("AWS::NoValue")]}


def _fill(template: str) -> str | Json:
    filled = fill_in(template, partition=_PARTITION, region=_REGION, account=_ACCOUNT)
    return filled if filled == template else {"Fn::Sub": filled}


def _ref(name: str) -> Json:
    return {"Ref": name}
