"""How the standing of watches and lanes looks on a terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.config.files.durations import spoken
from infra.words import counted
from lambdas.durations import took
from lambdas.legible import legible
from lambdas.members import Members
from lambdas.plan import Watch
from lambdas.store.listing import Count
from lambdas.store.places import Place
from operate.remembered.standing import Lane, Standing, WatchStanding
from operate.remembered.words import FAILED, OPEN, at, safe, wrapped

MOST_TOLD = 20
"""Places, and organizations, that get a line each."""
MOST_LANES = 100
"""Lanes that get a row each."""
READ_AT = 90
"""Seconds: a metric tells no more than the minute."""


def show(console: Console, standing: Standing, now: datetime) -> None:
    """Print the watches, the lanes, what can't be read and what is left out."""
    console.print(_watches(standing, now))
    console.print(_lanes(standing.lanes, now))
    for title, lines in (
        ("What can't be read", [*_unreachable(standing, now)]),
        ("What is left out", [*_left_out(standing)]),
    ):
        if lines:
            console.print(Text(title, style="bold"))
        for line in lines:
            console.print(wrapped(f"  {line}", console.width, 4), soft_wrap=True)
    if standing.untold:
        said = f"When polls were completed is not known: {safe(standing.untold)}"
        console.print(wrapped(said, console.width, 2), soft_wrap=True)


def _watches(standing: Standing, now: datetime) -> Table:
    # Where it is narrow, each of the columns folds: none is cut, and no name of a watch is lost.
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("watch", "every"):
        table.add_column(name, overflow="fold")
    table.add_column("places", overflow="fold", justify="right")
    table.add_column("last read", overflow="fold")
    for name in ("unfinished", "succeeded\n24 h", "failed\n24 h"):
        table.add_column(name, overflow="fold", justify="right")
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


def _last_read(each: WatchStanding, now: datetime, *, untold: bool) -> Text:
    if each.unreachable:
        what = f"{len(each.unreachable):,} unreachable" if len(each.places) > 1 else "unreachable"
        return Text(what, style="red")
    if each.members and not each.members.are_known:
        failed = each.unlisted_since is not None
        return Text("not listed", "red") if failed else Text("not listed yet", "yellow")
    if each.never_read:
        some = len(each.never_read)
        never = "never" if some == len(each.places) else f"{some:,} never"
        return Text(never, style="yellow")
    if each.unread_since is not None:
        return Text(_ago(each.unread_since, now), style="yellow")
    if each.polled_at is None:
        return Text("not known") if untold else Text("not of late", style="red")
    return Text(_ago(each.polled_at, now), style="green")


def _lanes(lanes: Sequence[Lane], now: datetime) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("lane", overflow="fold", ratio=2)
    table.add_column("places", no_wrap=True, justify="right")
    table.add_column("state", no_wrap=True)
    table.add_column("watches", overflow="fold", ratio=2)
    # An organization may have thousands of them: those come first in which something is amiss.
    first = sorted(lanes, key=lambda lane: not (lane.unreachable or lane.behind))
    shown = lanes if len(lanes) <= MOST_LANES else first[:MOST_LANES]
    for lane in shown:
        where = f"{lane.service} {lane.account} {lane.region}"
        watches = ", ".join(lane.watches)
        told = Text(safe(where)), f"{len(lane.places):,}", _state(lane, now), Text(legible(watches))
        table.add_row(*told)
    if (more := len(lanes) - len(shown)) > 0:
        table.add_row(Text(f"and {counted(more, 'lane')} more: --json has all", style="dim"))
    return table


def _state(lane: Lane, now: datetime) -> Text:
    if lane.unreachable:
        return Text(f"{len(lane.unreachable):,} unreachable", style="red")
    if lane.behind is not None:
        return Text(f"a round takes {took((now - lane.behind).total_seconds())}", style="yellow")
    return Text("well", style="green")


def _unreachable(standing: Standing, now: datetime) -> Iterator[str]:
    found = [place for each in standing.watches for place in each.unreachable]
    for place in found[:MOST_TOLD]:
        yield _line(place, now)
    if len(found) > MOST_TOLD:
        yield f"and {counted(len(found) - MOST_TOLD, 'place')} more"
    unlisted = [each for each in standing.watches if each.unlisted_since is not None]
    for each in unlisted[:MOST_TOLD]:
        if each.members and each.unlisted_since is not None:
            yield _unlisted(each.watch, each.members, each.unlisted_since, now)
    if len(unlisted) > MOST_TOLD:
        yield f"and {counted(len(unlisted) - MOST_TOLD, 'organization')} more"


def _line(place: Place, now: datetime) -> str:
    scope, error = place.scope, place.error or {}
    where = [scope.source, scope.account, scope.region, *scope.parameters.values()]
    since = place.unread_since
    how_long = f" since {at(since)} UTC ({_ago(since, now)})" if since else ""
    said = [safe(error[name]) for name in ("code", "message") if error.get(name)]
    why = ": ".join(said) or "poll's log says why"
    return f"{safe(scope.watch)} ({', '.join(map(safe, where))}){how_long}: {why}"


def _unlisted(watch: Watch, members: Members, since: datetime, now: datetime) -> str:
    units = ", ".join(watch.organization.units) if watch.organization else ""
    how_long = f"since {at(since)} UTC ({_ago(since, now)})"
    said = f"{safe(watch.name)} (the accounts of {safe(units)}) {how_long}"
    there = len(members.accounts)
    before = f"{counted(there, 'account')} of before" if there else "no account"
    why = safe(members.error or "poll's log says why")
    return f"{said}: {why}; {before} can be read"


def _left_out(standing: Standing) -> Iterator[str]:
    for each in standing.watches:
        for said in each.left_out:
            yield legible(f"{each.watch.name}: {said}")


def _ago(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    return "just now" if seconds < READ_AT else f"{took(seconds, parts=1)} ago"


def _sum(each: WatchStanding, statuses: Sequence[str]) -> str:
    counts = [each.counts.get(status, Count(0, more=False)) for status in statuses]
    more = "+" if any(count.more for count in counts) else ""
    return f"{sum(count.number for count in counts):,}{more}"
