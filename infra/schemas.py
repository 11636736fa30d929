"""EventBridge's schema registry: the schemas of docs/schemas, for consoles, editors and bindings.

The registry takes OpenAPI 3.0, of which code can be generated there; it has neither `const` nor a
type `null`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import aws_eventschemas as schemas
from constructs import Construct

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"
LARGEST = 100_000
"""Characters of a schema that the registry takes."""
NULL = {"nullable": True, "enum": [None]}

Json = dict[str, Any]


class Schemas(Construct):
    """A registry with the schema of each detail type."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.registry = schemas.CfnRegistry(
            self, "Registry", description="Events and alerts of Jobwatch."
        )
        for file in sorted(FOLDER.glob("*.json")):
            schema = json.loads(file.read_text(encoding="utf-8"))
            schemas.CfnSchema(
                self,
                schema["title"],
                registry_name=self.registry.attr_registry_name,
                schema_name=f"{_const(schema, 'source')}@{schema['title']}",
                type="OpenApi3",
                content=json.dumps(openapi(schema)),
            )


def openapi(schema: Mapping[str, Any]) -> Json:
    """Give a schema as the registry has those of AWS's own events."""
    event = _translated({key: schema[key] for key in ("type", "properties", "required")})
    said = {
        "x-amazon-events-source": _const(schema, "source"),
        "x-amazon-events-detail-type": _const(schema, "detail-type"),
    }
    parts = {name: _translated(part) for name, part in schema["$defs"].items()}
    return {
        "openapi": "3.0.0",
        "info": {"version": "1.0.0", "title": schema["title"]},
        "paths": {},
        "components": {"schemas": {"AWSEvent": {**said, **event}, **parts}},
    }


def _const(schema: Mapping[str, Any], name: str) -> str:
    return str(schema["properties"][name]["const"])


def _translated(part: Any) -> Any:
    """Say of a part what JSON Schema says, in OpenAPI's words."""
    if isinstance(part, list):
        return [_translated(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "properties" in part:
        fields = {name: _translated(each) for name, each in part["properties"].items()}
        return {**part, "properties": fields}
    if "$ref" in part:
        link = {"$ref": part["$ref"].replace("#/$defs/", "#/components/schemas/")}
        return {"allOf": [link], **_said(part)}
    return _any(part) if "anyOf" in part else _plain(part)


def _plain(part: Json) -> Json:
    if "const" in part:
        return {**_said(part), "type": "string", "enum": [part["const"]]}
    if part.get("type") == "null":
        return {**_said(part), **NULL}
    return {key: _translated(each) for key, each in part.items()}


def _any(part: Json) -> Json:
    """Say that a plain value may be null with the value; what is elsewhere cannot be told so.

    Null must be among the words, too, where there are only some.
    """
    some = [_translated(each) for each in part["anyOf"]]
    one, *nothing = some
    if nothing == [NULL] and "type" in one:
        words = {"enum": [*one["enum"], None]} if "enum" in one else {}
        return {**one, **words, **_said(part), "nullable": True}
    return {**_said(part), "anyOf": some}


def _said(part: Json) -> Json:
    return {"description": part["description"]} if "description" in part else {}
