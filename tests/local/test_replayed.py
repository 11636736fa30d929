"""What `./jobwatch replay` has the deployed functions send again is as it was, by its schema."""

import json
import time
from collections.abc import Mapping
from typing import Any

from demo.harness import Harness
from demo.listen import Alert, Event
from demo.player import Received
from lambdas.times import iso
from operate.replay import replay
from tests.local.short_story import BROKEN
from tests.schemas import faults

STACK = "Jobwatch"
PATIENCE = 60.0


def stored(harness: Harness) -> tuple[str, str, Mapping[str, Any]]:
    """Give the table's stream, its shard, and the record of the job's last change."""
    streams, table = harness.aws.client("dynamodbstreams"), harness.stack.table
    (stream,) = streams.list_streams(TableName=table)["Streams"]
    arn = stream["StreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    where = {"StreamArn": arn, "ShardId": shard["ShardId"]}
    at = streams.get_shard_iterator(**where, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = streams.get_records(ShardIterator=at)["Records"]
    last = [each["dynamodb"] for each in records if BROKEN.id in str(each["dynamodb"]["Keys"])][-1]
    return arn, shard["ShardId"], last


def give_up(harness: Harness, queue: str) -> None:
    """Put into a queue what Lambda puts there of a batch that a function never took."""
    stream, shard, record = stored(harness)
    at, number = iso(record["ApproximateCreationDateTime"]), record["SequenceNumber"]
    batch = {
        "shardId": shard,
        "startSequenceNumber": number,
        "endSequenceNumber": number,
        "approximateArrivalOfFirstRecord": at,
        "approximateArrivalOfLastRecord": at,
        "batchSize": 1,
        "streamArn": stream,
    }
    body, sqs = (
        json.dumps({"version": "1.0", "DDBStreamBatchInfo": batch}),
        harness.aws.client("sqs"),
    )
    # Its policy lets nobody else put something there.
    kept = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=kept)


def is_of_job(detail: Mapping[str, Any]) -> bool:
    return detail.get("job_id") == BROKEN.id


def heard(harness: Harness) -> tuple[list[Event], list[Alert]]:
    """Listen until there is an event and an alert of the job; other tests' may be there, too."""
    events: list[Event] = []
    alerts: list[Alert] = []
    until = time.monotonic() + PATIENCE
    while not (events and alerts):
        assert time.monotonic() < until, (events, alerts)
        events += [e for e in harness.listener.events() if is_of_job(e.detail)]
        alerts += [a for a in harness.listener.alerts() if all(map(is_of_job, a.details))]
        time.sleep(0.2)
    return events, alerts


def test_what_is_sent_again_is_what_was_sent(harness: Harness, received: Received) -> None:
    cloudformation = harness.aws.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    for queue in ("UnpublishedQueueUrl", "UnsentQueueUrl"):
        give_up(harness, outputs[queue])
    heard_before = [e.detail for e in received.events if is_of_job(e.detail)]
    said: list[str] = []
    assert replay(STACK, harness.aws.client, said.append) == []
    events, alerts = heard(harness)
    assert [each.detail for each in events] == heard_before[-1:], said
    assert [faults(json.loads(each.text)) for each in events] == [[]]
    assert [faults(each.document) for each in alerts] == [[]]
