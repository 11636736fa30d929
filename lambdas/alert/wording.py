"""Alerts of what is open, as they read in an inbox.

Pure functions of event details. A message may tell of several jobs or scopes: it lists as many as
fit and counts all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.alert.about import about, pairs
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
from lambdas.model import MISSING_STATUS, NOT_FOUND, UNREACHABLE_STATUS
from lambdas.text import MOST_ITEMS, counted
from lambdas.times import read_time

_FAILING = ("FAILED", "PARTIAL")
_STILL = {
    STALLED: "no change of status or progress, still ",
    OVERRUNNING: "longer than its watch allows, still ",
}


def open_title(status: str, label: str, details: Sequence[Detail]) -> str:
    """Write a title such as `FAILED: SES import job 8a4f (contact-imports)`."""
    first, count, end = details[0], len(details), ""
    watch = first["watch"]
    if status == UNREACHABLE_STATUS and count == 1:
        what, end = jobs_of(label, first), place_of(first)
    elif status == UNREACHABLE_STATUS:
        what = f"{many(label)} in {count} places"
    elif status == MISSING_STATUS:
        what = f"no {kind_of(label, first)} succeeded by {readable(first['since'])} UTC"
    elif count == 1:
        what = f"{label} {called(first)}"
    else:
        what = f"{count} {many(label)}"
    return title(status, what, watch, end)


def body(
    status: str,
    label: str,
    details: Sequence[Detail],
    unit: str | None = None,
    limit: int | None = None,
) -> str:
    """Write the text of a message: what, where, when, how long, how far, why, and a link.

    `unit` is what the progress of such a job counts, such as records; for so many seconds as
    `limit` its watch bears what is told. A detail may have `moved_at`, when a job last changed.
    """
    what = f"{many(label)} in {len(details)} places" if status == UNREACHABLE_STATUS else None
    if status == MISSING_STATUS:
        what = f"{len(details)} runs"
    head = f"{what or f'{len(details)} {many(label)}'}: {status}"
    texts = (_text(status, label, detail, unit, limit) for detail in details)
    return together(head, texts, len(details))


def _text(status: str, label: str, detail: Detail, unit: str | None, limit: int | None) -> str:
    if status == MISSING_STATUS:
        return _run(label, detail)
    if status == UNREACHABLE_STATUS:
        return _place(label, detail)
    return _job(status, label, detail, unit, limit)


def _job(status: str, label: str, detail: Detail, unit: str | None, limit: int | None) -> str:
    what = f"{label} {called(detail)}"
    kind = f" ({detail['job_type']})" if detail["job_type"] else ""
    return lines_of(
        f"{status}: {what}",
        {
            "What": f"{what}{kind}",
            "Id": None if called(detail) == id_of(detail) else id_of(detail),
            "Status": _status(status, detail),
            "Where": where(detail),
            "When": when(detail),
            "Took": took(detail["duration_seconds"]),
            "So far": _so_far(status, detail, limit),
            "How far": how_far(detail["progress"], unit, failed=status in _FAILING),
            "Why": _why(detail["failure"]),
            "About": about(detail["details"], _said(detail)),
            LINK: link_of(detail),
        },
    )


def _status(status: str, detail: Detail) -> str:
    """Say a status once: the service's word for it only where that is another."""
    raw, before = detail["raw_status"], detail["previous_status"]
    still = _STILL.get(status, "")
    said = "" if str(raw).upper() == detail["status"] else f" (the service says {raw or 'nothing'})"
    said = " (the service has it no more)" if raw == NOT_FOUND else said
    moved = f", before: {before}" if before and before != detail["status"] else ""
    return f"{still}{detail['status']}{said}{moved}"


def _place(label: str, detail: Detail) -> str:
    error = detail["error"] or {"code": "unknown", "message": ""}
    return lines_of(
        f"{UNREACHABLE_STATUS}: {many(label)} of the watch {detail['watch']}",
        {
            "What": f"{many(label)} can't be read, so a job that fails there is not noticed",
            "Where": where(detail),
            "When": f"since {readable(detail['since'])} UTC",
            "Why": ": ".join(part for part in (error["code"], error["message"]) if part),
        },
    )


def _run(label: str, detail: Detail) -> str:
    last, expected = detail["last_success_at"], detail["expected"]
    within = took(expected["within_seconds"], parts=4)
    often = f"each {within}" if expected["at"] is None else f"within {within}"
    cron = "" if expected["at"] is None else f"at {expected['at']} ({expected['zone']}), "
    kind = kind_of(label, detail)
    which = f" of {detail['source']}" if label == detail["source"] else ""
    return lines_of(
        f"{MISSING_STATUS}: no {kind} of the watch {detail['watch']} succeeded in time",
        {
            "What": f"{kind}{which} that was to succeed {cron}{often}",
            "Where": where(detail),
            "When": f"due {readable(detail['since'])} UTC",
            "Last": f"succeeded {readable(last)} UTC" if last else "none was seen to succeed",
        },
    )


def _so_far(status: str, detail: Detail, limit: int | None) -> str | None:
    """Say for how long it is so, beside the limit; one that holds since then only is not said."""
    began = {STALLED: detail.get("moved_at"), OVERRUNNING: detail["created_at"]}.get(status)
    since, seen = read_time(began), read_time(detail["observed_at"])
    seconds = (seen - since).total_seconds() if since and seen else 0
    within = limit is not None and seconds < limit
    # A stall told again may belong to a job that has moved since.
    if seconds <= 0 or (status == STALLED and within):
        return None
    what = " without a change" if status == STALLED else ""
    if limit is None or within:
        return f"{took(seconds)}{what}"
    most = took(limit, parts=4)
    return f"{took(seconds, parts=2 if most == took(limit) else 4)}{what}; limit {most}"


def _why(failure: Detail) -> str | None:
    parts = [part for part in (failure["code"], failure["message"]) if part]
    if not parts:
        return None
    first = failure["details"][0] if failure["details"] else None
    more = {
        name: value
        for name, value in (first.items() if isinstance(first, Mapping) else ())
        if value is not None and not isinstance(value, list | Mapping) and str(value) not in parts
    }
    return "; ".join([": ".join(parts), *([pairs(more)] if more else [])]) + _others(
        failure["details"]
    )


def _others(errors: Sequence[Any]) -> str:
    """Say how many errors there were beside the first; the last of them may tell of those cut."""
    count = counted(errors)
    # Events of before were cut to so many without a word.
    least = "at least " if count == len(errors) >= MOST_ITEMS else ""
    return f" (and {least}{count - 1:,} more)" if count > 1 else ""


def _said(detail: Detail) -> set[str]:
    """Give what other lines say of a job."""
    names = ("job_id", "job_arn", "job_name", "job_type")
    return {str(detail[name]) for name in names if detail.get(name)}.union(
        detail["parameters"].values()
    )
