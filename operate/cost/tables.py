"""The tables of costs, as rows of text: the terminal and docs/cost.md show the same."""

from collections.abc import Iterable, Iterator

from infra.config.files.durations import spoken
from operate.cost.fleet import scopes_of
from operate.cost.options import Question
from operate.cost.prices import Bill, Line, Price
from operate.cost.quantities import Quantities, explained
from operate.cost.rivals import Comparison, Rival

Row = tuple[str, ...]

BILL: Row = ("what", "a month", "price", "list price", "after free tier")
SHORT: Row = ("what", "a month", "list price", "after free tier")
COMPARED: Row = ("what", "list price", "after free tier", "Jobwatch is cheaper from")
PRICES: Row = ("what", "price", "free each month", "read")
CONSTANTS: Row = ("constant", "value", "basis", "why")

CENT = 0.01
_PER = {1: "", 1_000_000: " a million"}


def said(question: Question) -> str:
    """Say what was asked, so that nobody has to guess what was taken for granted."""
    groups, activity = question.groups, question.activity
    watches = sum(group.watches for group in groups)
    idle = _spoken({group.idle_every for group in groups if group.idle_every})
    cadences = _spoken({group.every for group in groups}) + (
        f" ({idle} while idle)" if idle else ""
    )
    writes = any(group.writes_progress for group in groups)
    moving = f", {activity.moving:.0%} of them moving at each look" if writes else ""
    mailed = f", mailed to {counted(activity.emails, 'address', 'addresses')}"
    return (
        f"{counted(watches, 'watch', 'watches')} in {counted(scopes_of(groups), 'scope')}, every "
        f"{cadences.removeprefix('1 ')}; {counted(activity.jobs, 'job')} "
        f"({activity.unfinished:,} unfinished{moving}); {counted(activity.changes, 'change')} and "
        f"{counted(activity.alerts, 'alert')} a day" + (mailed if activity.emails else "")
    )


def _spoken(durations: Iterable[int]) -> str:
    return ", ".join(spoken(each) for each in sorted(durations))


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number of things."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def bill_rows(comparison: Comparison) -> Iterator[Row]:
    """Give the lines of Jobwatch's bill, and their sum."""
    for line in comparison.jobwatch.lines:
        yield (line.price.label, quantity(line), price(line.price), *_both(line))
    bill = comparison.jobwatch
    yield ("sum", "", "", money(bill.listed), money(bill.after_free))


def short_rows(comparison: Comparison) -> Iterator[Row]:
    """Give the lines that come to a cent or more, and the others together."""
    bill = comparison.jobwatch
    dear = [line for line in bill.lines if line.listed >= CENT]
    rest = Bill(tuple(line for line in bill.lines if line.listed < CENT))
    for line in dear:
        yield (line.price.label, quantity(line), *_both(line))
    if rest.lines:
        sums = (money(rest.listed), money(rest.after_free))
        yield (f"{len(rest.lines)} more, below a cent each", "", *sums)


def headline(comparison: Comparison) -> str:
    """Say what it comes to."""
    bill = comparison.jobwatch
    return f"{money(bill.listed)} a month at list prices, {money(bill.after_free)} after free tier"


def instead(comparison: Comparison) -> str:
    """Say what loops and functions would cost that look at the unfinished jobs as often."""
    loop, *_, function = (money(rival.bill.listed) for rival in comparison.rivals)
    return (
        f"Instead, a Step Functions loop for each unfinished job: {loop}; "
        f"a scheduled function: {function}."
    )


def break_even(comparison: Comparison) -> str:
    """Say from how many unfinished jobs Jobwatch is cheaper."""
    loop, *_, function = (_from(rival.from_listed) for rival in comparison.rivals)
    return f"Jobwatch is cheaper than loops {loop}, than functions {function}."


def _from(jobs: int | None) -> str:
    return "at no number of jobs" if jobs is None else f"from {counted(jobs, 'job')} on"


def compared_rows(comparison: Comparison) -> Iterator[Row]:
    """Give Jobwatch and what else there is, with the jobs from which Jobwatch is cheaper."""
    ours = comparison.jobwatch
    yield ("Jobwatch", money(ours.listed), money(ours.after_free), "")
    for rival in comparison.rivals:
        both = (money(rival.bill.listed), money(rival.bill.after_free))
        yield (rival.label, *both, cheaper_from(rival))


def price_rows(prices: Iterable[Price]) -> Iterator[Row]:
    """Give every price with where and when it was read."""
    for each in prices:
        free = f"{each.free:,} {each.unit}" if each.free else ""
        mark = "" if each.seen == "page" else " *"
        yield (each.label, _whole_price(each), free, f"[{each.read}]({each.page}){mark}")


def constant_rows(quantities: Quantities) -> Iterator[Row]:
    """Give every constant of the model with its basis."""
    for each in explained(quantities):
        yield (f"`{each.name}`", f"{each.value:,g} {each.unit}", each.basis, each.why)


def markdown(head: Row, rows: Iterable[Row]) -> str:
    """Write a table as Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def money(dollars: float) -> str:
    """Write an amount; what rounds to nothing is not nothing."""
    if 0 < dollars < 0.005:  # noqa: PLR2004  half a cent
        return "< $0.01"
    return f"${dollars:,.2f}" if dollars else "$0"


def price(of: Price) -> str:
    """Write a price as people say it."""
    if not of.usd:
        return "free"
    whole, digits = f"{of.usd:.10f}".split(".")
    usd = f"${whole}.{digits.rstrip('0'):0<2}"
    return usd + _PER.get(of.per, f" for {of.per:,}")


def quantity(line: Line) -> str:
    """Write how much of something there is."""
    few = line.quantity < 100 and line.quantity % 1  # noqa: PLR2004  then digits matter
    return f"{line.quantity:,.{3 if few else 0}f} {line.price.unit}"


def cheaper_from(rival: Rival) -> str:
    """Write from how many running jobs Jobwatch is cheaper."""
    listed, after_free = _jobs(rival.from_listed), _jobs(rival.from_after_free)
    return listed if listed == after_free else f"{listed}; {after_free} after free tier"


def _whole_price(of: Price) -> str:
    if not of.usd:
        return price(of)
    one = of.unit.removesuffix("s")
    article = "an" if one[0] in "aeiou" else "a"
    return f"{price(of)} " + (f"{article} {one}" if of.per == 1 else of.unit)


def _both(line: Line) -> Row:
    return (money(line.listed), money(line.after_free))


def _jobs(number: int | None) -> str:
    if number is None:
        return "never"
    return f"{number:,} job{'' if number == 1 else 's'}"
