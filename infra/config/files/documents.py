"""YAML whose every value knows its line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import ReaderError

from infra.config.files.mistakes import (
    InvalidValueError,
    Key,
    Mistake,
    dotted,
    nearest_word,
    shortened,
)
from infra.config.files.nodes import Loader, QuickLoader, TooMuchError, Walk, line_of

LARGEST = 2_000_000
"""Bytes of a file: more than the largest that there can be, and read in seconds."""
_LONGEST_SAID = 200
_NO_CHARACTER = re.compile(r"\\U(?!0010|000)[0-9A-Fa-f]{8}")
"""An escape that YAML's reader takes for a character, and that is beyond the last one."""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as dicts, lists, None and the scalars as they were written.

    A scalar stays the text that it is in the file: YAML would read the key `on` as true and the
    id 0123 as 83. A file that can't be read has no `lines`, only `mistakes`; one with, say, a
    duplicate key has both.
    """

    file: str
    content: Any = None
    lines: Mapping[Key, int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def line(self, key: Key) -> int:
        """Tell the line of a key, or of the nearest one above it that the file has."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def mistake(
        self,
        key: Key,
        found: str,
        expected: str,
        among: Iterable[str] = (),
        nearest: str | None = None,
    ) -> Mistake:
        """Say that the value at `key` is not what was expected; `among` are the right words."""
        nearest = nearest or nearest_word(found.strip('"'), among)
        return Mistake(self.file, self.line(key), dotted(key), found, expected, nearest)

    def invalid(self, key: Key, error: InvalidValueError) -> Mistake:
        """Say what is wrong with the value at `key`."""
        return self.mistake(key, error.found, error.expected, error.among)


def read_document(path: Path, *, quick: bool = False) -> Document:
    """Read a YAML file; what is wrong with it is in the document's `mistakes`.

    With `quick`, by a reader of which the errors say less: where it has one, the other reads, too.
    """
    file = from_here(path)
    try:
        with path.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return _unreadable(file, 1, f"no readable file ({reason})", "a YAML file")
    if len(raw) > LARGEST:
        return _unreadable(file, 1, "too many bytes", f"at most {LARGEST:,} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable(file, line, "bytes that are not UTF-8", "text in UTF-8")
    return parse_document(file, text, quick=quick)


def from_here(path: Path) -> str:
    """Name a file as who calls finds it: from the folder that they are in, if it is in there."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def parse_document(file: str, text: str, *, quick: bool = False) -> Document:
    """Read YAML that stands in no file, or was read from one; mistakes name it `file`."""
    try:
        node = _quickly(text) if quick else None
        node = node or yaml.compose(text, Loader=Loader)
        if node is None:
            return _unreadable(file, 1, "an empty file", "a group of keys")
        walk = Walk(file)
        return Document(file, walk.value(node, ()), walk.lines, tuple(walk.mistakes))
    except TooMuchError as error:
        return _unreadable(file, error.line, error.found, f"at most {error.most}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        parts = (error.context, error.problem)
        said = ", ".join(shortened(part, _LONGEST_SAID) for part in parts if part)
        stars = ": what begins with * stands in quotes" if " alias" in said else ""
        return _unreadable(file, line_of(mark), f"broken YAML ({said})", f"valid YAML{stars}")
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return _unreadable(file, line, "a control character", "text")
    except (ValueError, OverflowError):
        found = _NO_CHARACTER.search(text)
        line = text.count("\n", 0, found.start() if found else 0) + 1
        return _unreadable(file, line, "an escape that stands for no character", "text")


def _quickly(text: str) -> yaml.Node | None:
    try:
        found: yaml.Node | None = yaml.compose(text, Loader=QuickLoader)
    except (yaml.YAMLError, TooMuchError, ValueError, OverflowError):
        return None
    return found


def _unreadable(file: str, line: int, found: str, expected: str) -> Document:
    return Document(file, mistakes=(Mistake(file, line, "", found, expected),))
