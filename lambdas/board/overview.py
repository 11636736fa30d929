"""What the board shows above the jobs: how many there are of each watch and status, and when."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lambdas.board.asked import STATUSES, Asked, Button
from lambdas.board.look import DAY
from lambdas.board.shown import clock, shown
from lambdas.board.style import colour
from lambdas.model import FAILED, PARTIAL
from lambdas.store.listing import Count
from lambdas.store.remembered import Remembered

MOST_WATCHES = 10
HOURS = 24
NONE = Count(0, more=False)
_WIDE, _HIGH, _FOOT = 480, 90, 14
"""Of the picture of a day: its units across, up to the tallest hour, and below for the times."""
Counts = Mapping[str, Mapping[str, Count]]
"""By watch and status."""


def statuses(counts: Counts, asked: Asked, button: Button) -> str:
    """Write a button for each status that there is, and one for all of them."""
    of = [found for watch, found in counts.items() if asked.watch in (None, watch)]
    parts = [_pressed(button("all", replace(asked, status=None, page=1)), on=not asked.status)]
    for status in STATUSES:
        count = _sum(each.get(status, NONE) for each in of)
        if count.number or status == asked.status:
            label = f'<span style="color:{colour(status)}">{status}</span> {_written(count)}'
            wanted = replace(asked, status=status, page=1)
            parts.append(_pressed(button(label, wanted), on=asked.status == status))
    return f'<div class="row">{"".join(parts)}</div>'


def _pressed(button: str, *, on: bool) -> str:
    return f'<span class="on">{button}</span>' if on else f"<span>{button}</span>"


def _sum(counts: Iterable[Count]) -> Count:
    found = [*counts]
    return Count(sum(each.number for each in found), any(each.more for each in found))


def _written(count: Count) -> str:
    return f"{count.number:,}{'+' if count.more else ''}" if count.number else ""


def watches(counts: Counts, asked: Asked, button: Button) -> str:
    """Write the table of watches and statuses: those with most trouble first, then the largest."""
    found = [s for s in STATUSES if any(of.get(s, NONE).number for of in counts.values())]
    head = "".join(f'<th class="number">{status.lower()}</th>' for status in found)
    first = sorted(counts, key=lambda name: (name != asked.watch, *_weight(counts[name]), name))
    rows = "".join(
        _watch(name, counts[name], found, asked, button) for name in first[:MOST_WATCHES]
    )
    more = len(counts) - MOST_WATCHES
    if more > 0:
        rows += f'<tr><td class="faint" colspan="{len(found) + 1}">and {more:,} more</td></tr>'
    return f"<table><thead><tr><th>watch</th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _weight(of: Mapping[str, Count]) -> tuple[int, int]:
    return -_sum(of.get(s, NONE) for s in (FAILED, PARTIAL)).number, -_sum(of.values()).number


def _watch(
    name: str, of: Mapping[str, Count], found: Sequence[str], asked: Asked, button: Button
) -> str:
    chosen = asked.watch == name
    wanted = replace(asked, watch=None if chosen else name, page=1)
    cells = "".join(f'<td class="number">{_written(of.get(each, NONE))}</td>' for each in found)
    return f"<tr><td>{_pressed(button(shown(name), wanted), on=chosen)}</td>{cells}</tr>"


def day(jobs: Iterable[Remembered], ended_from: datetime | None, now: datetime) -> str:
    """Draw in which hours of the last day jobs ended, and how: the newest hour is the last.

    Since `ended_from` all that ended are among the jobs, None for the whole day. What is before is
    not known: it is grey, and no bar stands there.
    """
    began = ended_from or now - DAY
    hours = _by_hour((job for job in jobs if job.since >= began), now)
    tallest = max(each.total() for each in hours) or 1
    bars, times = "".join(_bars(hours, tallest, began, now)), "".join(_times(now))
    more = f", those since {clock(began)}: of earlier ones not all are read" if ended_from else ""
    said = f"Jobs that ended in the last day, by the hour{more}; at most {tallest:,} in one"
    head = f'viewBox="0 0 {_WIDE} {_HIGH + _FOOT}" role="img" aria-label="{said}"'
    label = f'<span class="faint">ended, by the hour (UTC){more}</span>'
    unread = _unread(began, now) if ended_from else ""
    return f"<div>{label}<svg {head}>{unread}{bars}{times}</svg></div>"


def _unread(began: datetime, now: datetime) -> str:
    """Draw the part of the day before a time, of which not all is known."""
    wide = (began - (now - DAY)) / DAY * _WIDE
    box = f'x="0" y="0" width="{wide:.1f}" height="{_HIGH}"'
    return f'<rect {box} fill="var(--line)"><title>not read: before {clock(began)}</title></rect>'


def _by_hour(jobs: Iterable[Remembered], now: datetime) -> list[Counter[str]]:
    hours: list[Counter[str]] = [Counter() for _ in range(HOURS)]
    for job in jobs:
        if job.detail["terminal"] and now - DAY < job.since <= now:
            hours[HOURS - 1 - int((now - job.since) / DAY * HOURS)][job.status] += 1
    return hours


def _bars(
    hours: Sequence[Counter[str]], tallest: int, since: datetime, now: datetime
) -> Iterator[str]:
    yield f'<rect x="0" y="{_HIGH}" width="{_WIDE}" height="1" fill="var(--line)"/>'
    wide = _WIDE / HOURS
    for place, hour in enumerate(hours):
        began, top = max(now - timedelta(hours=HOURS - place), since), float(_HIGH)
        for status in STATUSES[::-1]:
            if count := hour[status]:
                tall = count / tallest * (_HIGH - 4)
                top -= tall
                box = f'x="{place * wide + 1:g}" y="{top:.1f}" width="{wide - 2:g}"'
                said = f"<title>{count:,} {status} from {clock(began)}</title>"
                yield f'<rect {box} height="{tall:.1f}" fill="{colour(status)}">{said}</rect>'


def _times(now: datetime) -> Iterator[str]:
    for hours in (24, 18, 12, 6, 0):
        x = _WIDE * (HOURS - hours) / HOURS
        anchor = {24: "start", 0: "end"}.get(hours, "middle")
        place = f'x="{x:g}" y="{_HIGH + _FOOT - 2}" text-anchor="{anchor}" font-size="10"'
        yield f'<text {place} fill="var(--faint)">{clock(now - timedelta(hours=hours))}</text>'
