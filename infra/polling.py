"""The function that looks, with the clock and the queues that tell it where."""

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import add_watch_over
from infra.dead_letters import DeadLetters
from infra.function import Function
from infra.queues import Queues
from infra.schedules import LATEST, Schedules

TIMEOUT = cdk.Duration.minutes(5)


class Polling(Construct):
    """The poll function, its schedules, its queues, and the alarms over each cadence."""

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
        self.queues = Queues(self, "Queues", timeout=TIMEOUT, cadences=tuple(cadences))
        self.poll = Function(
            self,
            "Poll",
            code=code,
            handler="lambdas.handle_poll.handler",
            description="Looks at the watched jobs and stores what changed.",
            memory_size=512,
            timeout=TIMEOUT,
            environment={"TABLE_NAME": table.table_name, **self.queues.environment},
        )
        function = self.poll.function
        function.configure_async_invoke(retry_attempts=0, max_event_age=LATEST)
        self.queues.feed(function)
        self.missed = DeadLetters(
            self,
            "MissedTicks",
            entry="missed-ticks",
            holds="ticks that the scheduler could not deliver",
        )
        missed = self.missed.queue
        Schedules(self, "Schedules", function=function, missed=missed, cadences=cadences)
        for every in sorted(cadences):
            add_watch_over(self, every)
