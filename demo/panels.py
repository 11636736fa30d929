"""What a person sees, as rich renderables: the jobs, the events, the newest alert, the summary."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from demo.check import CHANGE, Verdict
from demo.listen import Event
from lambdas.alert.phrases import called
from lambdas.store.items import JOB, read_job

COLOURS = {
    "PENDING": "bright_black",
    "RUNNING": "cyan",
    "SUCCEEDED": "green",
    "PARTIAL": "yellow",
    "FAILED": "bold red",
    "CANCELLED": "magenta",
    "ARRIVED": "green",
    "UNKNOWN": "bright_magenta",
}
EVENT_LINES, INBOX_LINES = 5, 10
NAME, LONG_ID = 25, 8
"""Cells of a job's name, and the letters that tell an id apart."""
WIDTH = 100


@dataclass(frozen=True)
class Row:
    """One job as the table of the stack remembers it, by the name that alerts call it."""

    job_id: str
    name: str
    watch: str
    status: str
    raw_status: str
    total: int | None
    processed: int | None
    failed: int | None
    since: datetime


@dataclass(frozen=True)
class Inbox:
    """One alert as it reads in an inbox."""

    subject: str
    body: str
    over: bool = False


@dataclass(frozen=True)
class View:
    """All that is on the screen at one moment."""

    clock: str
    now: datetime
    rows: Sequence[Row] = ()
    events: Sequence[Event] = ()
    alerts: int = 0
    inbox: Inbox | None = None


def read_row(item: Mapping[str, Any]) -> Row | None:
    """Read an item of the stack's table; None when it is not a job's."""
    if not item["sk"]["S"].startswith(JOB):
        return None
    job = read_job(item)
    detail = json.loads(job.detail or "{}")
    return Row(
        job_id=job.id,
        name=short(called(detail)),
        watch=detail["watch"],
        status=job.status,
        raw_status=job.raw_status or "",
        total=job.progress.total,
        processed=job.progress.processed,
        failed=job.progress.failed,
        since=datetime.fromisoformat(detail["ended_at"] or detail["observed_at"]),
    )


def short(name: str) -> str:
    """Cut an id that nobody reads to the end."""
    return name if len(name) <= NAME else f"{name[: LONG_ID if name.isalnum() else NAME - 1]}…"


def screen(view: View, height: int) -> RenderableType:
    """Return the whole screen, cut to a height."""
    room = height - (EVENT_LINES + 2) - (INBOX_LINES + 2) - 5
    table = jobs(view.rows, view.now, max(room, 5))
    return Group(Text(view.clock, style="bold"), table, _events(view), _inbox(view))


def jobs(rows: Sequence[Row], now: datetime, most: int) -> Table:
    """Return the table of jobs; where not all fit, those that changed last."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("watch", width=24, no_wrap=True)
    table.add_column("job", width=NAME, no_wrap=True)
    table.add_column("status", width=10)
    table.add_column("progress", width=27, no_wrap=True)
    table.add_column("since", width=6, justify="right", no_wrap=True)
    shown = sorted(rows, key=lambda row: row.since, reverse=True)[:most]
    for row in sorted(shown, key=lambda row: (row.watch, row.name)):
        status = Text(row.status, style=COLOURS.get(row.status, ""))
        table.add_row(row.watch, row.name, status, _progress(row), _ago(row.since, now))
    hidden = len(rows) - len(shown)
    if hidden:
        table.add_row("", Text(f"and {hidden} changed earlier", style="dim"))
    return table


def _progress(row: Row) -> RenderableType:
    if row.processed is None:
        return Text(row.raw_status.lower(), style="dim")
    done = f"{row.processed:,} of {row.total:,}" if row.total else f"{row.processed:,} done"
    text = Text(done)
    if row.failed:
        text.append(", ").append(f"{row.failed:,} failed", style="red")
    if not row.total or row.failed:
        return text
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(ProgressBar(row.total, row.processed, width=9), text)
    return grid


def _ago(then: datetime, now: datetime) -> str:
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def word(detail_type: str) -> str:
    """Say in a word what is announced besides changes: MISSING for Run Missing."""
    return detail_type.rsplit(maxsplit=1)[-1].upper()


def event_line(event: Event) -> Text:
    """Return one line about an event."""
    detail = event.detail
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{detail['observed_at'][11:19]}  ", style="dim")
    name = short(called(detail)) if "job_id" in detail else "a run that is expected"
    line.append(f"{name:<{NAME + 1}.{NAME}}")
    status = detail["status"] if event.type == CHANGE else word(event.type)
    line.append(f"{status:<12}", style=COLOURS.get(status, "bold red"))
    words = [detail.get("previous_raw_status"), detail.get("raw_status")]
    line.append(" → ".join(word for word in words if word), style="dim")
    line.append(f"  {detail['watch']}", style="dim")
    return line


def _events(view: View) -> Panel:
    lines = [event_line(event) for event in view.events[-EVENT_LINES:]]
    title = f"{len(view.events)} events on the bus"
    return Panel(Group(*lines), title=title, height=EVENT_LINES + 2, title_align="left")


def inbox(alert: Inbox) -> RenderableType:
    """Return an alert as it reads in an inbox."""
    style = "bold green" if alert.over else "bold red"
    subject = Text("Subject: ", style="dim").append(alert.subject, style=style)
    body = alert.body.strip().split("\n", 2)[-1]
    return Group(subject, Text(body, no_wrap=True, overflow="ellipsis"))


def _inbox(view: View) -> Panel:
    shown = inbox(view.inbox) if view.inbox else Text("nothing yet", style="dim")
    title = f"{view.alerts} alert{'' if view.alerts == 1 else 's'} to ops@example.com, the newest:"
    return Panel(shown, title=title, height=INBOX_LINES + 2, title_align="left")


def summary(verdicts: Iterable[Verdict], names: Mapping[str, str]) -> Table:
    """Return the table of what was seen against what the story did; `names` are by jobs' ids."""
    table = Table(box=box.SIMPLE_HEAD, width=WIDTH, padding=(0, 1, 0, 0))
    for name, width in (("", 1), ("watch", 24), ("job", 25), ("must end as", 11)):
        table.add_column(name, width=width, no_wrap=True)
    table.add_column("seen", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("alert", width=9)
    for verdict in verdicts:
        job = verdict.expected
        mark = Text("✗", style="bold red") if verdict.faults else Text("✓", style="green")
        end = job.final or ("late" if job.told else "quiet")
        final = Text(end, style=COLOURS.get(end, "dim"))
        missed = f"{len(set(verdict.seen))} of {len(job.statuses)}: " if job.statuses else ""
        told = ", ".join(map(word, verdict.told)) or "nothing"
        seen = missed + verdict.seen[-1] if verdict.seen else told
        alert = "yes" if verdict.opened else "no"
        over = ", over" if verdict.resolved else ""
        name = names.get(job.job_id, job.name)
        table.add_row(mark, job.watch, name, final, seen, alert + over)
    return table
