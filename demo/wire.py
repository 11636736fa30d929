"""The rest-json protocol, read from botocore's service models: routes, inputs, answers, errors."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StructureShape,
)
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

UNMODELLED = {403: "AccessDeniedException", 429: "ThrottlingException", 500: "InternalFailure"}


class Refusal(Exception):
    """A call is answered with an error: the HTTP status decides which of the operation's own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def routes(service: ServiceModel, operations: Iterable[str]) -> list[Rule]:
    """Return one rule an operation, its URI labels named by position (`{job-id}` -> `<_1>`)."""
    return [_rule(service.operation_model(name)) for name in operations]


def _rule(operation: OperationModel) -> Rule:
    uri = operation.http["requestUri"]
    for position, label in enumerate(_labels(operation)):
        uri = uri.replace(f"{{{label}}}", f"<_{position}>")
    return Rule(uri, methods=[operation.http["method"]], endpoint=operation.name)


def _labels(operation: OperationModel) -> list[str]:
    return re.findall(r"{([^}]+)}", operation.http["requestUri"])


def read_input(
    operation: OperationModel, arguments: Mapping[str, str], request: Request
) -> dict[str, Any]:
    """Return the operation's input by member name, from the path, the query and the body."""
    labels = {label: arguments[f"_{index}"] for index, label in enumerate(_labels(operation))}
    body = _body(request)
    sources: dict[str | None, Mapping[str, Any]] = {
        "uri": labels,
        "querystring": request.args,
        None: body,
    }
    given = {}
    for name, shape in _structure(operation.input_shape).members.items():
        source = sources[shape.serialization.get("location")]
        wire_name = shape.serialization.get("name", name)
        if wire_name in source:
            given[name] = _read(shape, name, source[wire_name])
    return given


def _body(request: Request) -> Mapping[str, Any]:
    text = request.get_data(as_text=True)
    try:
        body = json.loads(text or "{}")
    except ValueError:
        raise Refusal(400, "The request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "The request body is not a JSON object")
    return body


def _read(shape: Shape, name: str, value: Any) -> Any:
    if shape.type_name != "integer":
        return value
    try:
        number = int(value)
    except ValueError:
        raise Refusal(400, f"{name} is not a number") from None
    if not shape.metadata.get("min", number) <= number <= shape.metadata.get("max", number):
        raise Refusal(400, f"{name} is out of range")
    return number


def _structure(shape: Shape | None) -> StructureShape:
    if not isinstance(shape, StructureShape):
        raise TypeError(f"{shape} is no structure")
    return shape


def body_shape(operation: OperationModel) -> StructureShape:
    """Return the structure that the answer's body holds: the payload member, or the output."""
    output = _structure(operation.output_shape)
    payload = output.serialization.get("payload")
    return _structure(output.members[payload]) if payload else output


def listed(operation: OperationModel) -> tuple[str, StructureShape]:
    """Return the answer's only member that is a list, and what is in that list."""
    for name, shape in body_shape(operation).members.items():
        if isinstance(shape, ListShape):
            return name, _structure(shape.member)
    raise TypeError(f"{operation.name} lists nothing")


def write(shape: Shape, value: Any) -> Any:
    """Return the JSON form of a value.

    :raises KeyError: when the value has a member that the shape does not have.
    """
    if isinstance(shape, StructureShape):
        members = {name: shape.members[name] for name in value}
        return {
            member.serialization.get("name", name): write(member, value[name])
            for name, member in members.items()
            if value[name] is not None
        }
    if isinstance(shape, ListShape):
        return [write(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: write(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime):
        return _timestamp(shape, value)
    return value


def _timestamp(shape: Shape, value: datetime) -> str | float:
    """Write a time as the shape asks for it; rest-json bodies carry epoch seconds by default."""
    if shape.serialization.get("timestampFormat") == "iso8601":
        return iso8601(value)
    return round(value.timestamp(), 3)


def iso8601(value: datetime) -> str:
    """Write a time as AWS does: `2018-05-24T21:26:33.995Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answer(operation: OperationModel, value: Mapping[str, Any], request_id: str) -> Response:
    """Return the response that carries an operation's output."""
    body = write(body_shape(operation), value)
    headers = {"x-amzn-RequestId": request_id}
    return Response(json.dumps(body), 200, headers, content_type="application/json")


def refuse(operation: OperationModel, refusal: Refusal, request_id: str) -> Response:
    """Return the response that carries the operation's own error of that HTTP status."""
    shape = _error(operation, refusal.status)
    members = shape.members if shape else {}
    message = "Message" if "Message" in members else "message"
    body = {message: str(refusal)}
    if "RequestID" in members:
        body["RequestID"] = request_id
    code = shape.name if shape else UNMODELLED[refusal.status]
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": code}
    return Response(json.dumps(body), refusal.status, headers, content_type="application/json")


def _error(operation: OperationModel, status: int) -> StructureShape | None:
    for shape in operation.error_shapes:
        if shape.metadata["error"]["httpStatusCode"] == status:
            return _structure(shape)
    return None
