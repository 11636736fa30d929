"""Walks over the nodes of a YAML text: values as they were written, lines, and mistakes."""

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.composer import Composer

from infra.config.files.mistakes import Key, Mistake, dotted, shortened, shown

DEEPEST = 30
MOST_VALUES = 100_000
"""Of a file, keys included; what stands behind an alias counts as if it were written out."""
LONGEST_VALUE = 10_000
_NULL, _MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"
_PLAIN_TAGS = "tag:yaml.org,2002:"


class TooMuchError(Exception):
    """A text that would take all of the stack, the memory or the day; its line, and what it has."""

    def __init__(self, mark: Any, found: str, most: str) -> None:
        super().__init__(found)
        self.line, self.found, self.most = line_of(mark), found, most


class _Bounded(Composer):
    """Composes nodes, and raises TooMuchError instead of more than there may be."""

    _depth = _values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose the next node, and all that is in it."""
        event = self.peek_event()  # type: ignore[attr-defined]  # the parser beside it has it
        deeper = isinstance(event, yaml.CollectionStartEvent)
        self._depth += deeper
        self._values += 1
        if self._depth > DEEPEST:
            raise TooMuchError(event.start_mark, "too many levels", f"{DEEPEST} levels")
        _check_values(self._values, event.start_mark)
        _check_length(event)
        node = super().compose_node(parent, index)
        self._depth -= deeper
        return node


class Loader(_Bounded, yaml.SafeLoader):
    """Reads a text that a user wrote: its errors say the most."""


class QuickLoader(_Bounded, yaml.CSafeLoader):
    """Reads a text four times as quickly, with libyaml."""

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)


def _check_length(event: Any) -> None:
    if isinstance(event, yaml.ScalarEvent) and len(event.value) > LONGEST_VALUE:
        found, most = f"a value of {len(event.value):,} characters", f"{LONGEST_VALUE:,}"
        raise TooMuchError(event.start_mark, found, most)


def _check_values(values: int, mark: Any) -> None:
    if values > MOST_VALUES:
        raise TooMuchError(mark, "too many values", f"{MOST_VALUES:,} values, also behind aliases")


def line_of(mark: Any) -> int:
    """Give the line of one of YAML's marks; the first where there is none."""
    return 1 if mark is None else int(mark.line) + 1


class Walk:
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
        self._visited += 1
        _check_values(self._visited, node.start_mark)
        if not node.tag.startswith(_PLAIN_TAGS):
            tag = shortened(node.tag)
            self._wrong(node, key, f"the tag {tag}", "a value without a tag")
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL else node.value
        if any(node is above for above in self._above):
            line = self.lines[key]  # of the alias: the node's own is where it is named
            return self._tell(line, key, "an alias of what it stands in", "a value")
        if len(key) > DEEPEST:  # aliases of aliases
            raise TooMuchError(node.start_mark, "too many levels", f"{DEEPEST} levels")
        self._above.append(node)
        if isinstance(node, yaml.MappingNode):
            value: Any = dict(self._items(node, key))
        else:
            value = [self.value(item, (*key, at)) for at, item in enumerate(node.value)]
        self._above.pop()
        return value

    def _items(self, node: yaml.MappingNode, key: Key) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        merged: dict[str, Any] = {}
        for name_node, value_node in node.value:
            self._visited += 1
            line = name_node.start_mark.line + 1
            if not isinstance(name_node, yaml.ScalarNode):
                self._wrong(name_node, key, "a key of several values", "a plain key")
                continue
            name = name_node.value
            if name_node.tag == _MERGE:
                self._wrong(name_node, (*key, name), f"the merge key {name}", "each key by itself")
                merged |= self._merged(value_node, (*key, name))
                continue
            if name in first:
                expected = f"each key once (it is in line {first[name]} too)"
                self._wrong(name_node, (*key, name), f"{shown(name)} again", expected)
                continue
            first[name] = line
            self.lines[(*key, name)] = line
            yield name, self.value(value_node, (*key, name))
        yield from ((name, value) for name, value in merged.items() if name not in first)

    def _merged(self, node: yaml.Node, key: Key) -> dict[str, Any]:
        """Give what was meant to be merged: it is not missing, too."""
        found = self.value(node, key)
        several = reversed(found) if isinstance(found, list) else [found]
        return {k: v for each in several if isinstance(each, dict) for k, v in each.items()}

    def _wrong(self, node: yaml.Node, key: Key, found: str, expected: str) -> None:
        self._tell(node.start_mark.line + 1, key, found, expected)

    def _tell(self, line: int, key: Key, found: str, expected: str) -> None:
        self.mistakes.append(Mistake(self._file, line, dotted(key), found, expected))
