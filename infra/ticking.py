"""The function that says which lanes are due, with the clock that invokes it."""

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import timeouts
from infra.dead_letters import NO_SOURCES
from infra.feeding import feed
from infra.function import Function
from infra.lanes import Lanes
from infra.nag import suppress_later
from infra.schedules import LATEST, SHORTEST, Schedules

LATER_AT_A_TIME = 2
"""How many later ticks are turned into lanes side by side: the fewest that Lambda takes."""


class Ticking(Construct):
    """The tick function, its schedules, and where a cadence is below a minute its later ticks."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        lanes: Lanes,
        cadences: Mapping[int, Iterable[str]],
    ) -> None:
        """`cadences` maps seconds to the names of the watches that are due that often."""
        super().__init__(scope, construct_id)
        self.later = self._later() if min(cadences) < SHORTEST else None
        later = {"LATER_QUEUE_URL": self.later.queue_url} if self.later else {}
        self.tick = Function(
            self,
            "Tick",
            code=code,
            handler="lambdas.tick.handler.handler",
            description="Queues the lanes of the watches that are due.",
            memory_size=256,
            timeout=timeouts.TICK,
            environment={"LANES_QUEUE_URL": lanes.queue.queue_url, **later},
        )
        function = self.tick.function
        function.configure_async_invoke(retry_attempts=0, max_event_age=LATEST)
        if self.later:
            feed(
                self,
                "FromLater",
                function=function,
                queue=self.later,
                at_a_time=LATER_AT_A_TIME,
            )
        Schedules(self, "Schedules", function=function, cadences=cadences)

    def _later(self) -> sqs.Queue:
        """Make the queue of ticks that are due within the minute."""
        queue = sqs.Queue(
            self,
            "Later",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # Over before it could show up again: a later tick that failed is not repeated.
            visibility_timeout=cdk.Duration.minutes(3),
            retention_period=cdk.Duration.minutes(2),
            redrive_allow_policy=NO_SOURCES,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        suppress_later(queue)
        return queue
