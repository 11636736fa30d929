"""The figures as text: the terminal and docs/cost.md show the same."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from infra.config.files.durations import MINUTE, spoken
from infra.cost.fleet import Activity, Group
from infra.cost.month import lanes
from infra.cost.prices import Bill, Line, Price
from infra.words import CENT, counted, listed, money
from operate.cost.rivals import Comparison, Span

Row = tuple[str, ...]
BILL: Row = ("what", "a month", "list price", "after free tier")
PRICES: Row = ("what", "price", "free each month", "read")
LONG = 10 * MINUTE
"""Seconds from which on nobody counts them."""
_RECIPIENTS = {"emails": "an address", "topics": "a chat or topic", "pagers": "a pager"}
_PER = {1: "", 1_000_000: " a million"}


def said(groups: Sequence[Group], activity: Activity) -> str:
    """Say what was asked, so that nobody has to guess what was taken for granted."""
    watches, scopes = len({each.watch for each in groups}), sum(each.scopes for each in groups)
    in_lanes = sum(lane.places for lane in lanes(groups, activity))
    cadences = ", ".join(spoken(each) for each in sorted({group.every for group in groups}))
    moving = any(group.stalls and group.has_progress for group in groups)
    progress = f", {activity.moving}% of them moving at each look" if moving else ""
    mailed = f", mailed to {counted(activity.emails, 'address', 'addresses')}"
    others = [counted(n, what) for n, what in _behind_bus(activity) if n]
    return (
        f"{counted(watches, 'watch', 'watches')} in {counted(scopes, 'scope')} "
        f"({counted(in_lanes, 'lane')}), every {cadences.removeprefix('1 ')}; "
        f"{counted(activity.jobs, 'job')} ({activity.unfinished:,} unfinished{progress}); "
        f"{counted(activity.changes, 'change')} and {counted(activity.alerts, 'alert')} a day"
        + (mailed if activity.emails else "")
        + (f", to {listed(others)}" if others else "")
    )


def _behind_bus(activity: Activity) -> Iterator[tuple[int, str]]:
    yield activity.pagers, "pager"
    yield activity.topics, "topic"


def slow(groups: Sequence[Group], activity: Activity) -> Iterator[str]:
    """Name the lanes that take longer than their cadence: they are polled as often as they can."""
    for lane in lanes(groups, activity):
        if lane.seconds > lane.every:
            minutes, every = round(lane.seconds / MINUTE) * MINUTE, spoken(lane.every)
            took = minutes if minutes > max(lane.every, LONG) else math.ceil(lane.seconds)
            calls = f"{lane.calls:,.0f} calls to {lane.service} take {spoken(took)}"
            yield f"{calls}: longer than {every}, so that lane is polled less often."


def bill_rows(bill: Bill) -> Iterator[Row]:
    """Give the lines that come to a cent or more, the others together, and the sum."""
    rest = Bill(tuple(line for line in bill.lines if line.listed < CENT))
    for line in bill.lines:
        if line.listed >= CENT:
            yield (line.price.label, quantity(line), *_both(line))
    if rest.lines:
        yield (f"{len(rest.lines)} more, below a cent each", "", *_both(rest))
    yield ("sum", "", *_both(bill))


def recipients(dollars: Mapping[str, float]) -> str:
    """Say what one recipient more of each kind costs."""
    each = [f"{what} {money(dollars[kind])}" for kind, what in _RECIPIENTS.items()]
    return f"One recipient more of every alert: {listed(each)}."


def headline(bill: Bill) -> str:
    """Say what it comes to."""
    return f"{money(bill.listed)} a month at list prices, {money(bill.after_free)} after free tier"


def instead(comparison: Comparison) -> str:
    """Say what loops and functions would cost that look at the unfinished jobs as often."""
    loop, function = comparison.loop, comparison.function
    return (
        f"Instead, a Step Functions loop for each unfinished job: {money(loop.bill.listed)}; "
        f"a scheduled function: {money(function.bill.listed)}.\nJobwatch is cheaper than loops "
        f"{since(loop.dearer)}, than functions {since(function.dearer)}."
    )


def since(spans: Iterable[Span]) -> str:
    """Write for how many running jobs something holds."""
    return " and ".join(map(_span, spans)) or "at no number of jobs"


def _span(span: Span) -> str:
    first, last = span
    if last is None:
        return f"from {counted(first, 'job')} on"
    return f"with {counted(first, 'job')}" if first == last else f"from {first:,} to {last:,} jobs"


def price_rows(prices: Iterable[Price]) -> Iterator[Row]:
    """Give every price with where and when it was read."""
    for each in prices:
        free = f"{each.free:,} {each.unit}" if each.free else ""
        mark = "" if each.seen == "page" else " *"
        yield (each.label, price(each), free, f"[{each.read}]({each.page}){mark}")


def markdown(head: Row, rows: Iterable[Row]) -> str:
    """Write a table as Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def price(of: Price) -> str:
    """Write a price as people say it, such as $0.20 a million requests."""
    whole, digits = f"{of.usd:.10f}".split(".")
    usd = f"${whole}.{digits.rstrip('0'):0<2}" + _PER.get(of.per, f" for {of.per:,}")
    if of.per > 1:
        return f"{usd} {of.unit}"
    one = of.unit.removesuffix("s")
    return f"{usd} {'an' if one[0] in 'aeiou' else 'a'} {one}"


def quantity(line: Line) -> str:
    """Write how much of something there is."""
    few = line.quantity < 100 and line.quantity % 1  # noqa: PLR2004  then digits matter
    unit = line.price.unit.removesuffix("s") if line.quantity == 1 else line.price.unit
    return f"{line.quantity:,.{3 if few else 0}f} {unit}"


def _both(of: Line | Bill) -> Row:
    return (money(of.listed), money(of.after_free))
