"""The JSON Schema of each event and of alerts, made of the types in `lambdas.details`.

That of an event is of the whole of it, as a target of a rule gets it; that of alerts is of the JSON
on the topic.
"""

import ast
import inspect
import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from lambdas import details
from lambdas.alert.bus import DETAIL_TYPE as JOB_ALERT
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    RUN_ARRIVED,
    RUN_MISSING,
    WATCH_RECOVERED,
    WATCH_UNREACHABLE,
)
from lambdas.outbox.buses import SOURCE

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TYPES: Mapping[str, type] = {
    JOB_STATUS_CHANGE: details.JobDetail,
    JOB_STALLED: details.JobDetail,
    JOB_OVERRUNNING: details.JobDetail,
    WATCH_UNREACHABLE: details.WatchDetail,
    WATCH_RECOVERED: details.WatchDetail,
    RUN_MISSING: details.RunDetail,
    RUN_ARRIVED: details.RunDetail,
    JOB_ALERT: details.Alerts,
}
"""What is in the `detail` of each detail type."""
_ENVELOPE: Mapping[str, Mapping[str, Any]] = {
    "version": {"description": "Of EventBridge's own format.", "type": "string"},
    "id": {"description": "EventBridge's own; a repeat has another one.", "type": "string"},
    "detail-type": {},
    "source": {},
    "account": {"description": "The account of the stack.", "type": "string"},
    "time": {"description": "As observed_at.", "type": "string", "format": "date-time"},
    "region": {"description": "The region of the stack.", "type": "string"},
    "resources": {
        "description": "The job's ARN, if it has one.",
        "type": "array",
        "items": {"type": "string"},
    },
}
"""What EventBridge puts around a detail."""

Json = dict[str, Any]


def schema(detail_type: str) -> Json:
    """Give the JSON Schema of what is sent under a detail type."""
    kind = TYPES[detail_type]
    found = _plain(TypeAdapter(kind).json_schema())
    parts = {**found.pop("$defs", {}), kind.__name__: found}
    properties = {
        **({} if detail_type == JOB_ALERT else _ENVELOPE),
        "detail-type": {"const": detail_type},
        "source": {"const": SOURCE},
        "detail": {"$ref": f"#/$defs/{kind.__name__}"},
    }
    return {
        "$schema": DRAFT,
        "title": detail_type.replace(" ", ""),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "$defs": {name: _described(name, part) for name, part in sorted(parts.items())},
    }


def _plain(part: Any, *, is_names: bool = False) -> Any:
    """Leave out what pydantic calls each field."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _plain(each, is_names=key in ("properties", "$defs") and not is_names)
        for key, each in part.items()
        if is_names or key != "title"
    }


def _described(name: str, part: Json) -> Json:
    """Say of each field of a type what it is, and of times, by their names, that they are."""
    fields = {
        field: {**_timed(field, about), **_said(name, field)}
        for field, about in part["properties"].items()
    }
    return {**part, "description": " ".join(part["description"].split()), "properties": fields}


def _timed(field: str, about: Json) -> Json:
    if not re.search(r"_at$|^since$", field):
        return about
    if "anyOf" in about:
        return {**about, "anyOf": [_timed(field, each) for each in about["anyOf"]]}
    return {**about, "format": "date-time"} if about["type"] == "string" else about


def _said(name: str, field: str) -> Json:
    text = _texts()[name].get(field)
    return {"description": text} if text else {}


@cache
def _texts() -> dict[str, dict[str, str]]:
    """Give the line below each field of each type, also of those that it has of others."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(details)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [found.get(ast.unparse(base), {}) for base in node.bases]
        found[node.name] = {field: text for base in bases for field, text in base.items()}
        for field, below in pairwise(node.body):
            if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
                text = inspect.cleandoc(ast.literal_eval(below.value))
                found[node.name][ast.unparse(field.target)] = " ".join(text.split())
    return found
