"""The function that publishes: it reads the table's stream and puts events on the bus."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import timeouts
from infra.outlet import Outlet

ANNOUNCED = {"NewImage": {"announce": {"S": [{"exists": True}]}}}
"""Only items with this attribute are to be announced; the others never wake the function."""


class Publishing(Outlet):
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
        super().__init__(
            scope,
            construct_id,
            name="Publish",
            description="Publishes what changed as events.",
            code=code,
            timeout=timeouts.PUBLISH,
            environment={"EVENT_BUS_NAME": bus.event_bus_name},
            table=table,
            patterns=[ANNOUNCED],
            batch=100,
            window=1,
            waits="to be published",
            letters="Unpublished",
            holds="changes that could not be published",
        )
