"""Starts MiniStack, put right where it asks for or does something else than AWS.

MiniStack's own Python runs this file, by its path; nothing imports it.

- SNS and SQS have no permission for batches: AWS asks for `sns:Publish`, `sqs:SendMessage`.
- DynamoDB asks for DescribeExport on the export, not on `*`.
- Lambda reads the message groups of a FIFO queue side by side, each in order.

Port 443, which MiniStack serves besides its own port wherever it may, is left alone.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import lambda_svc

ASKED_AS = {"sns:PublishBatch": "sns:Publish", "sqs:SendMessageBatch": "sqs:SendMessage"}


def put_action_right(action_of: Callable[..., str | None]) -> Callable[..., str | None]:
    """Name the action that AWS asks for."""

    def action(*request: Any) -> str | None:
        found = action_of(*request)
        return ASKED_AS.get(found, found) if found else None

    return action


def put_resource_right(resource_of: Callable[..., str]) -> Callable[..., str]:
    """Name the resource that AWS asks about."""

    def resource(service: str, *request: Any) -> str:
        _method, _path, _headers, body, *_ = request
        named = json.loads(body or b"{}") if service == "dynamodb" else {}
        return named.get("ExportArn") or resource_of(service, *request)

    return resource


def put_concurrency_right(concurrency_of: Callable[..., int]) -> Callable[..., int]:
    """Let several batches be on their way where each is one message, so that no order is lost."""

    def concurrency(mapping: Any, function: Any, config: Any, queue: Any = None) -> int:
        alone = mapping.get("BatchSize") == 1
        return concurrency_of(mapping, function, config, None if alone else queue)

    return concurrency


if __name__ == "__main__":
    iam_actions.extract_iam_action = put_action_right(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = put_resource_right(iam_actions.extract_resource_arn)
    lambda_svc._sqs_esm_concurrency = put_concurrency_right(  # noqa: SLF001
        lambda_svc._sqs_esm_concurrency  # noqa: SLF001
    )
    app._port_is_bindable = lambda *_: False  # noqa: SLF001  no setting turns it off
    app.main()
