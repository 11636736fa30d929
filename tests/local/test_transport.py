"""Plain HTTP: every topic and every queue refuses it.

The table does as well, by a policy of its own, but the local AWS knows none of tables.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.scene import Scene


def test_every_queue_of_the_stack_refuses_plain_http(scene: Scene) -> None:
    secure, plain = scene.aws.client("sqs"), _in_plain_http(scene.aws.client("sqs"))
    for url in _resources(scene, "AWS::SQS::Queue"):
        assert secure.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        with pytest.raises(ClientError, match="denied"):
            plain.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])


def test_every_topic_of_the_stack_refuses_plain_http(scene: Scene) -> None:
    plain = _in_plain_http(scene.aws.client("sns"))
    for topic in _resources(scene, "AWS::SNS::Topic"):
        with pytest.raises(ClientError, match="not authorized to perform: sns:Publish"):
            plain.publish(TopicArn=topic, Subject="In the open", Message="{}")


def _resources(scene: Scene, kind: str) -> list[str]:
    client = scene.aws.client("cloudformation")
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
