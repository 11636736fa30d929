"""One job: what is known of it, its history, and how long it took beside earlier runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lambdas.alert.wording import body
from lambdas.durations import took
from lambdas.model import JOB_STATUS_CHANGE, TERMINAL
from lambdas.store.places import find_jobs
from lambdas.store.remembered import Remembered
from lambdas.text import is_whole, writable
from lambdas.times import iso, read_time
from operate.remembered.deployed import Deployed, read
from operate.remembered.jobs import documents
from operate.remembered.words import at, coloured, safe, wrapped

MOST_EARLIER = 10
MOST_READ = 500
"""Jobs that are looked at, at most, for earlier ones of the same name."""
BAR, BESIDE_BAR = 30, 56
"""Columns of the longest bar, at most, and those of the table beside it."""
BESIDE = 9
"""Where the texts begin beside their names, in what is told of a job."""
Moment = tuple[datetime, Text]


@dataclass(frozen=True, slots=True)
class One:
    """A job, with earlier ones of its name that ended, the latest first."""

    job: Remembered
    earlier: tuple[Remembered, ...]


def find(deployed: Deployed, watches: Sequence[str], job_id: str) -> tuple[list[One], bool]:
    """Find the jobs of an id in some watches, the newest first; most often that is one.

    It tells as well whether there are more places than it looked into.
    """
    scopes = deployed.scopes(watches)
    # What a terminal hands over may be no text: the table has none of that as it is, either.
    found = find_jobs(deployed.listing, scopes, writable(job_id))
    return [One(job, _earlier(deployed, job)) for job in found], next(scopes, None) is not None


def _earlier(deployed: Deployed, job: Remembered) -> tuple[Remembered, ...]:
    name = job.detail["job_name"]
    if not name or not is_whole(name):
        return ()

    def keep(other: Remembered) -> bool:
        return other.detail["job_name"] == name and other.seconds is not None

    return read(
        deployed,
        lambda: (
            deployed.listing.jobs(
                [job.watch],
                sorted(TERMINAL),
                token=job.place,
                limit=MOST_EARLIER,
                keep=keep,
                most_read=MOST_READ,
            ).jobs
        ),
    )


def document(one: One) -> dict[str, Any]:
    """Give a job for a program, with what earlier runs took, the latest first."""
    (found,) = documents([one.job])
    earlier = [
        {
            "job_id": each.job_id,
            "status": each.status,
            "ended_at": iso(each.since),
            "duration_seconds": each.seconds,
        }
        for each in one.earlier
    ]
    return {**found, "earlier_runs": earlier}


def show(console: Console, deployed: Deployed, one: One, now: datetime) -> None:
    """Print a job as an alert of it reads, its history, and earlier runs."""
    job = one.job
    source = deployed.plan.sources.get(str(job.detail["source"]))
    label, unit = (source.label, source.unit) if source else (str(job.detail["source"]), None)
    title, *lines = body(job.status, label, [job.detail], unit).rstrip().split("\n")
    console.print(Text(title.strip(), style="bold"))
    for line in lines:
        console.print(wrapped(line, console.width, BESIDE), soft_wrap=True)
    marks = {"stalled": job.stalled, "overrunning": job.overrun, "not found of late": job.missing}
    if told := [name for name, holds in marks.items() if holds and not job.detail["terminal"]]:
        console.print(f"Now      {', '.join(told)}")
    console.print(Text("\nHistory (UTC)", style="bold"))
    console.print(_timeline(job, now))
    if one.earlier:
        console.print(Text(f"\nEarlier runs of {safe(job.name)}", style="bold"))
        console.print(_beside(one, now, max(min(BAR, console.width - BESIDE_BAR), 1)))


def _timeline(job: Remembered, now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    moments = [*_moments(job)]
    for (moment, told), after in zip(moments, [*moments[1:], None], strict=True):
        until = after[0] if after else None if job.detail["terminal"] else now
        lasted = took((until - moment).total_seconds()) if until and until > moment else ""
        table.add_row(f"  {at(moment, seconds=True)}", told, Text(lasted, style="dim"))
    return table


def _moments(job: Remembered) -> Iterator[Moment]:
    """Give what happened when: what the service tells, and what was observed."""
    times = ((name, _time(job, f"{name}_at")) for name in ("created", "ended"))
    told = [(moment, Text(name, style="dim")) for name, moment in times if moment is not None]
    for step in job.history:
        raw = "" if step.raw_status in (None, step.status) else f" ({safe(step.raw_status)})"
        said = {None: ", seen first", JOB_STATUS_CHANGE: ""}.get(step.event, f": {step.event}")
        told.append((step.at, Text.assemble(coloured(step.status), raw, said)))
    if not job.history:
        told.append((job.since, coloured(job.status)))
    yield from sorted(told, key=lambda each: each[0])


def _beside(one: One, now: datetime, widest: int) -> Table:
    """Lay out how long runs took, this one first: so far, while it runs; `widest` is a bar's."""
    job = one.job
    seconds = job.seconds
    began = _time(job, "created_at")
    if seconds is None and began is not None and not job.detail["terminal"]:
        seconds = round((now - began).total_seconds())
    runs = [(job, seconds), *((each, each.seconds) for each in one.earlier)]
    longest = max((found or 0 for _, found in runs), default=0) or 1
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", "status", "since (UTC)"):
        table.add_column(name, no_wrap=True)
    table.add_column("took", no_wrap=True, justify="right")
    table.add_column("", no_wrap=True)
    for number, (each, found) in enumerate(runs):
        bar = Text(
            "█" * max(round((found or 0) / longest * widest), 1), style="dim" if number else ""
        )
        what = "" if number else "this"
        lasted = "" if found is None else took(found)
        table.add_row(what, coloured(each.status), at(each.since), lasted, bar)
    usual, several = took(median(each.seconds or 0 for each in one.earlier)), len(one.earlier)
    of_several = f"The median of the {several} earlier ones is {usual}."
    table.caption = of_several if several > 1 else f"The earlier one took {usual}."
    table.caption_justify = "left"
    return table


def _time(job: Remembered, name: str) -> datetime | None:
    return read_time(job.detail.get(name))
