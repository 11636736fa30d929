"""Alerts: which changes ask for one, and how it reads in an inbox.

Pure functions of event details. A message may tell of several jobs or scopes: it lists as many as
fit and counts all.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from lambdas.alert.message import Detail
from lambdas.durations import took
from lambdas.legible import for_people, legible
from lambdas.model import (
    JOB_OVERRUNNING,
    JOB_STALLED,
    JOB_STATUS_CHANGE,
    MISSING_STATUS,
    RUN_MISSING,
    TERMINAL,
    UNREACHABLE_STATUS,
    WATCH_UNREACHABLE,
)
from lambdas.text import MOST_ITEMS, clean, counted, cut
from lambdas.times import read_time

ATTRIBUTES = ("watch", "source", "account", "region", "status")
LONGEST_SUBJECT = 99
"""SNS takes subjects of fewer than 100 characters."""
LARGEST_BODY = 40_000
"""Bytes of a message that are for people: any one alert fits."""
MOST_IN_BODY = 20
LONGEST_LINE = 500
_ALL = "all of them in the alert function's log, and as one event each on the bus"
_LINK = "Link"
_FAILING = ("FAILED", "PARTIAL")
_VALUES = frozenset(
    {
        *("s3", "uri", "url", "arn", "id", "name", "bucket", "key", "prefix", "path", "format"),
        *("type", "object", "file", "data", "value", "version"),
    }
)
"""Words in the names of values that do not tell what the value is there for."""
_COUNTS = frozenset(
    {"bytes", "count", "failed", "failures", "items", "processed", "records", "seconds", "total"}
)
"""Words in the names of counts."""
_READ = frozenset({"import", "input", "source"})
"""Words in the names of what a job reads."""
_FILLERS = frozenset({"s3", "data", "config", "configuration", "details", "properties", "summary"})
"""Words in the names of what a value is a part of that do not tell it from others."""
_STALLED = "STALLED"
_OVERRUNNING = "OVERRUNNING"
_RESOLVED = "RESOLVED"
_STATUS = {
    JOB_STALLED: _STALLED,
    JOB_OVERRUNNING: _OVERRUNNING,
    WATCH_UNREACHABLE: UNREACHABLE_STATUS,
    RUN_MISSING: MISSING_STATUS,
}
"""Not statuses of a job, but what subscriptions filter by all the same."""
_STILL = {
    _STALLED: "no change of status or progress, still ",
    _OVERRUNNING: "longer than its watch allows, still ",
}


def is_alert(detail_type: str, detail: Detail, statuses: frozenset[str]) -> bool:
    """Whether a change asks for an alert: a status of interest that was just entered.

    A service that only says otherwise how a job failed asks for none. Another run of a job that had
    ended counts as first seen; where the one before had not, the same words tell of another run.
    """
    if detail_type != JOB_STATUS_CHANGE:
        return detail_type in _STATUS
    entered = detail["status"] != detail["previous_status"]
    again = detail["raw_status"] == detail["previous_raw_status"]
    return detail["status"] in statuses and (entered or again)


def alert_attributes(detail_type: str, detail: Detail) -> dict[str, str]:
    """Give the attributes that subscriptions filter by, in the order of `ATTRIBUTES`."""
    attributes = {name: str(detail[name]) for name in ATTRIBUTES}
    return attributes | {"status": _STATUS.get(detail_type, attributes["status"])}


def subject(status: str, label: str, details: Sequence[Detail]) -> str:
    """Write a subject line such as `FAILED: SES import job 8a4f (contact-imports)`."""
    first, count = details[0], len(details)
    watch = first["watch"]
    if status == UNREACHABLE_STATUS and count == 1:
        what = f"{label}s in {first['account']} {first['region']}"
    elif status == UNREACHABLE_STATUS:
        what = f"{label}s in {count} places"
    elif status == MISSING_STATUS:
        what = f"no {_kind(label, first)} succeeded by {_readable(first['since'])} UTC"
    elif count == 1:
        what = f"{label} {for_people(called(first))}"
    else:
        what = f"{count} {label}s"
    return _ascii(f"{status}: {_fit(what, status, watch)} ({watch})")


def body(status: str, label: str, details: Sequence[Detail], unit: str | None = None) -> str:
    """Write the text of a message: what, where, when, how long, how far, why, and a link.

    `unit` is what the progress of such a job counts, such as records.
    """
    what = f"{label}s in {len(details)} places" if status == UNREACHABLE_STATUS else None
    if status == MISSING_STATUS:
        what = f"{len(details)} runs"
    head = f"{what or f'{len(details)} {label}s'}: {status}"
    shown: list[str] = []
    room = LARGEST_BODY
    for detail in details[:MOST_IN_BODY]:
        text = _text(status, label, detail, unit)
        room -= len(text.encode())
        if shown and room < 0:
            break
        shown.append(text)
    more = len(details) - len(shown)
    tail = [f"and {more:,} more, {_ALL}"] if more else []
    return "\n\n".join(([head] if len(details) > 1 else []) + shown + tail) + "\n"


def _text(status: str, label: str, detail: Detail, unit: str | None) -> str:
    if status == MISSING_STATUS:
        return _run(label, detail)
    if status == UNREACHABLE_STATUS:
        return _place(label, detail)
    return _job(status, label, detail, unit)


def _job(status: str, label: str, detail: Detail, unit: str | None) -> str:
    what = f"{label} {called(detail)}"
    kind = f" ({detail['job_type']})" if detail["job_type"] else ""
    return _lines(
        f"{status}: {what}",
        {
            "What": f"{what}{kind}",
            "Id": None if called(detail) == _id(detail) else _id(detail),
            "Status": _status(status, detail),
            "Where": _where(detail),
            "When": _when(detail),
            "Took": took(detail["duration_seconds"]),
            "So far": _so_far(detail) if status == _OVERRUNNING else None,
            "How far": how_far(detail["progress"], unit, failed=status in _FAILING),
            "Why": _why(detail["failure"]),
            "About": _about(detail["details"], _said(detail)),
            _LINK: detail["console_url"],
        },
    )


def _status(status: str, detail: Detail) -> str:
    """Say a status once: the service's word for it only where that is another."""
    raw, before = detail["raw_status"], detail["previous_status"]
    still = _STILL.get(status, "")
    said = "" if str(raw).upper() == detail["status"] else f" (the service says {raw or 'nothing'})"
    moved = f", before: {before}" if before and before != detail["status"] else ""
    return f"{still}{detail['status']}{said}{moved}"


