"""The function that publishes: it reads the table's stream and puts events on the bus."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import timeouts
from infra.dead_letters import DeadLetters
from infra.function import Function
from infra.stream import add_alarm_on_age, read_stream

ANNOUNCED = {"NewImage": {"announce": {"S": [{"exists": True}]}}}
"""Only items with this attribute are to be announced; the others never wake the function."""


class Publishing(Construct):
    """The publish function and what connects it with the table's stream."""

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
        self.unpublished = DeadLetters(
            self, "Unpublished", entry="unpublished", holds="changes that could not be published"
        )
        queue = self.unpublished.queue
        self.publish = Function(
            self,
            "Publish",
            code=code,
            handler="lambdas.publish.handler.handler",
            description="Publishes what changed as events.",
            memory_size=256,
            timeout=timeouts.PUBLISH,
            environment={
                "EVENT_BUS_NAME": bus.event_bus_name,
                "DEAD_LETTERS_QUEUE_URL": queue.queue_url,
            },
        )
        function = self.publish.function
        read_stream(self, function=function, table=table, patterns=[ANNOUNCED], dead_letters=queue)
        says = "to be published"
        add_alarm_on_age(self, "PublishLate", function, entry="publish-late", says=says)
