"""What may leave the account's API: short, readable, and without secrets."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas.times import iso

LONGEST_TEXT = 1_000
LONGEST_LIST = 20
_LOOKED_AT = 4_000
"""Characters of a text that are looked at, so that no text takes long."""

_WITHHELD = "[withheld]"
_SLASHES = r"(?::|%(?:25)*3A)(?:\\*/|%(?:25)*2F){2}"
"""The `://` of a URL, also inside JSON or another URL, where it is escaped."""
_USERS = re.compile(rf"(\b[a-z][a-z0-9+.-]{{0,20}}{_SLASHES})[^\s/@?#'\"<>]+@", re.IGNORECASE)
_QUERIES = re.compile(
    rf"(https?{_SLASHES}[^\s?#'\"<>]*?)(?:[?#]|%(?:25)*(?:3F|23)|\\u003f)[^\s'\"<>]*", re.IGNORECASE
)
_NAME = (
    r"[\w-]{0,32}?(?:signature|authorization|cookie|credentials?|passwd|password|passphrase|"
    r"pwd|secret|(?:api|access|account|private|secret|shared)[_-]?key(?:[_-]?id)?|"
    r"(?:access|auth|bearer|client|id|refresh|security|session)[_-]?token|X-Amz-[\w-]{1,32})"
    r"(?:s|\d{1,4}|id|string|text|value)?(?:[_-][\w-]{0,32})?"
)
_IS = r"\\*[\"']?\s*(?:[=:]|%(?:25)*3D|\\u003d)\s*"
_VALUE = r"(?:(\\*[\"'])[\s\S]*?(?:(?<!\\)\2|\Z)|[^\s&\"',;]+)"
_NAMED = re.compile(rf"(?<![A-Za-z0-9])({_NAME}{_IS}){_VALUE}", re.IGNORECASE)
_HEADERS = re.compile(r"((?:authorization|cookie)\s*[:=]\s*)[^\r\n]+", re.IGNORECASE)
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_SHAPES = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}"  # the ids of access keys
    r"|\b(?:FQoG|FwoG|IQoJ)[\w+/=%-]{40,}"  # session tokens
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON web tokens
    r"|\b(?:[Bb]asic|[Bb]earer)\s+[\w+/=.~-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*-----|\Z)",
    re.DOTALL,
)
_UNWRITABLE = re.compile(r"[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def clean(value: Any, longest: int = LONGEST_TEXT) -> Any:
    """Make a value fit to travel: JSON types, secrets withheld, texts and lists cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {
            str(key): _WITHHELD if _SECRET_NAME.fullmatch(str(key)) else clean(item, longest)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [clean(item, longest) for item in value[:LONGEST_LIST]]
    if isinstance(value, bytes | bytearray):
        return _WITHHELD
    return cut(withhold(_CONTROLS.sub("\ufffd", writable(str(value)))), longest)


def withhold(text: str) -> str:
    """Take out what would let a reader act as someone: signed URLs' queries, keys, passwords."""
    if len(text) > _LOOKED_AT:
        # Not in the middle of a word: the half of a secret is not recognized as one.
        text = text[:_LOOKED_AT].rsplit(maxsplit=1)[0] + "…"
    text = _USERS.sub(r"\1", text)
    text = _QUERIES.sub(rf"\1?{_WITHHELD}", text)
    text = _HEADERS.sub(rf"\1{_WITHHELD}", text)
    text = _NAMED.sub(rf"\1\2{_WITHHELD}\2", text)
    return _SHAPES.sub(_WITHHELD, text)


def writable(text: str) -> str:
    """Replace the halves of characters that a service cut in two: no UTF-8 can hold them."""
    return text if text.isascii() else _UNWRITABLE.sub("\ufffd", text)


def cut(text: str, longest: int) -> str:
    """Shorten a text to `longest` characters, and show that it was."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