def _place(label: str, detail: Detail) -> str:
    error = detail["error"] or {"code": "unknown", "message": ""}
    return _lines(
        f"{UNREACHABLE_STATUS}: {label}s of the watch {detail['watch']}",
        {
            "What": f"{label}s can't be read, so a job that fails there is not noticed",
            "Where": _where(detail),
            "When": f"since {_readable(detail['since'])} UTC",
            "Why": f"{error['code']}: {error['message']}",
        },
    )


def _run(label: str, detail: Detail) -> str:
    last, expected = detail["last_success_at"], detail["expected"]
    within = took(expected["within_seconds"], parts=4)
    often = f"each {within}" if expected["at"] is None else f"within {within}"
    cron = "" if expected["at"] is None else f"at {expected['at']} ({expected['zone']}), "
    kind = _kind(label, detail)
    return _lines(
        f"{MISSING_STATUS}: no {kind} of the watch {detail['watch']} succeeded in time",
        {
            "What": f"{kind} that was to succeed {cron}{often}",
            "Where": _where(detail),
            "When": f"due {_readable(detail['since'])} UTC",
            "Last": f"succeeded {_readable(last)} UTC" if last else "none was seen to succeed",
        },
    )


def _kind(label: str, detail: Detail) -> str:
    """Name the jobs of a watch: of several sources, they have no name in common."""
    return "job" if label == detail["source"] else label


def _lines(title: str, rows: Mapping[str, str | None]) -> str:
    lines = [f"{name:<8} {_line(name, value)}" for name, value in rows.items() if value]
    return "\n".join([_line("", title), "", *lines])


