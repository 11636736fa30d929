"""What may leave the account's API: short, readable, and without secrets."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST_TEXT = 1_000
LONGEST_LIST = 20

_URL_USERS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@?#'\"<>]*@", re.IGNORECASE)
_URL_QUERIES = re.compile(r"(\bhttps?://[^\s?#'\"<>]*)[?#][^\s'\"<>]*", re.IGNORECASE)
_PARAMETERS = re.compile(
    r"\b(X-Amz-[A-Za-z-]+|AWSAccessKeyId|Signature|x-api-key|api[_-]?key|authorization|password|"
    r"secret(?:[_-]?access[_-]?key)?|session[_-]?token|access[_-]?token)"
    r"(\"?\s*[=:]\s*\"?)(?:Bearer\s+|Basic\s+)?[^\s&\"',;]+",
    re.IGNORECASE,
)
_KEY_IDS = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_WITHHELD = "[withheld]"


def clean(value: Any, longest: int = LONGEST_TEXT) -> Any:
    """Make a value fit to travel: JSON types, secrets withheld, texts and lists cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {str(key): clean(item, longest) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, longest) for item in value[:LONGEST_LIST]]
    if isinstance(value, bytes | bytearray):
        return _WITHHELD
    return cut(withhold(str(value)), longest)


def withhold(text: str) -> str:
    """Take out what would let a reader act as someone: signed URLs' queries, keys, passwords."""
    text = _URL_USERS.sub(r"\1", text)
    text = _URL_QUERIES.sub(rf"\1?{_WITHHELD}", text)
    text = _PARAMETERS.sub(lambda m: m[1] + m[2] + _WITHHELD, text)
    return _KEY_IDS.sub(_WITHHELD, text)


def cut(text: str, longest: int) -> str:
    """Shorten a text to `longest` characters, and show that it was."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def iso(moment: datetime | None) -> str | None:
    """Write a time as the events do: ISO 8601 in UTC, whole seconds, with a Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
