"""Lays over the stack what it takes of the user's own: tags, a boundary, a key, a VPC, log ages.

It goes by what was composed, so that whatever is added to the stack is under the same rules.
"""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config.files.durations import DAY
from infra.config.own import Own, Vpc
from infra.function import Function
from infra.keys import encrypt, lend
from infra.nag import suppress_interfaces

TO_BE_IN_A_VPC = (
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
    *("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses"),
    "ec2:UnassignPrivateIpAddresses",
)
"""What Lambda does with a function's role, as its documentation and the policy of AWS have it."""


def lay_over(scope: Construct, own: Own) -> None:
    """Have all that is in the scope keep the user's rules."""
    _tag(scope, own.tags)
    if own.permissions_boundary:
        boundary = iam.ManagedPolicy.from_managed_policy_arn(
            scope, "Boundary", own.permissions_boundary
        )
        iam.PermissionsBoundary.of(scope).apply(boundary)
    if own.key:
        encrypt(scope, own.key)
        lend(scope, own.key)
    for each in scope.node.find_all():
        if isinstance(each, logs.CfnLogGroup):
            each.retention_in_days = own.log_retention // DAY
        if isinstance(each, Function) and own.vpc:
            _put_into(own.vpc, each)


def _tag(scope: Construct, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        cdk.Tags.of(scope).add(key, value)


def _put_into(vpc: Vpc, function: Function) -> None:
    """Put a function into a VPC: Lambda may make interfaces with its role, its code may not."""
    plain = function.function.node.default_child
    assert isinstance(plain, lambda_.CfnFunction)  # noqa: S101  for the type checker
    plain.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        subnet_ids=[*vpc.subnets], security_group_ids=[*vpc.security_groups]
    )
    by_lambda = iam.PolicyStatement(sid="BeInVpc", actions=[*TO_BE_IN_A_VPC], resources=["*"])
    by_its_code = iam.PolicyStatement(
        sid="NotByItsCode",
        effect=iam.Effect.DENY,
        actions=[*TO_BE_IN_A_VPC],
        resources=["*"],
        # Who calls has this key if it is the function, and Lambda has it not.
        conditions={"Null": {"lambda:SourceFunctionArn": "false"}},
    )
    # Of its own: taken out of the file, it is there until the function has left the VPC. Lambda
    # deletes the interfaces with the role then, and what stands in a policy that stays goes first.
    policy = iam.Policy(
        function, "InVpc", statements=[by_lambda, by_its_code], roles=[function.role]
    )
    function.function.node.add_dependency(policy)
    suppress_interfaces(policy)
