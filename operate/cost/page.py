"""Writes the figures of docs/cost.md and of README.md out of the cost model: `make docs`.

They are of made-up watches: what somebody writes into watches.yaml makes no document stale.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from operate.cost.fleet import scopes_of
from operate.cost.options import ask
from operate.cost.prices import read_prices, region
from operate.cost.quantities import Quantities
from operate.cost.rivals import Comparison, compare
from operate.cost.tables import (
    BILL,
    COMPARED,
    CONSTANTS,
    PRICES,
    Row,
    bill_rows,
    break_even,
    cheaper_from,
    compared_rows,
    constant_rows,
    instead,
    markdown,
    money,
    price_rows,
    said,
)

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ROOT / "docs" / "cost.md", ROOT / "README.md"
START, END = "<!-- from the cost model: begin -->\n", "<!-- from the cost model: end -->\n"

SMALL = "--watches 3"
_ORGANIZATION = "--watches 3 --accounts 1000 --regions 2 --jobs 1000000 --unfinished 1000"
_BUSY = "--changes 10000 --alerts 500"
EXAMPLES = (
    SMALL,
    f"{SMALL} --jobs 100000",
    f"{SMALL} --every '15 seconds'",
    f"{SMALL} --every '15 minutes'",
    "--watches 50 --jobs 50000 --unfinished 100 --changes 1000 --alerts 50",
    f"{_ORGANIZATION} {_BUSY}",
    f"{_ORGANIZATION} {_BUSY} --every '5 minutes'",
    f"{_ORGANIZATION} {_BUSY} --idle-every '15 minutes' --busy 10",
)
_EXAMPLE: Row = ("`make cost ARGS=…`", "scopes", "list price", "after free tier", "loops", "from")


def cost_page(page: str) -> str:
    """Give docs/cost.md anew."""
    prices = read_prices()
    sections = {
        "A small one": f"{_said(SMALL)}\n\n{markdown(BILL, bill_rows(_compared(SMALL)))}",
        "Beside loops": markdown(COMPARED, compared_rows(_compared(SMALL))),
        "More examples": f"{_EXPLAINED}\n\n{markdown(_EXAMPLE, _examples())}",
        "The prices": f"{_sources()}\n\n{markdown(PRICES, price_rows(prices.values()))}",
        "The constants": f"{_BASES}\n\n{markdown(CONSTANTS, constant_rows(Quantities()))}",
    }
    return _between(page, "".join(f"\n## {title}\n\n{text}" for title, text in sections.items()))


def readme(page: str) -> str:
    """Give README.md anew."""
    compared = _compared(SMALL)
    beside = f"{instead(compared)}\n{break_even(compared)}"
    return _between(
        page, f"\n{_said(SMALL)}\n\n{markdown(BILL, bill_rows(compared))}\n{beside}\n\n"
    )


_EXPLAINED = (
    "*Loops* is a Step Functions loop for each unfinished job, at list prices; *from* is how many\n"
    "jobs must run for Jobwatch to be cheaper than that. What is not named is as above."
)
_BASES = (
    "*Rule* is how AWS counts, *design* what code and stack do, *measured* on the tests' stage or\n"
    "beside a local AWS, *assumed* a round figure for what can't be measured without an account."
)


def _said(options: str) -> str:
    question = ask(shlex.split(options))
    return f"{said(question)}, with prices of {region()}:"


def _sources() -> str:
    return (
        f"Public list prices of {region()} in US dollars. *read* links the page of AWS. A star:\n"
        "that page could not be read itself; the figure is as other pages report it.\n" + _notes()
    )


def _notes() -> str:
    noted = [price for price in read_prices().values() if price.note]
    return "".join(f"{price.label}: {price.note}.\n" for price in noted).rstrip()


def _examples() -> Iterator[Row]:
    for options in EXAMPLES:
        compared, scopes = _compared(options), scopes_of(ask(shlex.split(options)).groups)
        ours, loop = compared.jobwatch, compared.rivals[0]
        both = (money(ours.listed), money(ours.after_free))
        yield (f"`{options}`", f"{scopes:,}", *both, money(loop.bill.listed), cheaper_from(loop))


def _compared(options: str) -> Comparison:
    question = ask(shlex.split(options))
    return compare(question.groups, question.activity, read_prices(), Quantities())


def _between(page: str, text: str) -> str:
    before, rest = page.split(START)
    return before + START + text + END + rest.split(END)[1]


def main() -> None:
    """Write both pages to their places."""
    for file, write in ((PAGE, cost_page), (README, readme)):
        file.write_text(write(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
