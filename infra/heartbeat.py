"""The heartbeat: an item that a schedule writes, for which the stream wakes publish and alert.

A stream in which nothing changes looks like one that nobody reads. With the heartbeat there is
always something to hand over, and its absence rings (`infra.stream`). It comes from the scheduler
and not from poll, which may be due once a day only, and whose own silence has an alarm.
"""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra import timeouts
from infra.schedules import schedules_of_this_account
from lambdas.store.layout import HEARTBEAT, KEYS

EVERY = cdk.Duration.seconds(timeouts.HEARTBEAT)
PATTERN = {"NewImage": {"pk": {"S": [HEARTBEAT]}}}
"""What lets it through a filter of the stream. Without `announce`, no function sends it."""


class Heartbeat(Construct):
    """The schedule that writes the item, and the role with which it does."""

    def __init__(self, scope: Construct, construct_id: str, *, table: dynamodb.ITable) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=schedules_of_this_account(self))
        # An item that is put as it was is no change: the time makes it one.
        item = {
            **{name: {"S": HEARTBEAT} for name in KEYS},
            "scheduled_at": {"S": scheduler.ContextAttribute.scheduled_time},
        }
        write = iam.PolicyStatement(
            sid="WriteHeartbeat",
            actions=["dynamodb:PutItem"],
            resources=[table.table_arn],
            conditions={
                "ForAllValues:StringEquals": {
                    "dynamodb:LeadingKeys": [HEARTBEAT],
                    # With others, it would be in the index, or handed over to be announced.
                    "dynamodb:Attributes": [*item],
                }
            },
        )
        # Not in the role itself: the table's policy names that, which would be a circle.
        iam.Policy(self, "Write", statements=[write], roles=[self.role])
        scheduler.Schedule(
            self,
            "Schedule",
            schedule=scheduler.ScheduleExpression.rate(EVERY),
            description="Writes the heartbeat, which the functions that read the stream wait for.",
            # No dead letters: a beat that is lost is made good by the next.
            target=targets.Universal(
                service="dynamodb",
                action="putItem",
                input=scheduler.ScheduleTargetInput.from_object(
                    {"TableName": table.table_name, "Item": item}
                ),
                role=self.role.without_policy_updates(),
                policy_statements=[write],  # else the CDK would allow it on every table, and warn
                retry_attempts=3,
                max_event_age=EVERY,
            ),
        )
