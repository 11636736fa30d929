"""Mistakes that a person can act on: where, what was found, what was expected, what was meant."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.legible import without_commands

Key = tuple[str | int, ...]
"""Where a value stands: the keys and list positions that lead to it."""

MOST_TOLD = 1_000
_LONGEST_SHOWN = 60
_MOST_LISTED = 20
_LONGEST_MEANT = 200
"""Characters of a word that may be another one misspelt; a longer one takes long to compare."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a file; its `str` is one line that says what to do about it."""

    file: str
    line: int
    key: str
    found: str
    expected: str
    nearest: str | None = None

    def __str__(self) -> str:
        """Write the mistake as one line."""
        place = f"{self.file}:{self.line}: " + (f"{self.key}: " if self.key else "")
        hint = f"; did you mean {plain(self.nearest)}?" if self.nearest else ""
        line = f"{place}found {self.found}, expected {self.expected}{hint}"
        # Whatever else a user wrote, it stays one line, of which a build that checks does nothing.
        told = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
        return without_commands(told)


class Mistakes(Exception):
    """Everything that is wrong, in the order of the files' lines; of very many, the last counts."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        every = sorted(set(mistakes), key=lambda m: (m.file, m.line, str(m)))
        told, rest = every[:MOST_TOLD], every[MOST_TOLD:]
        if rest:
            found = f"{len(rest):,} more mistakes from here on"
            told.append(Mistake(rest[0].file, rest[0].line, "", found, "none"))
        self.mistakes = tuple(told)
        super().__init__("\n".join(map(str, self.mistakes)))


class InvalidValueError(Exception):
    """A value that is not what it should be, told by code that does not know its place."""

    def __init__(self, found: str, expected: str, among: Iterable[str] = ()) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.found, self.expected, self.among = found, expected, tuple(among)


def dotted(key: Key) -> str:
    """Write a key as people do: `watches.imports.regions[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{_plain(part)}" for part in key)
    return "".join(parts).removeprefix(".")


def shown(value: Any) -> str:
    """Show a value that was found, in one short line."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a group of keys" if value else "an empty group"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return json.dumps(shortened(str(value)), ensure_ascii=not str(value).isprintable())


def unless_among(word: str, words: Iterable[str]) -> Iterator[InvalidValueError]:
    """Find fault with a word that is not one of the right ones."""
    right = tuple(words)
    if word not in right:
        yield InvalidValueError(shown(word), one_of(right), right)


def one_of(words: Iterable[str]) -> str:
    """Write what may stand here: `one of A, B`. The words may be a user's own, so anything."""
    listed = [plain(word) for word in words]
    more = len(listed) - _MOST_LISTED
    listed[_MOST_LISTED:] = [f"… ({more} more)"] if more > 0 else []
    return ("one of " if listed[1:] else "") + (", ".join(listed) or "nothing")


def plain(word: str) -> str:
    """Write a right word as it is, or in quotes where it could not be told from what is around."""
    return word if word and word.isprintable() and word == word.strip() else shown(word)


def nearest_word(word: str, words: Iterable[str]) -> str | None:
    """Find the word that was probably meant, whatever its case.

    It begins with the same letter or has a word in common, as GetJob and FetchJob do: what is only
    made of much the same letters was not meant.
    """
    if len(word) > _LONGEST_MEANT:
        return None
    begins, parts = word[:1].lower(), _parts(word)
    alike = {e.lower(): e for e in words if e[:1].lower() == begins or parts & _parts(e)}
    close = difflib.get_close_matches(word.lower(), alike, n=1, cutoff=0.6)
    return alike[close[0]] if close else None


def _parts(word: str) -> set[str]:
    return {part.lower() for part in re.findall("[A-Z]?[a-z]+|[A-Z]+|[0-9]+", word)}


def _plain(name: str) -> str:
    return shortened(name) if name == plain(name) else plain(name)


def shortened(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """Cut a text, and show that it was."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
