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
from lambdas.store.listing import Page
from lambdas.store.remembered import Remembered
from lambdas.times import iso
from operate.remembered.deployed import Deployed, read
from operate.remembered.words import at, coloured, safe, why

MOST = 1_000
"""Jobs that are shown, at most."""
MOST_READ = 5_000
"""Jobs that are looked at, at most, for those of a name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which jobs: of watches, in statuses, since a time, of a name that fits a glob."""

    watches: Sequence[str]
    statuses: Sequence[str]
    since: datetime | None
    name: str | None
    limit: int

    @property
    def keep(self) -> Callable[[Remembered], bool] | None:
        """Hold a job's name, or its id, against the glob; None where there is none."""
        glob = self.name
        if glob is None:
            return None
        return lambda job: fits((glob,), job.name) or fits((glob,), job.job_id)

    def page(self, deployed: Deployed) -> Page:
        """Read the newest of them.

        :raises Trouble: when the table is one of before.
        """
        return read(
            deployed.name,
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
        name = f" of the name {safe(self.name)}" if self.name else ""
        since = f" since {at(self.since)} UTC" if self.since else ""
        watches = counted(len(self.watches), "watch", "watches")
        return f"{', '.join(self.statuses)}{name}{since} in {watches}"


def table_of(jobs: Sequence[Remembered], *, headed: bool = True) -> Table:
    """Lay out jobs, one a row; an id has the room that most have, to be copied."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_header=headed, expand=True)
    table.add_column("status", no_wrap=True, min_width=9)
    table.add_column("since (UTC)", no_wrap=True, min_width=11)
    table.add_column("took", no_wrap=True, justify="right", min_width=9)
    table.add_column("watch", overflow="fold", min_width=12, max_width=16)
    table.add_column("job", overflow="fold", ratio=1)
    for job in jobs:
        seconds = job.seconds
        table.add_row(
            coloured(job.status),
            f"{job.since:%m-%d %H:%M}",
            "" if seconds is None else took(seconds),
            Text(safe(job.watch)),
            _told(job),
        )
    return table


def more(page: Page, asked: Asked) -> str:
    """Say that there is more than is shown, and how to see it; nothing where that is all."""
    if page.token is None:
        return ""
    if len(page.jobs) < asked.limit:
        return f"Of {MOST_READ:,} jobs, these have the name: --since or --watch narrows it down."
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


def _told(job: Remembered) -> Text:
    """Name a job, give its id, and say how it stands: each in a line, where there is any."""
    name = "" if job.name == job.job_id else safe(job.name)
    told = ((name, "bold"), (safe(job.job_id), ""), (_standing(job), "dim"))
    return Text("\n").join(Text(text, style=style) for text, style in told if text)


def _standing(job: Remembered) -> str:
    marks = {"stalled": job.stalled, "overrunning": job.overrun and not job.detail["terminal"]}
    marks["not found"] = job.missing
    told = [name for name, holds in marks.items() if holds]
    far = how_far(job.detail["progress"], None, failed=True)
    return "; ".join([*told, *(part for part in (far, why(job)) if part)])
