"""What pydantic found wrong, in people's words and with the place in the file."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from infra.config.files.documents import Document
from infra.config.files.mistakes import Key, Mistake, one_of, shown

_KINDS = {
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "model_attributes_type": "a group of keys",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "too_short": "at least one",
    "string_too_short": "text",
    "string_unicode": "text",
}


class Model(BaseModel):
    """A part of a file: no key that is not named, and no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)


def expected(
    words: str, among: Iterable[str] = (), nearest: str | None = None
) -> PydanticCustomError:
    """Make the error that a validator raises: what was expected, and the right words if any."""
    context = {"expected": words, "among": tuple(among), "nearest": nearest}
    return PydanticCustomError("expected", "{expected}", context)


def mistakes_of(
    model: type[BaseModel], error: ValidationError, document: Document, above: Key = ()
) -> Iterator[Mistake]:
    """Turn what pydantic found wrong in the part at `above` into mistakes of the document."""
    schema = model.model_json_schema()
    meant: set[Key] = set()
    for details in sorted(error.errors(include_url=False), key=lambda each: each["type"]):
        kind, place = details["type"], details["loc"]
        if kind == "too_short" and details["input"]:
            continue  # there are items, and each of the wrong ones is a mistake of its own
        if kind == "missing" and place in meant:
            continue  # it is there, but misspelt
        mistake = _mistake(schema, details, document, above)
        if kind == "extra_forbidden" and mistake.nearest:
            meant.add((*place[:-1], mistake.nearest))
        yield mistake


def _mistake(
    schema: Mapping[str, Any], details: ErrorDetails, document: Document, above: Key
) -> Mistake:
    place, kind = details["loc"], details["type"]
    if place and place[-1] == "[key]":
        place = place[:-1]
        if kind == "literal_error":
            return _wrong_key(document, (*above, *place), _names(_part(schema, place[:-1])))
    key = (*above, *place)
    if kind == "extra_forbidden":
        return _wrong_key(document, key, _names(_part(schema, place[:-1])))
    if kind == "expected":
        return document.mistake(key, shown(details["input"]), **details["ctx"])
    return _wrong_value(_part(schema, place), details, document, key)


def _wrong_value(
    part: Mapping[str, Any], details: ErrorDetails, document: Document, key: Key
) -> Mistake:
    found, kind, context = shown(details["input"]), details["type"], details.get("ctx", {})
    if not key and isinstance(details["input"], str):
        found = "a text"  # and no file of ours: where a link leads, it may be somebody's key
    if kind == "missing":
        return document.mistake(key, "nothing", part.get("description", "this key"))
    if kind == "literal_error":
        words = part.get("enum", ())
        return document.mistake(key, found, one_of(words), words)
    if kind == "too_long":
        # Of a group of keys it is not counted how many there are.
        number = context["actual_length"] or len(details["input"])
        found, most = f"{number:,} of them", f"at most {context['max_length']:,}"
        return document.mistake(key, found, most)
    words = _KINDS.get(kind, details["msg"])
    named = words == "a group of keys" and part.get("properties")
    return document.mistake(key, found, f"{words}: {', '.join(named)}" if named else words)


def _wrong_key(document: Document, key: Key, names: tuple[str, ...]) -> Mistake:
    return document.mistake(key, shown(key[-1]), one_of(names), names)


def _names(part: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(part.get("properties", ())) or tuple(part.get("propertyNames", {}).get("enum", ()))


def _part(schema: Mapping[str, Any], place: Key) -> Mapping[str, Any]:
    """Follow a place through a JSON Schema; what it does not describe is an empty schema."""
    part: Mapping[str, Any] = schema
    for step in place:
        part = _inner(_plain(schema, part), step)
    return _plain(schema, part)


def _inner(part: Mapping[str, Any], step: str | int) -> Mapping[str, Any]:
    if isinstance(step, int):
        return part.get("items") or {}
    known = part.get("properties", {}).get(step)
    others = (*part.get("patternProperties", {}).values(), part.get("additionalProperties"))
    return known or next((other for other in others if isinstance(other, Mapping)), {})


def _plain(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references, and take the first choice where one of several may stand."""
    while True:
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            part = {**schema["$defs"][name], **{k: v for k, v in part.items() if k != "$ref"}}
        elif "anyOf" in part:
            part = {**part["anyOf"][0], **{k: v for k, v in part.items() if k != "anyOf"}}
        else:
            return part