def _line(name: str, text: str) -> str:
    """Make one line of a text, so that what a service says can't pass for a line of ours.

    The link that is ours stays one; those that strangers wrote do not.
    """
    return cut((legible if name == _LINK else for_people)(text), LONGEST_LINE)


def _id(detail: Detail) -> str:
    """Give a job's id as a person may read it: it is a text like any other."""
    return str(clean(detail["job_id"], LONGEST_LINE))


def called(detail: Detail) -> str:
    """Give what tells a job apart at a glance: its name, or else its id or its file."""
    job_id, file = _id(detail), _file(detail["details"])
    if job_id.startswith("arn:"):
        told = job_id.split(":", 5)[-1]  # what is before is the same for all: no room in a subject
    else:
        told = file if file and len(file) < len(job_id) else job_id
    return str(detail.get("job_name") or told)


def _file(details: Detail) -> str | None:
    """Name the one file that a job reads: its id may be 32 digits that nobody knows."""
    read = {
        value.rpartition("/")[2]
        for path, value in _flat(details)
        if value.startswith("s3://") and _READ.intersection(w.lower() for w in _words(path[0]))
    }
    return read.pop() or None if len(read) == 1 else None


def _where(detail: Detail) -> str:
    parents = "".join(f", {name} {value}" for name, value in detail["parameters"].items())
    return f"account {detail['account']}, {detail['region']}{parents} (watch {detail['watch']})"


def _when(detail: Detail) -> str:
    times = {
        "created": detail["created_at"],
        "ended": detail["ended_at"],
        "seen": detail["observed_at"],
    }
    told, day = [], ""
    for name, time in times.items():
        if time:
            said = _readable(time)
            told.append(f"{name} {said.removeprefix(day)}")
            day = f"{said.partition(' ')[0]} "
    return ", ".join(told) + " UTC"


def _readable(time: str) -> str:
    return time.replace("T", " ").removesuffix("Z")


def _so_far(detail: Detail) -> str | None:
    created, seen = read_time(detail["created_at"]), read_time(detail["observed_at"])
    return took((seen - created).total_seconds()) if created and seen else None


