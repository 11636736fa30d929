"""Lists of jobs: which are asked for, and how they are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from infra.words import counted
from lambdas.alert.phrases import how_far
from lambdas.durations import took
from lambdas.globs import fits
from lambdas.model import UNKNOWN
from lambdas.store.listing import Page
from lambdas.store.remembered import Remembered
from lambdas.times import iso
from operate.remembered.deployed import Deployed, read
from operate.remembered.words import OPEN, STATUSES, at, coloured, is_unfinished, safe, why

MOST = 1_000
"""Jobs that are shown, at most."""
MOST_READ = 5_000
"""Jobs that are looked at, at most, for those of a name, or that have not ended."""
WIDE = 96
"""Columns from which on a job is one row of a table: an id has the room that most have."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which jobs: of watches, in statuses, since a time, of a name that fits a glob.

    Where they are `unfinished`, of those in a status that nobody knew the ones that are gone are
    left out: those have ended.
    """

    watches: Sequence[str]
    statuses: Sequence[str]
    since: datetime | None
    name: str | None
    limit: int
    unfinished: bool = False

    @property
    def keep(self) -> Callable[[Remembered], bool] | None:
        """Hold a job's name, or its id, against the glob, and whether it ended; None: take all."""
        glob, unfinished = self.name, self.unfinished
        if glob is None and not unfinished:
            return None
        globs = () if glob is None else (glob,)

        def keep(job: Remembered) -> bool:
            is_named = not globs or fits(globs, job.name) or fits(globs, job.job_id)
            is_gone = unfinished and job.status == UNKNOWN and not is_unfinished(job)
            return is_named and not is_gone

        return keep

    def page(self, deployed: Deployed) -> Page:
        """Read the newest of them.

        :raises Trouble: when the table is one of before.
        """
        return read(
            deployed,
            lambda: deployed.listing.jobs(
                self.watches,
                self.statuses,
                since=self.since,
                limit=self.limit,
                keep=self.keep,
                most_read=MOST_READ,
            ),
        )

    def __str__(self) -> str:
        """Say what was asked, as the end of a sentence."""
        name = "" if self.name is None else f" of the name {safe(self.name) or repr('')}"
        since = f" since {at(self.since)} UTC" if self.since else ""
        watches = counted(len(self.watches), "watch", "watches")
        together = OPEN if self.unfinished else ()
        others = [each for each in self.statuses if each not in together]
        said = ", ".join(["unfinished", *others] if together else others)
        is_each = {*self.statuses} == {*STATUSES} and not together
        return f"{'remembered' if is_each else said}{name}{since} in {watches}"


def table_of(jobs: Sequence[Remembered], width: int, *, headed: bool = True) -> Table:
    """Lay out jobs for so many columns; an id has the room that most have, to be copied."""
    table = Table(
        box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_header=headed, expand=True
    )
    table.add_column("status", no_wrap=True, min_width=9)
    return (_in_a_row if width >= WIDE else _in_lines)(table, jobs)


def _in_a_row(table: Table, jobs: Sequence[Remembered]) -> Table:
    table.add_column("since (UTC)", no_wrap=True, min_width=11)
    table.add_column("took", no_wrap=True, justify="right", min_width=9)
    table.add_column("watch", overflow="fold", min_width=12, max_width=24)
    table.add_column("job", overflow="fold", ratio=1)
    for job in jobs:
        since, lasted = _when(job)
        watch = Text(safe(job.watch))
        table.add_row(coloured(job.status), since, lasted, watch, _told(job))
    return table


def _in_lines(table: Table, jobs: Sequence[Remembered]) -> Table:
    """Say the rest of a job below its id, where there is no room beside it."""
    table.add_column("job, watch, since (UTC), took", overflow="fold", ratio=1)
    for job in jobs:
        rest = (safe(job.watch), *_when(job))
        table.add_row(coloured(job.status), _told(job, ", ".join(each for each in rest if each)))
    return table


def _when(job: Remembered) -> tuple[str, str]:
    """Say since when a job is so, and how long it took."""
    lasted = "" if job.seconds is None else took(job.seconds)
    return f"{job.since:%m-%d %H:%M}", lasted


def more(page: Page, asked: Asked) -> str:
    """Say that there is more than is shown, and how to see it; nothing where that is all."""
    if page.token is None:
        return ""
    if len(page.jobs) < asked.limit:
        said = "have the name" if asked.name else "have not ended"
        return f"Of {MOST_READ:,} jobs, these {said}: --since or --watch narrows it down."
    return f"There are more than {asked.limit:,}: --limit, --since or --watch chooses others."


def documents(jobs: Sequence[Remembered]) -> list[dict[str, Any]]:
    """Give jobs for a program: the last event's detail, and what the table has beside it."""
    return [
        {
            **job.detail,
            "since": iso(job.since),
            "moved_at": iso(job.moved_at),
            "stalled": job.stalled,
            "overrun": job.overrun,
            "missing": job.missing,
            "history": [{**step._asdict(), "at": iso(step.at)} for step in job.history],
        }
        for job in jobs
    ]


def _told(job: Remembered, rest: str = "") -> Text:
    """Name a job, give its id, and say how it stands: each in a line, where there is any."""
    name = "" if job.name == job.job_id else safe(job.name)
    told = ((name, "bold"), (safe(job.job_id), ""), (rest, ""), (_standing(job), "dim"))
    return Text("\n").join(Text(text, style=style) for text, style in told if text)


def _standing(job: Remembered) -> str:
    marks = {"stalled": job.stalled, "overrunning": job.overrun and not job.detail["terminal"]}
    marks["not found"] = job.missing
    told = [name for name, holds in marks.items() if holds]
    far = how_far(job.detail["progress"], None, failed=True)
    return "; ".join([*told, *(part for part in (far, why(job)) if part)])
