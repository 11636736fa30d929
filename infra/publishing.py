"""The function that announces: it reads the table's stream and publishes events and alerts."""

import json

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarms import PERIOD, add_alarm
from infra.dead_letters import DeadLetters
from infra.function import Function

ANNOUNCED = {"dynamodb": {"NewImage": {"announce": {"S": [{"exists": True}]}}}}
"""Only items with this attribute are to be announced; the others never wake the function."""

TOO_LATE = cdk.Duration.minutes(10)
"""What cannot be published is tried again, which is no error of the function: its age tells."""


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
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self.publish = Function(
            self,
            "Publish",
            code=code,
            handler="lambdas.publish.handler.handler",
            description="Publishes what changed, as events and as alerts.",
            memory_size=256,
            timeout=cdk.Duration.minutes(1),
            environment={"EVENT_BUS_NAME": bus.event_bus_name, "ALERT_TOPIC_ARN": topic.topic_arn},
        )
        self.unpublished = DeadLetters(
            self,
            "Unpublished",
            entry="unpublished",
            holds="changes that could not be published",
        )
        on_failure = lambda_.CfnEventSourceMapping.OnFailureProperty(
            destination=self.unpublished.queue.queue_arn
        )
        pattern = lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(ANNOUNCED))
        # The plain resource: the construct around it would allow more on the queue than is needed.
        lambda_.CfnEventSourceMapping(
            self,
            "Changes",
            function_name=self.publish.function.function_name,
            event_source_arn=table.table_stream_arn,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            maximum_batching_window_in_seconds=1,
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(filters=[pattern]),
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            # Only the age bounds the retries: an outage of hours loses nothing.
            maximum_record_age_in_seconds=6 * 60 * 60,
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=on_failure
            ),
        )
        age = self.publish.function.metric("IteratorAge", period=PERIOD, statistic="Maximum")
        minutes = TOO_LATE.to_minutes()
        says = f"changes have waited for more than {minutes:.0f} minutes to be published."
        add_alarm(self, "Late", age, above=TOO_LATE.to_milliseconds(), entry="late", says=says)