def how_far(progress: Detail, unit: str | None, *, failed: bool) -> str | None:
    """Say how many are done; a job that has `failed` is not said to have had no failures."""
    total, processed, failures = (progress[name] for name in ("total", "processed", "failed"))
    counted = f" {unit}" if unit else ""
    parts = []
    if processed is not None:
        done = f"{processed:,}{counted} processed"
        parts.append(done if total is None else f"{processed:,} of {total:,}{counted}")
    if failures or (failures == 0 and not failed):
        parts.append(f"{failures:,} failed")
    return ", ".join(parts) or None


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
    return "; ".join([": ".join(parts), *([_pairs(more)] if more else [])]) + _others(
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


def _about(details: Detail, said: Set[str] = frozenset()) -> str | None:
    """Say what else may travel: each value with its name, and that with what it is a part of.

    What a part is called stands before the first of its values: `input S3Uri s3://a, Format CSV`.
    """
    values = [(path, value) for path, value in _flat(details) if value and value not in said]
    names = Counter(path[-1] for path, _ in values)
    told, before = [], ""
    for path, value in values:
        part = _part(path[:-1]) if names[path[-1]] > 1 or _says_little(path[-1]) else ""
        told.append(
            f"{part} {path[-1]} {value}" if part and part != before else f"{path[-1]} {value}"
        )
        before = part
    return ", ".join(told) or None


def _flat(details: Detail, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give each value with the names that lead to it."""
    for name, value in details.items():
        if isinstance(value, Mapping) and (paired := _paired(value)):
            yield (*above, name), _listed(paired)
        elif isinstance(value, Mapping):
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), f"{value:,}" if _counts(name, value) else _listed(value)


def _paired(part: Detail) -> list[Detail] | None:
    """Put together again what a row took out of a list: it has one list of each member.

    Where an item lacks one, the lists are not as long, and nobody knows what belongs to what.
    """
    if len(part) < 2 or not all(isinstance(each, list) for each in part.values()):  # noqa: PLR2004  a pair
        return None
    if len({len(each) for each in part.values()}) > 1:
        return None
    return [dict(zip(part, each, strict=True)) for each in zip(*part.values(), strict=True)]


def _listed(value: Any) -> str:
    """Write a value; what belongs together in a list of several stays so."""
    if isinstance(value, list):
        return ", ".join(map(_listed, value))
    if isinstance(value, Mapping):
        return f"({_pairs(value)})"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _pairs(value: Detail) -> str:
    return ", ".join(f"{name} {_listed(each)}" for name, each in value.items())


def _counts(name: str, value: Any) -> bool:
    """Whether a value counts something, so that it is written as counts are."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and not _COUNTS.isdisjoint(word.lower() for word in _words(name))


def _words(name: str) -> list[str]:
    return re.findall("[Ss]3|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)


def _says_little(name: str) -> bool:
    """Whether a value's name tells no more than what kind of value it is."""
    return all(word.lower() in _VALUES for word in _words(name))


def _part(path: Sequence[str]) -> str:
    """Call what a value is a part of as people would: `input` what is InputDataConfig."""
    words = [word.lower() for name in path for word in _words(name)]
    return " ".join(dict.fromkeys(word for word in words if word not in _FILLERS))


def _fit(what: str, status: str, watch: str) -> str:
    room = LONGEST_SUBJECT - len(f"{status}:  ({watch})")
    return what if len(what) <= room else what[: room - 3] + "..."


def _ascii(text: str) -> str:
    """Keep to printable ASCII: SNS refuses a subject with line breaks or control characters."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def resolved_subject(label: str, details: Sequence[Detail], was: Sequence[str]) -> str:
    """Write a subject such as `RESOLVED: SES import job contacts of May (contact-imports)`.

    `was` are the statuses that are over, one for each detail.
    """
    first, watch = details[0], details[0]["watch"]
    what = _of_what(label, first, was[0]) if len(details) == 1 else _of_many(label, details, was)
    return _ascii(f"{_RESOLVED}: {_fit(what, _RESOLVED, watch)} ({watch})")


def resolved_body(
    label: str, details: Sequence[Detail], was: Sequence[str], since: Sequence[str]
) -> str:
    """Write the short text of a message: what is over, since when it was so, and for how long."""
    shown = [
        _lines(
            f"{_RESOLVED}: {_of_what(label, detail, status)}",
            {
                "Was": f"{status} since {_readable(began)} UTC{_for_how_long(began, detail)}",
                "Now": _now(detail),
                "Where": _where(detail),
                "When": _when(detail) if "job_id" in detail else None,
                _LINK: detail.get("console_url"),
            },
        )
        for detail, status, began in zip(details[:MOST_IN_BODY], was, since, strict=False)
    ]
    head = f"{_of_many(label, details, was)}: {_RESOLVED}"
    more = len(details) - len(shown)
    tail = [f"and {more:,} more, {_ALL}"] if more else []
    return "\n\n".join(([head] if len(details) > 1 else []) + shown + tail) + "\n"


def _of_what(label: str, detail: Detail, was: str) -> str:
    if was == MISSING_STATUS:
        return f"the {_kind(label, detail)} due {_readable(detail['since'])} UTC came after all"
    if was == UNREACHABLE_STATUS:
        return f"{label}s in {detail['account']} {detail['region']} can be read"
    return f"{label} {for_people(called(detail))}"


def _of_many(label: str, details: Sequence[Detail], was: Sequence[str]) -> str:
    if was[0] == MISSING_STATUS:
        return f"{len(details)} runs"
    return (
        f"{label}s in {len(details)} places"
        if was[0] == UNREACHABLE_STATUS
        else f"{len(details)} {label}s"
    )


def _now(detail: Detail) -> str | None:
    if "job_id" not in detail:
        return None
    far = how_far(detail["progress"], None, failed=False)
    moves = f", {far}" if far and detail["status"] not in TERMINAL else ""
    return f"{detail['status']}{moves} (id {_id(detail)})"


def _for_how_long(since: str, detail: Detail) -> str:
    began, over = read_time(since), read_time(detail["observed_at"])
    if began is None or over is None or over < began:
        return ""
    return f", for {took((over - began).total_seconds())}"
