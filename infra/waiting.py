"""Waiting: the function that who waits invokes, and the one that answers.

Nothing of it has an alarm or dead letters: an end that was not told is told within five minutes by
the looks at all waits, and a state machine that hears nothing has its own `HeartbeatSeconds`.
"""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from constructs import Construct

from infra import timeouts
from infra.function import Function
from infra.schedules import schedules_of_this_account
from infra.storage import Waits
from lambdas.model import JOB_STATUS_CHANGE
from lambdas.outbox.buses import SOURCE

EVERY = cdk.Duration.seconds(timeouts.SWEEP)
LATEST = cdk.Duration.minutes(5)
"""How long an end or a sweep may wait for its invocation: by then, a later sweep has looked the job
up."""


class Waiting(Construct):
    """The functions, their table, the rule that hears of ends, and the schedule of the sweep."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        table: dynamodb.ITable,
        bus: events.IEventBus,
    ) -> None:
        super().__init__(scope, construct_id)
        self.waits = Waits(self, "Waits")
        self.wait = self._function(
            "Wait",
            code,
            table,
            timeouts.WAIT,
            "Waits for a job for who has a task token or a callback.",
        )
        self.answer = self._function(
            "Answer", code, table, timeouts.ANSWER, "Answers who waits for a job that has ended."
        )
        function = self.answer.function
        function.configure_async_invoke(retry_attempts=2, max_event_age=LATEST)
        self._answer_ends(function, bus)
        self._sweep(function)

    def _function(
        self, name: str, code: lambda_.Code, table: dynamodb.ITable, timeout: int, description: str
    ) -> Function:
        return Function(
            self,
            name,
            code=code,
            handler=f"lambdas.{name.lower()}.handler.handler",
            description=description,
            memory_size=256,
            timeout=timeout,
            environment={
                "TABLE_NAME": table.table_name,
                "WAITS_TABLE_NAME": self.waits.table.table_name,
            },
        )

    def _answer_ends(self, function: lambda_.IFunction, bus: events.IEventBus) -> None:
        events.Rule(
            self,
            "Ended",
            event_bus=bus,
            description="Answers who waits for a job, when it has ended.",
            event_pattern=events.EventPattern(
                source=[SOURCE], detail_type=[JOB_STATUS_CHANGE], detail={"terminal": [True]}
            ),
            targets=[targets.LambdaFunction(function, max_event_age=LATEST)],
        )

    def _sweep(self, function: lambda_.IFunction) -> None:
        invoke = iam.PolicyStatement(
            sid="InvokeAnswer",
            actions=["lambda:InvokeFunction"],
            resources=[function.function_arn],
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=schedules_of_this_account(self),
            inline_policies={"Sweep": iam.PolicyDocument(statements=[invoke])},
        ).without_policy_updates()
        scheduler.Schedule(
            self,
            "Sweep",
            schedule=scheduler.ScheduleExpression.rate(EVERY),
            description="Sends heartbeats to who waits for jobs.",
            target=scheduler_targets.LambdaInvoke(
                function,
                input=scheduler.ScheduleTargetInput.from_object({}),
                role=role,
                retry_attempts=0,
                max_event_age=EVERY,
            ),
        )
