"""Writes the figures of docs/cost.md and of README.md out of the cost model: `make docs`."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from operate.cost.fleet import SHIPPED
from operate.cost.options import Question, ask
from operate.cost.prices import read_prices, region
from operate.cost.rivals import Comparison, compare
from operate.cost.tables import (
    BILL,
    PRICES,
    Row,
    bill_rows,
    instead,
    markdown,
    money,
    price_rows,
    said,
    since,
    slow,
)

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ROOT / "docs" / "cost.md", ROOT / "README.md"
START, END = "<!-- from the cost model: begin -->\n", "<!-- from the cost model: end -->\n"
_ORGANIZATION = (
    "--accounts 1000 --regions 2 --jobs 1000000 --unfinished 1000 --changes 10000 --alerts 500"
)
EXAMPLES = (
    "--every '15 seconds'",
    "--every '15 minutes'",
    "--jobs 100000",
    _ORGANIZATION,
    f"{_ORGANIZATION} --every '5 minutes'",
)
_EXAMPLE: Row = (
    "`make cost ARGS=…`",
    "scopes",
    "list price",
    "after free tier",
    "loop",
    "cheaper",
)
_FIGURES = """
## The watches that ship

{small}
## More examples

*Loop* is a Step Functions loop for each unfinished job, at list prices; *cheaper* is from how many
such jobs on Jobwatch is. What is not named is as above.

{examples}
{slow}
## The prices

Public list prices of {region} in US dollars; *read* links the page of AWS. A star: that page could
not be read itself, and the figure is as other pages report it.
{notes}
{prices}"""


def cost_page(page: str) -> str:
    """Give docs/cost.md anew."""
    prices = read_prices().values()
    figures = _FIGURES.format(
        small=_small(),
        examples=markdown(_EXAMPLE, _examples()),
        slow="".join(f"{line}\n" for line in _slow()),
        region=region(),
        notes="".join(f"{each.label}: {each.note}.\n" for each in prices if each.note),
        prices=markdown(PRICES, price_rows(prices)),
    )
    return _between(page, figures)


def readme(page: str) -> str:
    """Give README.md anew."""
    return _between(page, f"\n{_small()}\n")


def _small() -> str:
    question, compared = _asked("")
    asked = f"{said(question.groups, question.activity)}, with prices of {region()}:"
    return f"{asked}\n\n{markdown(BILL, bill_rows(compared.jobwatch))}\n{instead(compared)}\n"


def _examples() -> Iterator[Row]:
    for options in EXAMPLES:
        question, compared = _asked(options)
        scopes = sum(group.scopes for group in question.groups)
        bill, loop = compared.jobwatch, compared.loop
        sums = (money(each) for each in (bill.listed, bill.after_free, loop.bill.listed))
        yield (f"`{options}`", f"{scopes:,}", *sums, since(loop.from_jobs))


def _slow() -> Iterator[str]:
    for options in EXAMPLES:
        question, _ = _asked(options)
        for line in slow(question.groups, question.activity):
            yield f"- `{options}`: {line}"


def _asked(options: str) -> tuple[Question, Comparison]:
    question = ask(shlex.split(options), watched=SHIPPED)
    return question, compare(question.groups, question.activity, read_prices())


def _between(page: str, text: str) -> str:
    before, rest = page.split(START)
    return before + START + text + END + rest.split(END)[1]


def main() -> None:
    """Write both pages to their places."""
    for file, write in ((PAGE, cost_page), (README, readme)):
        file.write_text(write(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
