"""The table of jobs: one row a job, with what it is called, how far it is, and when it ran."""

from collections.abc import Collection, Iterator
from datetime import datetime

from lambdas.board.look import DAY
from lambdas.board.shown import LONGEST_REASON, clock, link, shown
from lambdas.board.style import colour
from lambdas.durations import took
from lambdas.store.remembered import Remembered
from lambdas.times import read_time

WIDE, HIGH = 240, 10
"""Of the line of a job's day, in units of its picture."""
_THINNEST = 2
HEAD = (
    ("status", "9%"),
    ("job", "24%"),
    ("watch", "16%"),
    ("progress", "16%"),
    ("the last day", "20%"),
    ("lasts", "15%"),
)


def table(jobs: Collection[Remembered], now: datetime, consoles: Collection[str]) -> str:
    """Write the table of some jobs; `consoles` are the hosts that links may lead to."""
    if not jobs:
        return '<p class="faint">No such job now, nor in the last day.</p>'
    head = "".join(f'<th style="width:{width}">{name}</th>' for name, width in HEAD)
    rows = "".join(_row(job, now, consoles) for job in jobs)
    return f'<table class="jobs"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _row(job: Remembered, now: datetime, consoles: Collection[str]) -> str:
    where = " ".join(shown(job.detail.get(name)) for name in ("account", "region"))
    cells = (
        _status(job),
        "<br>".join(_job(job, consoles)),
        f'{shown(job.watch)}<br><span class="faint">{where}</span>',
        _progress(job),
        _day(job, now),
        _lasts(job, now),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _status(job: Remembered) -> str:
    raw = shown(job.detail.get("raw_status") or "")
    named = f'class="status" style="color:{colour(job.status)}" title="{raw}"'
    beside = (("stalled", job.stalled), ("overrunning", job.overrun))
    notes = "".join(f"<br>{word}" for word, is_so in beside if is_so and not _ended(job))
    return f"<span {named}>{shown(job.status)}</span>{notes}"


def _job(job: Remembered, consoles: Collection[str]) -> Iterator[str]:
    """Write what a job is called and is, and why it failed, in lines."""
    detail = job.detail
    yield link(detail.get("console_url"), shown(job.name), consoles)
    for under in (job.job_id if detail.get("job_name") else None, detail.get("job_type")):
        if under:
            yield f'<span class="faint">{shown(under)}</span>'
    failure = detail.get("failure") or {}
    why = ": ".join(str(failure[name]) for name in ("code", "message") if failure.get(name))
    if why:
        yield shown(why, LONGEST_REASON)


def _progress(job: Remembered) -> str:
    """Write how far a job is, as a bar where it is known of how much."""
    of = job.detail["progress"]
    total, done, failed = (of.get(name) for name in ("total", "processed", "failed"))
    words = [] if done is None else [f"{done:,} of {total:,}" if total else f"{done:,} done"]
    words += [f"{failed:,} failed"] if failed else []
    said = ", ".join(words)
    if done is None or not total:
        return said
    part = min(max(100 * done / total, 0), 100)
    bar = f'<div style="width:{part:.0f}%;background:{colour(job.status)}"></div>'
    return f'{said}<div class="bar" title="{part:.0f} %">{bar}</div>'


def _day(job: Remembered, now: datetime) -> str:
    """Draw when in the last day a job was there: from its creation to its end, or to now."""
    began, ended = _span(job, now)
    end = _across(ended, now)
    start = max(min(_across(began, now), end - _THINNEST), 0)
    at = clock(began) if began > now - DAY else f"{began:%Y-%m-%d} {clock(began)}"
    title = f"{at} to {clock(ended)} UTC" if _ended(job) else f"since {at} UTC"
    line = f'<rect x="0" y="4" width="{WIDE}" height="1" fill="var(--line)"/>'
    box = f'x="{start:.1f}" y="1" width="{max(end - start, _THINNEST):.1f}" height="7"'
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" height="{HIGH}" preserveAspectRatio="none" role="img" '
        f'aria-label="{title}"><title>{title}</title>{line}'
        f'<rect {box} fill="{colour(job.status)}"/></svg>'
    )


def _ended(job: Remembered) -> bool:
    return bool(job.detail["terminal"])


def _span(job: Remembered, now: datetime) -> tuple[datetime, datetime]:
    """Give when a job began and ended, or what comes nearest: when it was so first, and now."""
    ended = job.since if _ended(job) else now
    return min(read_time(job.detail.get("created_at")) or job.since, ended), ended


def _across(moment: datetime, now: datetime) -> float:
    part = (moment - (now - DAY)) / DAY
    return min(max(part, 0.0), 1.0) * WIDE


def _lasts(job: Remembered, now: datetime) -> str:
    began, ended = _span(job, now)
    since = f"ended {took((now - ended).total_seconds())} ago" if _ended(job) else "so far"
    return f'{took((ended - began).total_seconds())}<br><span class="faint">{since}</span>'
