"""What a check says: plain values."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How bad it is; only `wrong` makes the command end with exit code 1."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNKNOWN = "could not look"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was found, and what to do about it."""

    mark: Mark
    what: str
    do: str = ""


def ok(what: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(Mark.OK, what)


def warning(what: str, do: str) -> Finding:
    """Say what works, and not as one would want it."""
    return Finding(Mark.WARNING, what, do)


def wrong(what: str, do: str) -> Finding:
    """Say what does not work, or will not once it is deployed."""
    return Finding(Mark.WRONG, what, do)


def unknown(what: str, do: str = "") -> Finding:
    """Say what could not be told."""
    return Finding(Mark.UNKNOWN, what, do)
