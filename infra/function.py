"""What all functions have in common: runtime, role and logs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.alarms import NAMESPACE
from infra.config.policies import MORE, READ_JOBS, Policy
from infra.config.statements import document, fill_in

RUNTIME = lambda_.Runtime.PYTHON_3_14
POWERTOOLS = {"POWERTOOLS_METRICS_NAMESPACE": NAMESPACE, "POWERTOOLS_LOG_LEVEL": "INFO"}


class Function(Construct):
    """A Lambda function whose role may write its own log, and nothing else until allowed to."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        handler: str,
        description: str,
        memory_size: int,
        timeout: int,
        environment: Mapping[str, str],
        role_name: str | None = None,
    ) -> None:
        """`timeout` is in seconds, `memory_size` in MB; `role_name` is for who must know it."""
        super().__init__(scope, construct_id)
        self.gigabytes = memory_size / 1_024
        log_group = logs.LogGroup(
            self,
            "Logs",
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        self.allow(
            "WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn]
        )
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            code=code,
            handler=handler,
            description=description,
            memory_size=memory_size,
            timeout=cdk.Duration.seconds(timeout),
            environment={
                # The metrics' dimension: two stacks in one account have alarms of their own.
                "POWERTOOLS_SERVICE_NAME": cdk.Stack.of(self).stack_name,
                **POWERTOOLS,
                **environment,
            },
            role=self.role,
            log_group=log_group,
            # Lambda ends a chain of 16, by default: no function feeds itself but tick, and that
            # once. It is not said here, as not every region has the API with which it would be.
        )

    def allow(self, sid: str, actions: Iterable[str], resources: Iterable[str]) -> None:
        """Let the function call actions on resources; `operate.permissions` says why by the id."""
        statement = iam.PolicyStatement(sid=sid, actions=[*actions], resources=[*resources])
        self.role.add_to_policy(statement)

    def allow_all(self, policies: Sequence[Policy]) -> None:
        """Let the function do what policies say that were cut to fit: one inline, more beside it.

        The CDK would cut by what it guesses: a reference has 120 characters for it.
        """
        others = self.role.node.find_child("DefaultPolicy")
        for number, policy in enumerate(policies):
            given: Any = {
                "policy_document": document(policy, _fill),
                "roles": [self.role.role_name],
            }
            made = (
                iam.CfnManagedPolicy(self.role, f"More{number}", description=MORE, **given)
                if number
                else iam.CfnPolicy(self.role, "Jobs", policy_name=READ_JOBS, **given)
            )
            # What stood in the other inline policy must leave it first: IAM counts both together.
            made.node.add_dependency(others)


def _fill(template: str) -> str:
    return fill_in(
        template, partition=cdk.Aws.PARTITION, region=cdk.Aws.REGION, account=cdk.Aws.ACCOUNT_ID
    )
