"""An event in a line, as a terminal shows it: when, what became of whom, and why."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from lambdas.alert.phrases import called, how_far
from lambdas.durations import took
from lambdas.legible import legible
from lambdas.model import JOB_OVERRUNNING, JOB_STALLED, MISSING_STATUS, UNREACHABLE_STATUS
from lambdas.unlinked import for_people
from operate.remembered import words

STALLED, OVERRUNNING = "STALLED", "OVERRUNNING"
COLOURS: Mapping[str, str] = {
    **words.COLOURS,
    STALLED: "yellow",
    OVERRUNNING: "yellow",
    UNREACHABLE_STATUS: "bold red",
    MISSING_STATUS: "bold red",
    "OK": "green",
}
_INSTEAD = {JOB_STALLED: STALLED, JOB_OVERRUNNING: OVERRUNNING}
"""What an event tells of a job that its status does not."""
LONGEST_STATUS = max(map(len, COLOURS))


def status_of(detail_type: str, detail: Mapping[str, Any]) -> str:
    """Say in a word what an event tells."""
    return _INSTEAD.get(detail_type) or str(detail["status"])


def line(detail_type: str, detail: Mapping[str, Any]) -> Text:
    """Write an event as one line; what strangers wrote in it is legible, and opens nothing."""
    status = status_of(detail_type, detail)
    when = legible(str(detail["observed_at"])).partition("T")[2].removesuffix("Z")
    parts = _of_job(detail) if "job_id" in detail else _of_watch(detail)
    said = ", ".join(for_people(each) for each in parts if each)
    return Text.assemble(
        (f"{when} ", "dim"),
        (f"{legible(status):{LONGEST_STATUS}} ", COLOURS.get(status, "")),
        f"{legible(detail['watch'])}  {said}",
    )


def print_line(screen: Console, text: Text) -> None:
    """Print a line: cut where a terminal ends, whole where it goes to a file or a program."""
    if screen.is_terminal:
        screen.print(text, overflow="ellipsis", no_wrap=True)
    else:
        screen.print(text, soft_wrap=True)


def name_of(detail: Mapping[str, Any]) -> str:
    """Give what tells a job apart at a glance."""
    return for_people(called(detail))


def _of_job(detail: Mapping[str, Any]) -> list[str | None]:
    failure = detail["failure"]
    why = ": ".join(each for each in (failure["code"], failure["message"]) if each)
    lasted = took(detail["duration_seconds"])
    far = how_far(detail["progress"], None, failed=True)
    return [called(detail), lasted and f"took {lasted}", far, why]


def _of_watch(detail: Mapping[str, Any]) -> list[str | None]:
    error, since = detail["error"] or {}, detail["since"]
    why = ": ".join(str(each) for each in (error.get("code"), error.get("message")) if each)
    began = since and f"since {since.replace('T', ' ').removesuffix('Z')} UTC"
    return [detail["source"], detail["account"], detail["region"], began, why]
