"""AWS's prices, and what a bill of quantities comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("prices.yaml")


@dataclass(frozen=True, slots=True)
class Price:
    """What `per` of a unit cost, and how many of them are free each month.

    `pool` names the allowance, which some prices share; `seen` is `page` or `reported`, and `note`
    says more of it.
    """

    label: str
    usd: float
    per: int
    unit: str
    free: int
    page: str
    read: date
    seen: str
    pool: str | None = None
    note: str | None = None

    def of(self, quantity: float) -> float:
        """Give the list price of a quantity."""
        return quantity / self.per * self.usd


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: a quantity, its list price, and the price without the free part."""

    price: Price
    quantity: float
    listed: float
    after_free: float


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of a month; both sums are dollars."""

    lines: tuple[Line, ...]

    @property
    def listed(self) -> float:
        """The sum without any free tier."""
        return sum(line.listed for line in self.lines)

    @property
    def after_free(self) -> float:
        """The sum in an account that uses its free tiers for nothing else."""
        return sum(line.after_free for line in self.lines)


def read_prices() -> dict[str, Price]:
    """Read the prices, by their ids."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))["prices"]
    return {name: Price(**row) for name, row in rows.items()}


def region() -> str:
    """Tell the region whose prices these are."""
    return str(yaml.safe_load(FILE.read_text(encoding="utf-8"))["region"])


def bill(quantities: Mapping[str, float], prices: Mapping[str, Price]) -> Bill:
    """Price the quantities of a month, in the order of the prices; the first may empty a pool."""
    left = {price.pool or name: float(price.free) for name, price in prices.items()}
    lines = []
    for name, price in prices.items():
        quantity = quantities.get(name, 0.0)
        if quantity:
            pool = price.pool or name
            free = min(quantity, left[pool])
            left[pool] -= free
            lines.append(Line(price, quantity, price.of(quantity), price.of(quantity - free)))
    return Bill(tuple(lines))
