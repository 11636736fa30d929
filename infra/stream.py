"""How a function reads the table's stream: publish and alert, each for itself.

These two are all that may: DynamoDB lets two readers at a time read a shard without throttling.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import heartbeat
from infra.alarms import MISSED, PERIOD, add_alarm

TO_READ_A_STREAM = (
    *("dynamodb:DescribeStream", "dynamodb:GetRecords"),
    *("dynamodb:GetShardIterator", "dynamodb:ListStreams"),
)
TOO_LATE = cdk.Duration.minutes(10)
"""What cannot be sent is tried again, which is no error of the function: its age rings."""

GIVEN_UP = cdk.Duration.hours(6)
"""Only the age bounds the retries: an outage of hours loses nothing."""

EventSource = lambda_.CfnEventSourceMapping


def read_stream(
    scope: Construct,
    *,
    function: lambda_.IFunction,
    table: dynamodb.ITable,
    patterns: Iterable[Mapping[str, Any]],
    batch: int,
    window: int,
    dead_letters: sqs.IQueue,
) -> None:
    """Hand to the function each new item that fits one of the patterns, in order for each job.

    The heartbeat is handed over besides. At most `batch` are handed over together, and those of
    `window` seconds.
    """
    passing = [*patterns, heartbeat.PATTERN]
    filters = [EventSource.FilterProperty(pattern=json.dumps({"dynamodb": p})) for p in passing]
    # The plain resource: the construct around it would allow more on the queue than is needed.
    EventSource(
        scope,
        "Changes",
        function_name=function.function_name,
        event_source_arn=table.table_stream_arn,
        starting_position="TRIM_HORIZON",
        batch_size=batch,
        maximum_batching_window_in_seconds=window,
        filter_criteria=EventSource.FilterCriteriaProperty(filters=filters),
        function_response_types=["ReportBatchItemFailures"],
        bisect_batch_on_function_error=True,
        maximum_record_age_in_seconds=GIVEN_UP.to_seconds(),
        destination_config=EventSource.DestinationConfigProperty(
            on_failure=EventSource.OnFailureProperty(destination=dead_letters.queue_arn)
        ),
    )


def add_alarm_on_age(
    scope: Construct, construct_id: str, function: lambda_.IFunction, *, entry: str, says: str
) -> None:
    """Add the alarm that rings while changes wait for too long; `says` is for what they wait.

    Lambda writes the age with each batch that the function is done with: where none is handed over
    there is none, not even that of the heartbeat.
    """
    add_alarm(
        scope,
        construct_id,
        function.metric("IteratorAge", period=PERIOD, statistic="Maximum"),
        above=TOO_LATE.to_milliseconds(),
        entry=entry,
        says=f"changes have waited for more than {TOO_LATE.to_minutes():.0f} minutes {says}, or "
        "nothing comes out of the stream, not even the heartbeat.",
        periods=MISSED,
        on_silence=True,
    )
