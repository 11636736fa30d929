"""Plain HTTP: every queue refuses it, and the alarms' topic.

So do the table and the alerts' topic. But the local AWS knows no policies of tables, and the topic
refuses all that the alert function does not send: tests/test_messaging.py reads its policy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.harness import Harness


def test_every_queue_of_the_stack_refuses_plain_http(harness: Harness) -> None:
    sqs = harness.aws.client("sqs")
    for url in _resources(harness, "AWS::SQS::Queue"):
        assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        with _in_plain_http(sqs), pytest.raises(ClientError, match="denied"):
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])


def test_the_alarms_topic_refuses_plain_http(harness: Harness) -> None:
    sns, refused = harness.aws.client("sns"), "not authorized to perform: sns:Publish"
    topics = _resources(harness, "AWS::SNS::Topic")
    (alarms,) = (topic for topic in topics if topic != harness.stack.topic)
    sns.publish(TopicArn=alarms, Subject="Encrypted", Message="{}")
    with _in_plain_http(sns), pytest.raises(ClientError, match=refused):
        sns.publish(TopicArn=alarms, Subject="In the open", Message="{}")


def _resources(harness: Harness, kind: str) -> list[str]:
    client = harness.aws.client("cloudformation")
    resources = client.describe_stack_resources(StackName="Jobwatch")["StackResources"]
    found = [r["PhysicalResourceId"] for r in resources if r["ResourceType"] == kind]
    assert found
    return found


@contextmanager
def _in_plain_http(client: Any) -> Iterator[None]:
    """Let a client's calls arrive as from a proxy that they reached in plain HTTP."""

    def tell(request: Any, **_: Any) -> None:
        request.headers["X-Forwarded-Proto"] = "http"

    client.meta.events.register("before-send.*", tell)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send.*", tell)
