"""How the standing of watches and lanes looks on a terminal."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.text import Text

from infra.words import counted
from lambdas.legible import legible
from lambdas.members import Members
from lambdas.plan import Watch
from lambdas.store.places import Place
from operate.remembered.standing import Standing
from operate.remembered.standing_tables import OF_LANES, OF_WATCHES
from operate.remembered.words import ago, at, safe, wrapped
from operate.screen import widest

MOST_TOLD = 20
"""Places, and organizations, that get a line each."""


def show(console: Console, standing: Standing, now: datetime) -> None:
    """Print the watches, the lanes, what can't be read and what is left out."""
    for layouts in (OF_WATCHES, OF_LANES):
        tables = (layout(standing, now) for layout in layouts)
        console.print(widest(console, tables))
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
    how_long = f" since {at(since)} UTC ({ago(since, now)})" if since else ""
    said = [safe(error[name]) for name in ("code", "message") if error.get(name)]
    why = ": ".join(said) or "poll's log says why"
    return f"{safe(scope.watch)} ({', '.join(map(safe, where))}){how_long}: {why}"


def _unlisted(watch: Watch, members: Members, since: datetime, now: datetime) -> str:
    units = ", ".join(watch.organization.units) if watch.organization else ""
    how_long = f"since {at(since)} UTC ({ago(since, now)})"
    said = f"{safe(watch.name)} (the accounts of {safe(units)}) {how_long}"
    there = len(members.accounts)
    before = f"{counted(there, 'account')} of before" if there else "no account"
    why = safe(members.error or "poll's log says why")
    return f"{said}: {why}; {before} can be read"


def _left_out(standing: Standing) -> Iterator[str]:
    for each in standing.watches:
        for said in each.left_out:
            yield legible(f"{each.watch.name}: {said}")
