"""The rest-json protocol from the service's side, by botocore's own serializer and models.

botocore writes what a client sends. Where a model has each operation's output as its input, the
same serializer writes what the service answers.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.serialize import create_serializer
from werkzeug.wrappers import Request, Response

UNMODELLED = {403: "AccessDeniedException", 429: "ThrottlingException", 500: "InternalFailure"}
UNKNOWN_OPERATION = "UnknownOperationException"
_LABEL = re.compile(r"{([^}]+)}")


class Refusal(Exception):
    """A call is answered with an error: the HTTP status decides which of the operation's own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """Some operations of one service, as AWS's own model has them."""

    def __init__(self, service: str, operations: Iterable[str]) -> None:
        described = Loader().load_service_model(service, "service-2")
        self.model = ServiceModel(described, service)
        self._operations = [self.model.operation_model(name) for name in operations]
        self._answers = ServiceModel(described | {"operations": _turned(described["operations"])})
        self._serializer = create_serializer("rest-json", include_validation=False)

    def find(self, method: str, path: str) -> tuple[OperationModel, dict[str, str]] | None:
        """Return the operation of a path as it was sent, and what the path's labels hold."""
        for operation in self._operations:
            uri = operation.http["requestUri"]
            found = re.fullmatch(_LABEL.sub("([^/]+)", uri), path)
            if found and method == operation.http["method"]:
                values = map(unquote, found.groups())
                return operation, dict(zip(_LABEL.findall(uri), values, strict=True))
        return None

    def answer(self, operation: OperationModel, body: Mapping[str, Any]) -> Response:
        """Return the response that carries the members of an answer's body.

        :raises KeyError: when one of them is none of the model's.
        """
        payload = structure(operation.output_shape).serialization.get("payload")
        value = present({payload: body} if payload else body)
        answering = self._answers.operation_model(operation.name)
        sent = self._serializer.serialize_to_request(value, answering)
        return Response(sent["body"], 200, content_type="application/json")


def _turned(operations: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    http = {"method": "POST", "requestUri": "/"}
    return {
        name: {**operation, "input": operation.get("output"), "http": http}
        for name, operation in operations.items()
    }


def present(value: Any) -> Any:
    """Return a value without members that are None: a service leaves them out."""
    if isinstance(value, Mapping):
        return {name: present(held) for name, held in value.items() if held is not None}
    if isinstance(value, list | tuple):
        return [present(held) for held in value]
    return value


def read_input(
    operation: OperationModel, labels: Mapping[str, str], request: Request
) -> dict[str, Any]:
    """Return the operation's input by member name, from the path, the query and the body."""
    body = request.get_json(force=True, silent=True) or {}
    sent = {**request.args, **body, **labels}
    members = structure(operation.input_shape).members.items()
    names = {name: shape.serialization.get("name", name) for name, shape in members}
    return {name: sent[on_wire] for name, on_wire in names.items() if on_wire in sent}


def structure(shape: Shape | None) -> StructureShape:
    """Return a shape that must be a structure."""
    if not isinstance(shape, StructureShape):
        raise TypeError(f"{shape} is no structure")
    return shape


def body_shape(operation: OperationModel) -> StructureShape:
    """Return the structure that the answer's body holds: the payload member, or the output."""
    output = structure(operation.output_shape)
    payload = output.serialization.get("payload")
    return structure(output.members[payload]) if payload else output


def listed(operation: OperationModel) -> tuple[str, StructureShape]:
    """Return the answer's only member that is a list, and what is in that list."""
    for name, shape in body_shape(operation).members.items():
        if isinstance(shape, ListShape):
            return name, structure(shape.member)
    raise TypeError(f"{operation.name} lists nothing")


def refuse(operation: OperationModel, refusal: Refusal) -> Response:
    """Return the response that carries the operation's own error of that HTTP status."""
    shapes = [structure(shape) for shape in operation.error_shapes]
    own = (s for s in shapes if s.metadata["error"]["httpStatusCode"] == refusal.status)
    shape = next(own, None)
    members = shape.members if shape else {}
    message = "Message" if "Message" in members else "message"
    code = shape.name if shape else UNMODELLED[refusal.status]
    return error(refusal.status, code, {message: str(refusal)})


def error(status: int, code: str, body: Mapping[str, Any]) -> Response:
    """Return the response that carries an error."""
    headers = {"x-amzn-ErrorType": code}
    return Response(json.dumps(body), status, headers, content_type="application/json")
