"""Numbers and lists as people write them."""

from collections.abc import Sequence

CENT = 0.01


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number of things: `1 watch`, `2 watches`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Write some words: `A, B and C`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def money(dollars: float) -> str:
    """Write an amount; what rounds to nothing is not nothing."""
    if 0 < dollars < CENT / 2:
        return "< $0.01"
    return f"${dollars:,.2f}" if dollars else "$0"
