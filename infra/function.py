"""What all functions have in common: runtime, role and logs."""

from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.alarms import NAMESPACE

RUNTIME = lambda_.Runtime.PYTHON_3_14
MOST_IN_STATEMENT = 40
"""Resources of one statement: a managed policy may have 6,144 characters, and the CDK, which takes
each of them for 120, makes more policies where statements do not fit into one."""
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
    ) -> None:
        """`timeout` is in seconds, `memory_size` in MB."""
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn])
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

    def allow(
        self,
        actions: Iterable[str],
        resources: Iterable[str],
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        """Let the function call these actions on these resources."""
        every = [*resources]
        for start in range(0, len(every), MOST_IN_STATEMENT):
            some = every[start : start + MOST_IN_STATEMENT]
            self.role.add_to_policy(
                iam.PolicyStatement(actions=[*actions], resources=some, conditions=conditions or {})
            )
