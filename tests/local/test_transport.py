"""Plain HTTP: every topic and every queue refuses it.

The table does as well, by a policy of its own, but the local AWS knows none of tables.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.harness import Harness


def test_every_queue_of_the_stack_refuses_plain_http(harness: Harness) -> None:
    secure, plain = harness.aws.client("sqs"), _in_plain_http(harness.aws.client("sqs"))
    for url in _resources(harness, "AWS::SQS::Queue"):
        assert secure.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        with pytest.raises(ClientError, match="denied"):
            plain.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])


def test_every_topic_of_the_stack_refuses_plain_http(harness: Harness) -> None:
    plain = _in_plain_http(harness.aws.client("sns"))
    for topic in _resources(harness, "AWS::SNS::Topic"):
        with pytest.raises(ClientError, match="not authorized to perform: sns:Publish"):
            plain.publish(TopicArn=topic, Subject="In the open", Message="{}")


def _resources(harness: Harness, kind: str) -> list[str]:
    client = harness.aws.client("cloudformation")
    resources = client.describe_stack_resources(StackName="Jobwatch")["StackResources"]
    found = [r["PhysicalResourceId"] for r in resources if r["ResourceType"] == kind]
    assert found
    return found


def _in_plain_http(client: Any) -> Any:
    """Let a client's calls arrive as from a proxy that they reached in plain HTTP."""

    def tell(request: Any, **_: Any) -> None:
        request.headers["X-Forwarded-Proto"] = "http"

    client.meta.events.register("before-send.*", tell)
    return client
