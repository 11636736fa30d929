"""Plain HTTP: every queue refuses it.

So do the table and the topics. But the local AWS knows no policies of tables, and the topics refuse
whatever the alert function and the alarms do not send: tests/test_messaging.py reads their policies
instead.
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
