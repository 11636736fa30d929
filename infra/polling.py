"""The function that polls lanes, and the alarms over each cadence."""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import timeouts
from infra.alarms import (
    PERIOD,
    add_alarm,
    add_alarm_on_drops,
    add_alarms_of_cadence,
)
from infra.context import POLL_ROLE
from infra.feeding import feed
from infra.function import Function
from infra.lanes import Lanes


class Polling(Construct):
    """The poll function, fed with lanes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        table: dynamodb.ITable,
        lanes: Lanes,
        cadences: Iterable[int],
        concurrency: int,
        spreads: bool,
    ) -> None:
        """`concurrency` is how many lanes are polled side by side, `cadences` are seconds.

        `spreads` tells whether it gives turns to the lanes in accounts of organizations.
        """
        super().__init__(scope, construct_id)
        self.poll = Function(
            self,
            "Poll",
            code=code,
            handler="lambdas.poll.handler.handler",
            description="Polls the jobs of a lane and stores what changed.",
            memory_size=512,
            timeout=timeouts.POLL,
            role_name=POLL_ROLE.format(stack=cdk.Stack.of(self).stack_name, region=cdk.Aws.REGION),
            environment={
                "TABLE_NAME": table.table_name,
                "DEAD_LETTERS_QUEUE_URL": lanes.lost.queue.queue_url,
                **({"LANES_QUEUE_URL": lanes.queue.queue_url} if spreads else {}),
                # The end of the stack's id, which AWS makes up: who only starts jobs isn't told it.
                "DIGEST_KEY": cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID)),
            },
        )
        function = self.poll.function
        feed(self, "FromLanes", function=function, queue=lanes.queue, at_a_time=concurrency)
        errors = function.metric_errors(period=PERIOD)
        says = "the poll function ended with an error or ran out of time."
        add_alarm(self, "PollErrors", errors, above=0, entry="poll-errors", says=says)
        add_alarm_on_drops(self)
        for every in sorted(cadences):
            add_alarms_of_cadence(self, every)
