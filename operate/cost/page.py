"""Writes the figures of docs/cost.md and of README.md out of the cost model: `make docs`."""

import shlex
from collections.abc import Iterator

from infra.cost.fleet import SHIPPED
from infra.cost.prices import read_prices, region
from infra.pages import between
from infra.words import money
from operate.command.cost import asked_in
from operate.cost import figures
from operate.cost.options import ROOT, Asked
from operate.cost.rivals import Comparison, compare, of_a_recipient

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
_EXAMPLE = ("`./jobwatch cost …`", "scopes", "list price", "after free tier", "loop", "cheaper")
_FIGURES = """
## The watches that ship

{small}
## More examples

*Loop* is a Step Functions loop for each unfinished job, at list prices; *cheaper* is for how many
such jobs Jobwatch is. What is not named is as above.

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
    written = _FIGURES.format(
        small=_small(),
        examples=figures.markdown(_EXAMPLE, _examples()),
        slow="".join(
            f"- `{each}`: {line}\n" for each in EXAMPLES for line in figures.slow(*_asked(each)[0])
        ),
        region=region(),
        notes="".join(f"{each.label}: {each.note}.\n" for each in prices if each.note),
        prices=figures.markdown(figures.PRICES, figures.price_rows(prices)),
    )
    return between(page, START, END, written)


def readme(page: str) -> str:
    """Give README.md anew: the sum, and what most of it is."""
    return between(page, START, END, f"\n{_short()}\n")


def _short() -> str:
    asked, compared = _asked("")
    dearest = sorted(compared.jobwatch.lines, key=lambda line: -line.listed)[:3]
    parts = "; ".join(f"{line.price.label} {money(line.listed)}" for line in dearest)
    return (
        f"{figures.said(*asked)}:\n**{figures.headline(compared.jobwatch)}**, with prices of "
        f"{region()}. The largest parts: {parts}.\n{figures.instead(compared)}\n"
    )


def _small() -> str:
    asked, compared = _asked("")
    bill = figures.markdown(figures.BILL, figures.bill_rows(compared.jobwatch))
    said, instead = figures.said(*asked), figures.instead(compared)
    each = figures.recipients(of_a_recipient(*asked, read_prices()))
    return f"{said}, with prices of {region()}:\n\n{bill}\n{each}\n\n{instead}\n"


def _examples() -> Iterator[figures.Row]:
    for options in EXAMPLES:
        (groups, _), compared = _asked(options)
        scopes = sum(group.scopes for group in groups)
        bill, loop = compared.jobwatch, compared.loop
        sums = (money(each) for each in (bill.listed, bill.after_free, loop.bill.listed))
        yield (f"`{options}`", f"{scopes:,}", *sums, figures.since(loop.dearer))


def _asked(options: str) -> tuple[Asked, Comparison]:
    asked = asked_in(shlex.split(options), [*SHIPPED])
    return asked, compare(*asked, read_prices())


def main() -> None:
    """Write both pages to their places."""
    for file, write in ((PAGE, cost_page), (README, readme)):
        file.write_text(write(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
