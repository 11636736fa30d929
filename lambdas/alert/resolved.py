"""Alerts of what is over, as they read in an inbox.

Pure functions of event details, of what was open, and since when.
"""

from collections.abc import Sequence

from lambdas.alert.message import Detail
from lambdas.alert.phrases import (
    LINK,
    called,
    how_far,
    id_of,
    jobs_of,
    kind_of,
    lines_of,
    link_of,
    many,
    place_of,
    readable,
    title,
    together,
    when,
    where,
)
from lambdas.alert.status import OVERRUNNING, STALLED
from lambdas.durations import took
from lambdas.model import MISSING_STATUS, TERMINAL, UNREACHABLE_STATUS
from lambdas.times import read_time

RESOLVED = "RESOLVED"


def resolved_title(label: str, details: Sequence[Detail], was: Sequence[str]) -> str:
    """Write a title such as `RESOLVED: SES import job contacts of May (contact-imports)`.

    `was` are the statuses that are over, one for each detail.
    """
    first, watch = details[0], details[0]["watch"]
    if len(details) > 1:
        end = _by_now(first, was[0]) if "job_id" in first else ""
        return title(RESOLVED, _of_many(label, details, was), watch, end)
    return title(RESOLVED, _of_what(label, first, was[0]), watch, _by_now(first, was[0]))


def resolved_body(
    label: str,
    details: Sequence[Detail],
    was: Sequence[str],
    since: Sequence[str],
    unit: str | None = None,
) -> str:
    """Write the short text of a message: what is over, since when it was so, and for how long.

    `unit` is what the progress of such a job counts.
    """
    texts = (
        lines_of(
            f"{RESOLVED}: {_of_what(label, detail, status)}{_by_now(detail, status)}",
            {
                "Was": f"{status} since {readable(began)} UTC{_for_how_long(began, detail)}",
                "Now": _now(detail, unit),
                "Where": where(detail),
                "When": when(detail) if "job_id" in detail else None,
                LINK: link_of(detail),
            },
        )
        for detail, status, began in zip(details, was, since, strict=False)
    )
    head = f"{_of_many(label, details, was)}: {RESOLVED}"
    return together(head, texts, len(details))


def _of_what(label: str, detail: Detail, was: str) -> str:
    if was == MISSING_STATUS:
        return f"the {kind_of(label, detail)} due {readable(detail['since'])} UTC came after all"
    if was == UNREACHABLE_STATUS:
        return jobs_of(label, detail)
    return f"{_no_more(was)}{label} {called(detail)}"


def _no_more(was: str) -> str:
    """Say what a job is no more, where the job itself need not have gone well."""
    return f"{was.lower()} " if was in (STALLED, OVERRUNNING) else ""


def _by_now(detail: Detail, was: str) -> str:
    if was == UNREACHABLE_STATUS:
        return f"{place_of(detail)} can be read"
    return f", now {detail['status']}" if _no_more(was) else ""


def _of_many(label: str, details: Sequence[Detail], was: Sequence[str]) -> str:
    if was[0] == MISSING_STATUS:
        return f"{len(details)} runs"
    return (
        f"{many(label)} in {len(details)} places"
        if was[0] == UNREACHABLE_STATUS
        else f"{len(details)} {_no_more(was[0])}{many(label)}"
    )


def _now(detail: Detail, unit: str | None) -> str | None:
    if "job_id" not in detail:
        return None
    far = how_far(detail["progress"], unit, failed=False)
    moves = f", {far}" if far and detail["status"] not in TERMINAL else ""
    return f"{detail['status']}{moves} (id {id_of(detail)})"


def _for_how_long(since: str, detail: Detail) -> str:
    began, over = read_time(since), read_time(detail["observed_at"])
    if began is None or over is None or over < began:
        return ""
    return f", for {took((over - began).total_seconds())}"
