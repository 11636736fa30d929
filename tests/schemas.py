"""The schemas of docs/schemas: what an event breaks of its own, and a new schema of an old one."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "schemas"
RELEASED = ROOT / "tests" / "data" / "schemas"
"""Those of version 1 of the format, as they were released."""
ALERT = "Job Alert"
GROWS = "More kinds may come"
"""What the description of a list says to which kinds may be added."""
NESTED = {"anyOf", "items"}
SAYS_NOTHING = ("description", "title", "$schema", "$defs")

Json = Mapping[str, Any]
FORMATS = FormatChecker(())


@FORMATS.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    """As the documents say: whole seconds in UTC, with a Z."""
    return not isinstance(value, str) or bool(datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z"))


def read(detail_type: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Read the schema of a detail type."""
    file = folder / f"{detail_type.lower().replace(' ', '-')}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def faults(event: Json) -> list[str]:
    """Hold an event, or the JSON of alerts, against its schema; what it does not name is one."""
    return _faults(event["detail-type"], _whole_event(event["detail-type"]), event)


def faults_within(detail_type: str, detail: Json) -> list[str]:
    """Hold a detail alone against its schema; a field's value that was held before, not again."""
    validator, fields = _of_detail(detail_type)
    found = _faults(detail_type, validator, detail)
    for name in fields.keys() & detail.keys():
        found += _faults_of(detail_type, name, json.dumps(detail[name]))
    return found


@cache
def _faults_of(detail_type: str, field: str, value: str) -> list[str]:
    validator = _of_detail(detail_type)[1][field]
    return _faults(f"{detail_type}: {field}", validator, json.loads(value))


def _faults(what: str, validator: Draft202012Validator, value: Any) -> list[str]:
    return [f"{what}: {each.json_path}: {each.message}" for each in validator.iter_errors(value)]


@cache
def _whole_event(detail_type: str) -> Draft202012Validator:
    schema = _closed(read(detail_type))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FORMATS)


@cache
def _of_detail(
    detail_type: str,
) -> tuple[Draft202012Validator, dict[str, Draft202012Validator]]:
    """Give what a detail is held against but for its fields' values, and what each of those is."""
    whole = _whole_event(detail_type).schema
    shared = {"$defs": whole["$defs"]}
    detail = shared["$defs"][whole["properties"]["detail"]["$ref"].removeprefix("#/$defs/")]
    any_values = {**detail, "properties": dict.fromkeys(detail["properties"], True)}

    def validator(part: Json) -> Draft202012Validator:
        return Draft202012Validator({**shared, **part}, format_checker=FORMATS)

    fields = {name: validator(part) for name, part in detail["properties"].items()}
    return validator(any_values), fields


def _closed(part: Any) -> Any:
    """Let objects have no other fields than those that are named."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {"additionalProperties": False} if isinstance(part.get("required"), list) else {}
    return {**{name: _closed(each) for name, each in part.items()}, **closed}


def breaks(before: Json, after: Json) -> list[str]:
    """Say what of one schema another takes away from who reads events by the first."""
    return [*_breaks(_whole(before, before), _whole(after, after), "$")]


def _whole(part: Any, schema: Json) -> Any:
    """Put in what stands elsewhere, and leave out what only people read."""
    if isinstance(part, list):
        return [_whole(each, schema) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        return _whole({**schema["$defs"][name], "description": ""}, schema)
    grows = {"grows": True} if GROWS in str(part.get("description")) else {}
    said = {key: each for key, each in part.items() if key not in SAYS_NOTHING}
    if "properties" in said:
        named = {key: _whole(each, schema) for key, each in said.pop("properties").items()}
        return {**{key: _whole(each, schema) for key, each in said.items()}, "properties": named}
    return {**{key: _whole(each, schema) for key, each in said.items()}, **grows}


def _breaks(before: Json, after: Json, at: str) -> Iterator[str]:
    yield from _breaks_fields(before, after, at)
    if before.keys() & NESTED != after.keys() & NESTED:
        yield f"{at} is of another type"
    elif "anyOf" in before:
        yield from _breaks_any(before, after, at)
    elif "items" in before:
        grows = {"grows": before.get("grows")}
        yield from _breaks({**before["items"], **grows}, after["items"], f"{at}[]")
    for key in (before.keys() | after.keys()) - {"properties", "required", "grows", *NESTED}:
        if before.get(key) != after.get(key):
            yield f"{at}: {key} was {before.get(key)} and is {after.get(key)}"


def _breaks_fields(before: Json, after: Json, at: str) -> Iterator[str]:
    fields = after.get("properties", {})
    for name, part in before.get("properties", {}).items():
        if name in fields:
            yield from _breaks(part, fields[name], f"{at}.{name}")
        else:
            yield f"{at}.{name} is gone"
    for name in before.get("required", ()):
        if name not in after.get("required", ()):
            yield f"{at}.{name} may be missing"


def _breaks_any(before: Json, after: Json, at: str) -> Iterator[str]:
    left = list(after["anyOf"])
    for each in before["anyOf"]:
        same = next((other for other in left if not [*_breaks(each, other, at)]), None)
        if same is None:
            yield f"{at} is not what it could be any more"
        else:
            left.remove(same)
    if left and not before.get("grows"):
        yield f"{at} may be something else"
