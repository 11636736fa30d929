"""How times, durations and statuses read, and how a stranger's text is made safe."""

import textwrap
from datetime import UTC, datetime

from rich.text import Text

from lambdas.durations import took
from lambdas.model import PENDING, RUNNING, UNKNOWN
from lambdas.store.remembered import Remembered
from lambdas.unlinked import for_people

COLOURS = {
    "PENDING": "blue",
    "RUNNING": "cyan",
    "SUCCEEDED": "green",
    "PARTIAL": "yellow",
    "FAILED": "red",
    "CANCELLED": "magenta",
    "UNKNOWN": "magenta",
}
STATUSES = tuple(COLOURS)
UNFINISHED = (PENDING, RUNNING)
OPEN = (*UNFINISHED, UNKNOWN)
"""What a job is in that has not ended; of UNKNOWN ones, those that are gone have."""
FAILED = ("FAILED", "PARTIAL")
JUST_NOW = 90
"""Seconds: a metric tells no more than the minute."""
LONGEST = 200
"""Characters of a stranger's text in a table."""


def is_unfinished(job: Remembered) -> bool:
    """Tell whether a job has not ended."""
    return not job.detail["terminal"]


def coloured(status: str) -> Text:
    """Write a status in its colour."""
    return Text(status, style=COLOURS.get(status, ""))


def safe(text: object) -> str:
    """Make a stranger's text such as a terminal shows it, and nobody clicks; not too long."""
    told = for_people(str(text)[: 2 * LONGEST])
    return told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"


def wrapped(text: str, width: int, indent: int) -> Text:
    """Break a line that is too long, further lines by an indent; what is to be copied is whole."""
    lines = textwrap.wrap(
        text,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
    return Text("\n".join(lines))


def at(moment: datetime, *, seconds: bool = False) -> str:
    """Write a time in UTC as people do: `2026-11-22 02:14`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M" + (":%S" if seconds else ""))


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago a time was, by its largest unit."""
    seconds = (now - moment).total_seconds()
    return "just now" if seconds < JUST_NOW else f"{took(seconds, parts=1)} ago"


def why(job: Remembered) -> str:
    """Say why a job failed, as the service says it."""
    failure = job.detail.get("failure") or {}
    parts = (failure.get("code"), failure.get("message"))
    return ": ".join(safe(part) for part in parts if part)
