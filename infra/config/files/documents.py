"""YAML whose every value knows its line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import ReaderError

from infra.config.mistakes import (
    Key,
    Mistake,
    Mistakes,
    UnfitError,
    dotted,
    nearest_word,
    one_of,
    shown,
    unless_among,
)

__all__ = [
    "Document",
    "Key",
    "Mistake",
    "Mistakes",
    "UnfitError",
    "nearest_word",
    "one_of",
    "read_document",
    "shown",
    "unless_among",
]

DEEPEST = 30
LARGEST = 100_000
_NULL = "tag:yaml.org,2002:null"
_PLAIN_TAGS = "tag:yaml.org,2002:"


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

    def unfit(self, key: Key, error: UnfitError) -> Mistake:
        """Say that the value at `key` is unfit."""
        return self.mistake(key, error.found, error.expected, error.among)


def read_document(path: Path) -> Document:
    """Read a YAML file; what is wrong with it is in the document's `mistakes`."""
    file = _from_here(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return _unreadable(file, 1, f"no readable file ({reason})", "a YAML file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable(file, line, "bytes that are not UTF-8", "text in UTF-8")
    return _parse(file, text)


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _parse(file: str, text: str) -> Document:
    try:
        if line := _too_deep(text):
            return _unreadable(file, line, "too many levels", f"at most {DEEPEST} levels")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return _unreadable(file, 1, "an empty file", "a group of keys")
        walk = _Walk(file)
        return Document(file, walk.value(node, ()), walk.lines, tuple(walk.mistakes))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        return _unreadable(file, _line(mark), f"broken YAML ({said})", "valid YAML")
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return _unreadable(file, line, "a control character", "text")


def _unreadable(file: str, line: int, found: str, expected: str) -> Document:
    return Document(file, mistakes=(Mistake(file, line, "", found, expected),))


def _line(mark: Any) -> int:
    return 1 if mark is None else int(mark.line) + 1


def _too_deep(text: str) -> int | None:
    """Give the line where the nesting is too deep: composing it would exhaust Python's stack."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return _line(event.start_mark)
    return None


class _Walk:
    """One walk over a document's nodes, which gathers lines and mistakes."""

    def __init__(self, file: str) -> None:
        self.lines: dict[Key, int] = {}
        self.mistakes: list[Mistake] = []
        self._file = file
        self._above: list[yaml.Node] = []
        self._visited = 0

    def value(self, node: yaml.Node, key: Key) -> Any:
        """Give the value of a node that stands at `key`."""
        self.lines.setdefault(key, node.start_mark.line + 1)
        if not node.tag.startswith(_PLAIN_TAGS):
            self._wrong(node, key, f"the tag {node.tag}", "a value without a tag")
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL else node.value
        if any(node is above for above in self._above):
            return self._wrong(node, key, "an alias of what it stands in", "a value")
        self._visited += 1
        if len(key) > DEEPEST or self._visited > LARGEST:
            # Aliases of aliases make a short file endless.
            raise yaml.MarkedYAMLError(
                problem="too much behind aliases", problem_mark=node.start_mark
            )
        self._above.append(node)
        if isinstance(node, yaml.MappingNode):
            value: Any = dict(self._items(node, key))
        else:
            value = [self.value(item, (*key, at)) for at, item in enumerate(node.value)]
        self._above.pop()
        return value

    def _items(self, node: yaml.MappingNode, key: Key) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for name_node, value_node in node.value:
            line = name_node.start_mark.line + 1
            if not isinstance(name_node, yaml.ScalarNode):
                self._wrong(name_node, key, "a key of several values", "a plain key")
                continue
            name = name_node.value
            if name in first:
                expected = f"each key once (it is in line {first[name]} too)"
                self._wrong(name_node, (*key, name), f"{shown(name)} again", expected)
                continue
            first[name] = line
            self.lines[(*key, name)] = line
            yield name, self.value(value_node, (*key, name))

    def _wrong(self, node: yaml.Node, key: Key, found: str, expected: str) -> None:
        line = node.start_mark.line + 1
        self.mistakes.append(Mistake(self._file, line, dotted(key), found, expected))
