"""Tells the answers of a service from what something else on the way answered."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, Shape

from lambdas.model import SourceError

_NO_SUCCESS = 300


def validate_response(
    operation_model: OperationModel, response_dict: Mapping[str, Any], **_: Any
) -> None:
    """Raise SourceError when what came with status 200 is no answer of the service.

    Out of a page of HTML, a body cut short or none at all, botocore reads an answer without any
    member: an empty list, where nothing was read.
    """
    if response_dict["status_code"] >= _NO_SUCCESS or operation_model.has_streaming_output:
        return
    if not _is_answer(operation_model, response_dict["headers"], response_dict["body"]):
        said = f"{operation_model.name} answered with something that is not its answer"
        raise SourceError("UnexpectedAnswer", said)


def _is_answer(operation: OperationModel, headers: Mapping[str, str], body: bytes) -> bool:
    if not body or headers.get("content-type", "").startswith("text/html"):
        return False
    if "json" not in operation.service_model.resolved_protocol:
        return not body.lstrip()[:5].lower().startswith((b"<html", b"<!doc"))
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and (not answer or not _members(operation).isdisjoint(answer))


def _members(operation: OperationModel) -> set[str]:
    """Name what an answer may hold, as it is called on the wire."""
    output: Any = operation.output_shape
    payload = output.serialization.get("payload")
    members: Mapping[str, Shape] = (output.members[payload] if payload else output).members
    return {shape.serialization.get("name", name) for name, shape in members.items()}
