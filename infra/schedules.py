"""The clock: one schedule a cadence, which invokes tick with the names of the watches due."""

from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

LATEST = cdk.Duration.minutes(1)
"""A tick older than this, or one that failed, is dropped: the next one looks at everything anew."""

SHORTEST = 60
"""The seconds of the scheduler's shortest rate; the function itself divides them further."""


class Schedules(Construct):
    """The schedules that invoke the tick function, and the role with which they do."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        cadences: Mapping[int, Iterable[str]],
    ) -> None:
        """`cadences` maps seconds to the names of the watches that are due that often."""
        super().__init__(scope, construct_id)
        invoke = iam.PolicyStatement(
            sid="InvokeTick", actions=["lambda:InvokeFunction"], resources=[function.function_arn]
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=schedules_of_this_account(self),
            inline_policies={"Tick": iam.PolicyDocument(statements=[invoke])},
        ).without_policy_updates()
        for every, watches in sorted(cadences.items()):
            scheduler.Schedule(
                self,
                f"Every{every}Seconds",
                schedule=scheduler.ScheduleExpression.rate(
                    cdk.Duration.seconds(max(every, SHORTEST))
                ),
                description=f"Polls the watches that are due every {every} seconds.",
                # No dead letters: a tick that is lost rings as silence.
                target=targets.LambdaInvoke(
                    function,
                    input=scheduler.ScheduleTargetInput.from_object(_tick(every, watches)),
                    role=role,
                    retry_attempts=0,
                    max_event_age=LATEST,
                ),
            )


def schedules_of_this_account(scope: Construct) -> iam.IPrincipal:
    """Give who takes on the role of a schedule: the scheduler, for one of this account's."""
    group = cdk.Stack.of(scope).format_arn(
        service="scheduler", resource="schedule-group", resource_name="default"
    )
    from_here = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID, "aws:SourceArn": group}}
    return iam.ServicePrincipal("scheduler.amazonaws.com", conditions=from_here)


def _tick(every: int, watches: Iterable[str]) -> dict[str, Any]:
    """Say which watches are due, how often, and for when this tick was meant."""
    tick = scheduler.ContextAttribute.scheduled_time
    return {"watches": list(watches), "tick": tick, "every": every}
