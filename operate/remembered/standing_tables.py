"""The watches and the lanes as tables: as wide as a terminal has room for."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from infra.config.files.durations import spoken
from infra.words import counted
from lambdas.durations import took
from lambdas.legible import legible
from lambdas.store.listing import Count
from operate.remembered.standing import Lane, Standing, WatchStanding
from operate.remembered.words import FAILED, OPEN, ago, safe

MOST_LANES = 100
"""Lanes that get a row each."""
AMISS = ("red", "yellow", "", "green")
"""The colours of what is told of a lane, the worst first."""
MOST_WIDE = 40
"""Columns for the names of a lane's watches: more of them go on below each other."""
Row = tuple[Text, int, Text, Text]
"""Where a lane is, how many places it has, its state, and its watches."""


def _watches(standing: Standing, now: datetime) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("watch", "every"):
        table.add_column(name)
    table.add_column("places", justify="right")
    table.add_column("last read")
    for name in ("unfinished", "succeeded\n24 h", "failed\n24 h"):
        table.add_column(name, justify="right")
    for each in standing.watches:
        failed = _sum(each, FAILED)
        table.add_row(
            Text(safe(each.watch.name)),
            spoken(each.watch.every),
            f"{len(each.places):,}",
            _last_read(each, now, untold=standing.untold is not None),
            _sum(each, OPEN),
            _sum(each, ("SUCCEEDED",)),
            Text(failed, style="red" if failed != "0" else ""),
        )
    return table


def _watches_in_lines(standing: Standing, now: datetime) -> Table:
    """Lay the same out below each other, for a terminal that has not the room for all columns."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("watch", overflow="fold")
    for name in ("last read", "jobs, 24 h"):
        table.add_column(name, no_wrap=True)
    for each in standing.watches:
        often = f"every {spoken(each.watch.every)}, {counted(len(each.places), 'place')}"
        jobs = (
            ("unfinished", OPEN, ""),
            ("succeeded", ("SUCCEEDED",), ""),
            ("failed", FAILED, "red"),
        )
        sums = [(_sum(each, statuses), name, style) for name, statuses, style in jobs]
        told = [Text(f"{sum_} {name}", style) for sum_, name, style in sums if sum_ != "0"]
        table.add_row(
            Text.assemble(safe(each.watch.name), "\n", (often, "dim")),
            _last_read(each, now, untold=standing.untold is not None),
            Text("\n").join(told) if told else "none",
        )
    return table


def _last_read(each: WatchStanding, now: datetime, *, untold: bool) -> Text:
    if each.unreachable:
        what = f"{len(each.unreachable):,} unreachable" if len(each.places) > 1 else "unreachable"
        return Text(what, style="red")
    if each.members and not each.members.are_known:
        failed = each.unlisted_since is not None
        return Text("not listed", "red") if failed else Text("not listed yet", "yellow")
    if each.never_read:
        return Text(_never(each), style="yellow")
    if each.unread_since is None and (last := each.last_read(now)):
        return Text(ago(last, now), style="green")
    if known := each.unread_since or each.polled_at:
        return Text(ago(known, now), style="yellow")
    return Text("not known") if untold else Text("not of late", style="red")


def _lanes(standing: Standing, now: datetime) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("lane")
    table.add_column("places", justify="right")
    table.add_column("state")
    table.add_column("watches", overflow="fold", max_width=MOST_WIDE)
    rows, more = _rows(standing, now)
    for where, places, state, watches in rows:
        table.add_row(where, f"{places:,}", state, watches)
    if more:
        table.add_row(more)
    return table


def _lanes_in_lines(standing: Standing, now: datetime) -> Table:
    """Lay the same out below each other, for a terminal that has not the room for all columns."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("lane", overflow="fold")
    table.add_column("state", no_wrap=True)
    rows, more = _rows(standing, now)
    for where, places, state, watches in rows:
        table.add_row(
            Text.assemble(where, "\n", (f"{counted(places, 'place')} of {watches}", "dim")), state
        )
    if more:
        table.add_row(more)
    return table


def _rows(standing: Standing, now: datetime) -> tuple[list[Row], Text | None]:
    """Give where each lane is, its places, its state and its watches; and how many more there are.

    An organization may have thousands of them: those come first in which something is amiss.
    """
    watches = {each.watch.name: each for each in standing.watches}
    late = {name: each for name, each in watches.items() if each.last_read(now) is None}
    untold = standing.untold is not None
    states = [(lane, _state(lane, late, now, untold=untold)) for lane in standing.lanes]
    if len(states) > MOST_LANES:
        states.sort(key=lambda each: AMISS.index(str(each[1].style)))
    rows = [
        (
            Text(safe(f"{lane.service} {lane.account} {lane.region}")),
            len(lane.places),
            state,
            Text(legible(", ".join(lane.watches))),
        )
        for lane, state in states[:MOST_LANES]
    ]
    more = len(states) - len(rows)
    told = Text(f"and {counted(more, 'lane')} more: --json has all", style="dim")
    return rows, told if more else None


def _state(lane: Lane, late: Mapping[str, WatchStanding], now: datetime, *, untold: bool) -> Text:
    """Say what is amiss in a lane; it is well only where all of it was read of late.

    The watches that are `late` were not; `untold` is whether nobody knows when polls were.
    """
    if lane.unreachable:
        return Text(f"{len(lane.unreachable):,} unreachable", style="red")
    if lane.never_read:
        return Text(f"{_never(lane)} read", style="yellow")
    if lane.behind is not None:
        return Text(f"a round takes {took((now - lane.behind).total_seconds())}", style="yellow")
    found = [late[name] for name in lane.watches if name in late]
    if known := lane.unread_since or (found[0].polled_at if found else None):
        return Text(f"read {ago(known, now)}", style="yellow")
    if found:
        return Text("not known") if untold else Text("not read of late", style="red")
    return Text("well", style="green")


OF_WATCHES = (_watches, _watches_in_lines)
OF_LANES = (_lanes, _lanes_in_lines)
"""From the widest layout to the narrowest."""


def _never(each: WatchStanding | Lane) -> str:
    some = len(each.never_read)
    return "never" if some == len(each.places) else f"{some:,} never"


def _sum(each: WatchStanding, statuses: Sequence[str]) -> str:
    counts = [each.counts.get(status, Count(0, more=False)) for status in statuses]
    more = "+" if any(count.more for count in counts) else ""
    return f"{sum(count.number for count in counts):,}{more}"
