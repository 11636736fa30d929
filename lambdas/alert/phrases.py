"""The lines and phrases of which alerts are made, of what is open and of what is over alike.

What strangers wrote is made safe here: a line of theirs can't pass for one of ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from lambdas.alert.about import file_of
from lambdas.alert.message import LONGEST_SUBJECT, Detail
from lambdas.legible import legible
from lambdas.text import clean, cut
from lambdas.unlinked import for_people

LEAST_SHOWN = 10
"""Characters of what a title is about, beside its end."""
MOST_IN_BODY = 20
LARGEST_BODY = 40_000
"""Bytes of a message that are for people: any one alert fits."""
LONGEST_LINE = 500
LINK = "Link"
LONGEST_LINK = 1_000
"""Characters of a link that people are given: one that is longer is left out, as the half of it
leads nowhere, and a chat shows few thousand of all."""
_ENDS_IN_Y = re.compile("[^aeiou]y$")
_ALL = "all of them in the alert function's log, and as one event each on the bus"


def title(status: str, what: str, watch: str, end: str = "") -> str:
    """Write `FAILED: SES import job 8a4f (contact-imports)`, cut to what a subject may have.

    What is cut is what it is about, and not the `end` of that where both have room.
    """
    room = LONGEST_SUBJECT - len(f"{status}:  ({watch})")
    said = for_people(what)
    if len(said) > room - len(end) >= LEAST_SHOWN:
        said = f"{said[: room - len(end) - 3]}..."
    whole = f"{said}{end}"
    fitting = whole if len(whole) <= room else f"{whole[: room - 3]}..."
    return legible(f"{status}: {fitting} ({watch})")


def together(head: str, texts: Iterable[str], count: int) -> str:
    """Put the texts of alerts into one, as many as fit, with a head where there are several.

    There are so many alerts as `count`.
    """
    shown = [*_fitting(islice(texts, MOST_IN_BODY))]
    more = count - len(shown)
    tail = [f"and {more:,} more, {_ALL}"] if more else []
    return "\n\n".join(([head] if count > 1 else []) + shown + tail) + "\n"


def _fitting(texts: Iterable[str]) -> Iterator[str]:
    room = LARGEST_BODY
    for place, text in enumerate(texts):
        room -= len(text.encode())
        if place and room < 0:
            return
        yield text


def lines_of(title: str, rows: Mapping[str, str | None]) -> str:
    """Write a title and rows of a name and a text below it; a row without a text is left out."""
    lines = [f"{name:<8} {_line(name, value)}" for name, value in rows.items() if value]
    return "\n".join([_line("", title), "", *lines])


def _line(name: str, text: str) -> str:
    """Make one line of a text, so that what a service says can't pass for a line of ours.

    The link that is ours stays one; those that strangers wrote do not.
    """
    return legible(text) if name == LINK else cut(for_people(text), LONGEST_LINE)


def link_of(detail: Detail) -> str | None:
    """Give the link to a job, whole; None where there is none that people can be given."""
    link = detail.get("console_url")
    return str(link) if link and len(link) <= LONGEST_LINK else None


def kind_of(label: str, detail: Detail) -> str:
    """Name the jobs of a watch: of several sources, they have no name in common."""
    return "job" if label == detail["source"] else label


def many(label: str) -> str:
    """Name several jobs: exports, queries, analyses, searches; a source's id does so as it is."""
    if "." in label:
        return label
    if label.endswith("is"):
        return f"{label[:-2]}es"
    if _ENDS_IN_Y.search(label):
        return f"{label[:-1]}ies"
    return f"{label}es" if label.endswith(("s", "x", "ch", "sh")) else f"{label}s"


def jobs_of(label: str, detail: Detail) -> str:
    """Name the jobs of a scope by what they live in: another one may be all right."""
    names = [_last_part(value) for value in detail["parameters"].values()]
    return f"{many(label)}{' of ' if names else ''}{', '.join(names)}"


def place_of(detail: Detail) -> str:
    """Say where a scope is, as the end of a title."""
    return f" in {detail['account']} {detail['region']}"


def _last_part(text: str) -> str:
    """Give what tells an ARN apart: what is before is the same for all."""
    return text.split(":", 5)[-1] if text.startswith("arn:") else text


def id_of(detail: Detail) -> str:
    """Give a job's id as a person may read it: it is a text like any other."""
    return str(clean(detail["job_id"], LONGEST_LINE))


def called(detail: Detail) -> str:
    """Give what tells a job apart at a glance: its name, or else its id or its file."""
    job_id, file = id_of(detail), file_of(detail["details"])
    if job_id.startswith("arn:"):
        told = _last_part(job_id)
    else:
        told = file if file and len(file) < len(job_id) else job_id
    return str(detail.get("job_name") or told)


def where(detail: Detail) -> str:
    """Say of which account, region and parents a job or a place is, and of which watch."""
    parents = "".join(f", {name} {value}" for name, value in detail["parameters"].items())
    return f"account {detail['account']}, {detail['region']}{parents} (watch {detail['watch']})"


def when(detail: Detail) -> str:
    """Say when a job was created, ended and seen; a day is said once."""
    times = {
        "created": detail["created_at"],
        "ended": detail["ended_at"],
        "seen": detail["observed_at"],
    }
    told, day = [], ""
    for name, time in times.items():
        if time:
            said = readable(time)
            told.append(f"{name} {said.removeprefix(day)}")
            day = f"{said.partition(' ')[0]} "
    return ", ".join(told) + " UTC"


def readable(time: str) -> str:
    """Write a time as people read it: `2026-11-22 02:14:07`."""
    return time.replace("T", " ").removesuffix("Z")


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
