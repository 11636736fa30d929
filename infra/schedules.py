"""The clock: one schedule a cadence, which tells the poll function whom to look at."""

from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

LATEST = cdk.Duration.minutes(1)
"""A tick older than this, or one that failed, is dropped: the next one looks at everything anew."""

SHORTEST = 60
"""The seconds of the scheduler's shortest rate; the function itself divides them further."""


class Schedules(Construct):
    """The schedules that invoke the poll function, and the role with which they do."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        missed: sqs.IQueue,
        cadences: Mapping[int, Iterable[str]],
    ) -> None:
        """`missed` gets the ticks that could not be delivered."""
        super().__init__(scope, construct_id)
        role = self._role(function, missed)
        for every, watches in sorted(cadences.items()):
            scheduler.Schedule(
                self,
                f"Every{every}Seconds",
                schedule=scheduler.ScheduleExpression.rate(
                    cdk.Duration.seconds(max(every, SHORTEST))
                ),
                description=f"Polls the watches that are due every {every} seconds.",
                target=targets.LambdaInvoke(
                    function,
                    input=scheduler.ScheduleTargetInput.from_object(_tick(every, watches)),
                    role=role,
                    dead_letter_queue=missed,
                    retry_attempts=0,
                    max_event_age=LATEST,
                ),
            )

    def _role(self, function: lambda_.IFunction, missed: sqs.IQueue) -> iam.IRole:
        """Return the schedules' role: it may invoke the function, but no version of it."""
        group = cdk.Stack.of(self).format_arn(
            service="scheduler", resource="schedule-group", resource_name="default"
        )
        from_here = {
            "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID, "aws:SourceArn": group}
        }
        invoke = iam.PolicyStatement(
            actions=["lambda:InvokeFunction"], resources=[function.function_arn]
        )
        give_up = iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[missed.queue_arn])
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=from_here),
            inline_policies={"Tick": iam.PolicyDocument(statements=[invoke, give_up])},
        )
        return role.without_policy_updates()


def _tick(every: int, watches: Iterable[str]) -> dict[str, Any]:
    """Say who is due and when; below the shortest rate also how often until the next tick."""
    tick = {"watches": list(watches), "tick": scheduler.ContextAttribute.scheduled_time}
    return tick | ({"every": every} if every < SHORTEST else {})
