"""Counts what a subject told of, where its users would have it from: the queue, the stream."""

import base64
import json
import zlib
from collections.abc import Iterator
from typing import Any

from bench.sources import QUEUE, TABLE
from bench.surroundings import Surroundings
from tests.table import create_table


class Queue:
    """The queue that Cloud Custodian notifies: a message names many jobs."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._sqs = surroundings.client("sqs")
        self._url = self._sqs.create_queue(QueueName=QUEUE)["QueueUrl"]

    def take(self) -> int:
        """Count the jobs that were notified of since the last time."""
        return sum(
            len(json.loads(zlib.decompress(base64.b64decode(body)))["resources"])
            for body in self._bodies()
        )

    def _bodies(self) -> Iterator[str]:
        while found := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in found:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                yield message["Body"]


class Stream:
    """The stream of Jobwatch's table: what the function that publishes would be handed."""

    def __init__(self, surroundings: Surroundings) -> None:
        create_table(surroundings.client("dynamodb"), TABLE)
        self._streams = surroundings.client("dynamodbstreams")
        arn = self._streams.list_streams(TableName=TABLE)["Streams"][0]["StreamArn"]
        (shard,) = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._next = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def take(self) -> int:
        """Count the items that were stored since the last time and are to be announced."""
        return sum(
            "announce" in record["dynamodb"].get("NewImage", {}) for record in self._records()
        )

    def _records(self) -> Iterator[dict[str, Any]]:
        while True:
            answer = self._streams.get_records(ShardIterator=self._next)
            self._next = answer["NextShardIterator"]
            if not answer["Records"]:
                return
            yield from answer["Records"]
