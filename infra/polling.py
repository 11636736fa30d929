"""The clock and the function that looks: one schedule a cadence, one function for all of them."""

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.alarms import add_watch_over
from infra.dead_letters import DeadLetters
from infra.function import Function

LATEST = cdk.Duration.minutes(1)
"""A tick older than this, or one that failed, is dropped: the next one looks at everything anew."""


class Polling(Construct):
    """The poll function and the schedules that invoke it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        table: dynamodb.ITable,
        cadences: Mapping[int, Iterable[str]],
    ) -> None:
        super().__init__(scope, construct_id)
        self.poll = Function(
            self,
            "Poll",
            code=code,
            handler="lambdas.handle_poll.handler",
            description="Looks at the watched jobs and stores what changed.",
            memory_size=512,
            timeout=cdk.Duration.minutes(5),
            environment={"TABLE_NAME": table.table_name},
        )
        self.poll.function.configure_async_invoke(retry_attempts=0, max_event_age=LATEST)
        self.missed = DeadLetters(
            self,
            "MissedTicks",
            entry="missed-ticks",
            holds="ticks that the scheduler could not deliver",
        )
        role = self._role()
        for every, watches in sorted(cadences.items()):
            add_watch_over(self, every)
            scheduler.Schedule(
                self,
                f"Every{every}Seconds",
                schedule=scheduler.ScheduleExpression.rate(cdk.Duration.seconds(every)),
                description=f"Polls the watches that are due every {every} seconds.",
                target=targets.LambdaInvoke(
                    self.poll.function,
                    input=scheduler.ScheduleTargetInput.from_object({"watches": list(watches)}),
                    role=role,
                    dead_letter_queue=self.missed.queue,
                    retry_attempts=0,
                    max_event_age=LATEST,
                ),
            )

    def _role(self) -> iam.IRole:
        """Return the schedules' role: it may invoke the function, but no version of it."""
        group = cdk.Stack.of(self).format_arn(
            service="scheduler", resource="schedule-group", resource_name="default"
        )
        from_here = {
            "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID, "aws:SourceArn": group}
        }
        invoke = iam.PolicyStatement(
            actions=["lambda:InvokeFunction"], resources=[self.poll.function.function_arn]
        )
        give_up = iam.PolicyStatement(
            actions=["sqs:SendMessage"], resources=[self.missed.queue.queue_arn]
        )
        role = iam.Role(
            self,
            "SchedulesRole",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=from_here),
            inline_policies={"Tick": iam.PolicyDocument(statements=[invoke, give_up])},
        )
        return role.without_policy_updates()
