"""Walks over the nodes of a YAML text: values as they were written, lines, and mistakes."""

from collections.abc import Iterator
from typing import Any

import yaml

from infra.config.files.mistakes import Key, Mistake, dotted, shown

DEEPEST = 30
LARGEST = 100_000
_NULL, _MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"
_PLAIN_TAGS = "tag:yaml.org,2002:"


class TooDeepError(Exception):
    """The nesting is too deep in a line: composing more of it would exhaust Python's stack."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class Loader(yaml.SafeLoader):
    """Composes nodes, and raises TooDeepError instead of more levels than there may be."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose the next node, and all that is in it."""
        deeper = self.check_event(yaml.CollectionStartEvent)
        self._depth += deeper
        if self._depth > DEEPEST:
            event = self.peek_event()  # type: ignore[no-untyped-call]  # so in the stubs
            raise TooDeepError(line_of(event.start_mark))
        node = super().compose_node(parent, index)
        self._depth -= deeper
        return node


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
        if not node.tag.startswith(_PLAIN_TAGS):
            self._wrong(node, key, f"the tag {node.tag}", "a value without a tag")
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL else node.value
        if any(node is above for above in self._above):
            line = self.lines[key]  # of the alias: the node's own is where it is named
            return self._tell(line, key, "an alias of what it stands in", "a value")
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
        merged: dict[str, Any] = {}
        for name_node, value_node in node.value:
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
