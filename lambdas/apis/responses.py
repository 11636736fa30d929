"""Answers as they come: told from what something else on the way answered, and made readable."""

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, Shape

from lambdas.model import SourceError

_NO_SUCCESS = 300
_OTHERS = ("json", "cbor")
"""Parts of the names of all protocols but those in XML."""
_REFERENCE = re.compile(r"&#(x[0-9A-Fa-f]+|[0-9]+);")
_NO_CHARACTER = re.compile("[\0-\b\v\f\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML can hold, also by its number."""
_LAST, _BEYOND = 0x10FFFF, 8


def repair_xml(operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
    """Put a sign in the place of what XML can't hold, such as `&#x7;`.

    Services write it where it stands in a name or a description, which may be a stranger's, and
    botocore reads nothing of such an answer, and so no job of a whole list.
    """
    protocol, body = operation_model.service_model.resolved_protocol, response_dict["body"]
    if isinstance(body, bytes) and not any(each in protocol for each in _OTHERS):
        text = _NO_CHARACTER.sub("\ufffd", body.decode(errors="replace"))
        response_dict["body"] = _REFERENCE.sub(_referred, text).encode()


def _referred(match: re.Match[str]) -> str:
    """Give a reference as it is, unless it refers to no character."""
    base = 16 if match[1][0] == "x" else 10
    # So many digits are beyond all that there are, whatever comes behind them.
    number = int(match[1].lstrip("x").lstrip("0")[:_BEYOND] or "0", base)
    is_one = number <= _LAST and not _NO_CHARACTER.match(chr(number))
    return match[0] if is_one else "\ufffd"


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
