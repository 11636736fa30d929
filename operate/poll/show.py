"""What a poll found, for a terminal and for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.words import counted, listed
from lambdas.alert.phrases import how_far
from lambdas.durations import took
from lambdas.legible import legible
from lambdas.times import iso, read_time
from lambdas.unlinked import for_people
from operate.poll.found import Found, Json, Unread
from operate.poll.looking import Look
from operate.screen import widest
from operate.telling import COLOURS, STALLED, line, name_of, print_line

MOST_SHOWN = 40
"""Jobs in the table, unless all are asked for."""
MOST_NAMED = 20
"""Places that were not read and get a line each."""


def show(screen: Console, seen: Look, *, remembers: bool, everything: bool) -> None:
    """Print the jobs, what is told since the last time, and what was not read."""
    found = seen.found
    going = sum(not job["terminal"] for job in found.jobs)
    ended = len(found.jobs) - going
    screen.print(f"{counted(len(found.jobs), 'job')}: {going:,} unfinished, {ended:,} ended")
    if found.jobs:
        shown = _in_order(found.jobs)[: None if everything else MOST_SHOWN]
        screen.print(widest(screen, layouts(shown, seen.at)))
    if not everything and len(found.jobs) > MOST_SHOWN:
        screen.print(f"and {len(found.jobs) - MOST_SHOWN:,} more: --all\n")
    for text in _told(found, seen.since, remembers=remembers):
        print_line(screen, text)
    for each in seen.left_out:
        screen.print(Text(f"Left out: {legible(each)}", style="dim"), soft_wrap=True)
    for text in _not_read(found):
        screen.print(text, soft_wrap=True)


def as_json(seen: Look) -> Mapping[str, Any]:
    """Give all of it for a program."""
    found = seen.found
    return {
        "account": seen.account,
        "region": seen.region,
        "polled_at": iso(seen.at),
        "since": iso(seen.since),
        "jobs": _in_order(found.jobs),
        "events": [{"detail-type": kind, "detail": detail} for kind, detail in found.events],
        "unread": [asdict(each) for each in found.unread],
        "not_offered": [*found.not_offered],
        "left_out": [*seen.left_out],
        "calls": found.calls,
        "throttles": found.throttles,
    }


def _in_order(jobs: Sequence[Json]) -> list[Json]:
    """Put the unfinished ones first, and of either those first that are newest."""
    newest = sorted(jobs, key=lambda job: str(job.get("created_at") or ""), reverse=True)
    newest.sort(key=lambda job: str(job.get("ended_at") or ""), reverse=True)
    return sorted(newest, key=lambda job: bool(job["terminal"]))


def layouts(jobs: Sequence[Json], now: datetime) -> Iterator[Table]:
    """Lay out jobs one a row, and then below each other, for where there is no room for that.

    Of an id that is cut, nobody can ask further.
    """
    rows = [[*_row(job, now)] for job in jobs]
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, expand=True)
    table.add_column("watch")
    table.add_column("job", ratio=1)
    for name in ("status", "created (UTC)"):
        table.add_column(name)
    table.add_column("took", justify="right")
    table.add_column("progress")
    for row in rows:
        table.add_row(*row)
    yield table
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, expand=True)
    table.add_column("status", no_wrap=True)
    table.add_column("job, watch, created (UTC), took, progress", ratio=1, overflow="fold")
    for watch, job, status, *others in rows:
        rest = ", ".join(each.plain.replace("\n", ", ") for each in (watch, *others) if each)
        table.add_row(status, Text("\n").join((job, Text(rest))))
    yield table


def _row(job: Json, now: datetime) -> Iterator[Text]:
    status = STALLED if job["stalled"] else job["status"]
    created = read_time(job["created_at"])
    lasts = None if created is None else round((now - created).total_seconds())
    yield Text(legible(str(job["watch"])))
    yield Text(name_of(job))
    yield Text(legible(status), style=COLOURS.get(status, ""))
    yield Text(f"{created:%m-%d %H:%M}" if created else "")
    yield Text(took(job["duration_seconds"] if job["terminal"] else lasts, parts=1) or "")
    # In two lines, where there are two parts: an id has the room to be copied whole.
    yield Text((how_far(job["progress"], None, failed=True) or "").replace(", ", "\n"))


def _told(found: Found, since: datetime | None, *, remembers: bool) -> Iterator[Text]:
    if since is None:
        say = "the next poll tells what changed" if remembers else "--remember FILE tells changes"
        yield Text(f"This is the first look, of which nothing is told: {say}.")
        return
    where = " in what could be read" if found.unread else ""
    number = counted(len(found.events), "event") if found.events else f"nothing new{where}"
    yield Text(f"Since {since:%Y-%m-%d %H:%M:%S} UTC: {number}")
    for kind, detail in found.events:
        yield line(kind, detail)


def _not_read(found: Found) -> Iterator[Text]:
    if found.not_offered:
        yield Text(f"Not offered by AWS in this region: {listed(found.not_offered)}", style="dim")
    for each in found.unread[:MOST_NAMED]:
        yield _unread(each)
    if (more := len(found.unread) - MOST_NAMED) > 0:
        yield Text(f"✗ and {counted(more, 'place')} more: --json has all", style="red")


def _unread(place: Unread) -> Text:
    where = ", ".join((place.source, place.account, place.region, *place.parameters.values()))
    what = f"{counted(place.jobs, 'job')} of it " if place.jobs else ""
    why = for_people(f"{place.error}: {place.message}")
    text = Text.assemble(
        ("✗ ", "red"), f"{place.watch}: {what}not read ({for_people(where)}): {why}"
    )
    if place.takes:
        text.append(f"\n  → reading it takes {listed(place.takes)}")
    return text
