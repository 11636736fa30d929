"""Starts MiniStack, with its IAM put right where it asks for something else than AWS does.

MiniStack's own Python runs this file, by its path; nothing imports it.

- SNS and SQS have no permission for batches: AWS asks for `sns:Publish`, `sqs:SendMessage`.
- DynamoDB asks for DescribeExport on the export, not on `*`.

Port 443, which MiniStack serves besides its own port wherever it may, is left alone.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_actions

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


if __name__ == "__main__":
    iam_actions.extract_iam_action = put_action_right(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = put_resource_right(iam_actions.extract_resource_arn)
    app._port_is_bindable = lambda *_: False  # noqa: SLF001  no setting turns it off
    app.main()
