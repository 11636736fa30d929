"""The function that alerts: it reads the table's stream and sends to the topic."""

from collections.abc import Iterable, Iterator
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import timeouts
from infra.dead_letters import DeadLetters
from infra.function import Function
from infra.stream import add_alarm_on_age, read_stream

ALWAYS = ("Job Stalled", "Watch Unreachable")
"""The detail types of which an alert tells whatever the status is."""


class Alerting(Construct):
    """The alert function and what connects it with the table's stream."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        table: dynamodb.ITable,
        topic: sns.ITopic,
        statuses: Iterable[str],
    ) -> None:
        """`statuses` are those of which an alert tells, from `alerts.on` in `watches.yaml`."""
        super().__init__(scope, construct_id)
        self.unsent = DeadLetters(
            self, "Unsent", entry="unsent", holds="changes of which no alert could be sent"
        )
        queue = self.unsent.queue
        self.alert = Function(
            self,
            "Alert",
            code=code,
            handler="lambdas.alert.handler.handler",
            description="Sends alerts of what changed.",
            memory_size=256,
            timeout=timeouts.ALERT,
            environment={
                "ALERT_TOPIC_ARN": topic.topic_arn,
                "DEAD_LETTERS_QUEUE_URL": queue.queue_url,
            },
        )
        function = self.alert.function
        patterns = _patterns(tuple(statuses))
        read_stream(self, function=function, table=table, patterns=patterns, dead_letters=queue)
        says = "for their alert to be sent"
        add_alarm_on_age(self, "AlertLate", function, entry="alert-late", says=says)


def _patterns(statuses: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Give what wakes the function: an item that fits one of these is perhaps an alert."""
    yield {"NewImage": {"announce": {"S": [*ALWAYS]}}}
    if statuses:  # an empty list of values is no valid pattern
        announced = {"announce": {"S": [{"exists": True}]}}
        yield {"NewImage": {**announced, "status": {"S": [*statuses]}}}
