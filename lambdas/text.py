"""What may leave the account's API: short, readable, valid JSON, and without secrets.

The bounds of everything that travels stand here; each is in bytes of UTF-8, as JSON is sent. They
keep an event below 64,000 bytes, a fourth of what EventBridge and SNS take.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lambdas.times import iso
from lambdas.withheld import LOOKED_AT, WITHHELD, is_secret_name, withhold

LONGEST_TEXT = 1_024
"""Of any text, unless the next ones say otherwise: as long as a key in S3 may be."""
LONGEST_MESSAGE = 2_000
"""Of a failure's message."""
LONGEST_STATUS = 200
"""Of a status as the service writes it."""
LONGEST_LINK = 4_096
"""Of the link to the console: one that is longer is left out."""
LARGEST_PART = 16_000
"""Of a failure's details, and of a job's, as JSON; marks of what was cut come on top."""
MOST_ITEMS = 20
"""Items of a list; the last one then says how many more there are."""
DEEPEST = 10
"""Levels of lists and objects inside each other."""
LARGEST_NUMBER = 2**63 - 1

CUT = "…"
_MORE = re.compile(rf"{CUT} (\d{{1,9}}) more")
_UNWRITABLE = re.compile(r"[\ud800-\udfff]")
_UNREADABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]"  # control characters
    r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # what turns the direction of a text
    r"|[\xad\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]"  # what nobody sees
    r"|(?<![^\x00-\u024f])[\u200c\u200d]"  # joiners, but in scripts and emoji that need them
)
_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]")


def clean(value: Any, longest: int = LONGEST_TEXT, deepest: int = DEEPEST) -> Any:
    """Make a value fit to travel: JSON types, secrets withheld, texts and lists cut and marked."""
    if not isinstance(value, Mapping | list | tuple):
        return _leaf(value, longest)
    if not deepest:
        return CUT
    if isinstance(value, Mapping):
        return {one_line(str(k)): _member(str(k), v, longest, deepest) for k, v in value.items()}
    cleaned = [_item(item, longest, deepest - 1) for item in value[:MOST_ITEMS]]
    return cleaned + _more(len(value) - len(cleaned))


def one_line(text: str, longest: int = LONGEST_TEXT) -> str:
    """Make a text fit to travel that must stay one line, such as an id, a name or a type."""
    return str(clean(_BREAKS.sub("\ufffd", text[: LOOKED_AT + 1]), longest))


def fitting(items: Sequence[Any], room: int) -> list[Any]:
    """Clean the first items, as many as take `room` bytes of JSON; the last counts the rest."""
    cleaned: list[Any] = []
    for item in map(_item, items[:MOST_ITEMS]):
        room -= size(item)
        if room < 0:
            break
        cleaned.append(item)
    return cleaned + _more(len(items) - len(cleaned))


def counted(items: Sequence[Any]) -> int:
    """Tell how many items a list had before `clean` or `fitting` cut it."""
    more = _MORE.fullmatch(items[-1]) if items and isinstance(items[-1], str) else None
    return len(items) - 1 + int(more[1]) if more else len(items)


def write_json(value: Any) -> str:
    """Write JSON as it travels; raises ValueError for NaN, which is not JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def size(value: Any) -> int:
    """Count the bytes of a value as it travels."""
    return len(write_json(value).encode())


def cut(text: str, longest: int) -> str:
    """Shorten a text to `longest` bytes, and show that it was."""
    whole = text.encode()
    if len(whole) <= longest:
        return text
    return whole[: max(0, longest - len(CUT.encode()))].decode(errors="ignore") + CUT


def is_whole(text: str) -> bool:
    """Tell whether a text that travels says all that it did: others may have come to the same."""
    return not (WITHHELD in text or "\ufffd" in text or text.endswith(CUT))


def readable(text: str) -> str:
    """Replace what can't be seen or written: control characters, turned directions, halves."""
    return _UNREADABLE.sub("\ufffd", writable(text))


def writable(text: str) -> str:
    """Replace the halves of characters that a service cut in two: no UTF-8 can hold them."""
    return text if text.isascii() else _UNWRITABLE.sub("\ufffd", text)


def _leaf(value: Any, longest: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, bytes | bytearray):
        return WITHHELD
    # No more is looked at, however long it is: a character more lets it be cut.
    text = readable(str(value)[: LOOKED_AT + 1])
    return cut(withhold(text, min(LOOKED_AT, 2 * longest)), longest)


def _number(value: float) -> float | None:
    """Give a number; None for NaN, the infinities, and whole numbers that no 64 bits hold."""
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_NUMBER else None
    return value if math.isfinite(value) else None


def _member(name: str, value: Any, longest: int, deepest: int) -> Any:
    return WITHHELD if is_secret_name(name) else clean(value, longest, deepest - 1)


def _item(value: Any, longest: int = LONGEST_TEXT, deepest: int = DEEPEST) -> Any:
    """Clean what is in a list: a text that looks like our own count of the rest is marked."""
    item = clean(value, longest, deepest)
    return CUT + item if isinstance(item, str) and _MORE.fullmatch(item) else item


def _more(count: int) -> list[str]:
    return [f"{CUT} {count} more"] if count else []
