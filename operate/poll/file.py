"""The file in which a poll remembers what it saw: `--remember FILE`.

It is JSON, for its owner's eyes only, and is written whole or not at all::

    {"format": "jobwatch poll", "version": 1, "saved_at": "2026-11-22T10:00:00Z", "items": [{…}]}

The items are those of the table, as DynamoDB's API writes them, their bytes in base64.
"""

import base64
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lambdas.times import iso, read_time
from operate.poll.table import Item
from operate.trouble import Trouble

FORMAT, VERSION = "jobwatch poll", 1
QUIET = "remove it, or name another: the next poll is a first look then, and tells nothing"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a file has: the items of the table, and when they were written."""

    saved_at: datetime
    items: tuple[Item, ...]


def read(path: Path, now: datetime) -> Remembered | None:
    """Read what was remembered and is not to be forgotten by now; None where there is no file.

    :raises Trouble: when it is damaged, of another version, or none of ours.
    :raises OSError: when it can't be read, or nothing could be written there once all is polled.
    """
    with _named(path):
        tempfile.TemporaryFile(dir=path.resolve().parent).close()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ValueError(FORMAT)  # noqa: TRY301  as whatever else is none of ours
        if document["version"] != VERSION:
            raise Trouble(
                f"{path}: another version of Jobwatch wrote it ({document['version']}, this one "
                f"writes {VERSION}) → {QUIET}"
            )
        saved_at = _time(document["saved_at"])
        items = tuple(_item(each) for each in document["items"])
        known = tuple(each for each in items if not _is_over(each, now))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise Trouble(
            f"{path}: found a file that is damaged or no poll's, expected what `--remember` wrote "
            f"→ {QUIET}"
        ) from None
    return Remembered(saved_at, known)


def write(path: Path, items: Iterable[Item], now: datetime) -> None:
    """Write what is to be remembered; who is stopped amid that leaves the file as it was.

    :raises OSError: when it can't be written.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "saved_at": iso(now),
        "items": [*items],
    }
    path = path.resolve()  # a link stays one
    with _named(path):
        _replace(path, document)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file where something is wrong: of a full disk none is named, else one of ours."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, document: Mapping[str, Any]) -> None:
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  it is open already
            json.dump(document, file, default=_base64, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _item(stored: Mapping[str, Mapping[str, Any]]) -> Item:
    """Read an item; what its values mean is the store's to say, which takes none at its word."""
    item = {name: _value(value) for name, value in stored.items()}
    for key in ("pk", "sk"):
        _text(item[key]["S"])
    return item


def _value(stored: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, value),) = stored.items()
    return {kind: _KINDS[kind](value)}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # which is where half a character shows
    return value


def _time(value: Any) -> datetime:
    found = read_time(_text(value))
    if found is None:
        raise ValueError(value)
    return found


def _number(value: Any) -> str:
    float(_text(value))
    return str(value)


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "S": _text,
    "N": _number,
    "B": lambda value: base64.b64decode(_text(value), validate=True),
    "BOOL": bool,
}


def _is_over(item: Item, now: datetime) -> bool:
    """Tell whether DynamoDB would have forgotten an item."""
    ends = read_time(float(item["expires_at"]["N"])) if "expires_at" in item else None
    return ends is not None and ends < now
