"""What a person asks the board for: of which watch and status, which page, in which colours."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.model import (
    CANCELLED,
    FAILED,
    PARTIAL,
    PENDING,
    RUNNING,
    SUCCEEDED,
    UNKNOWN,
)

STATUSES = (FAILED, PARTIAL, RUNNING, PENDING, SUCCEEDED, CANCELLED, UNKNOWN)
"""In the order in which they are shown: trouble first."""
LIGHT, DARK = "light", "dark"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to show: the jobs of `status` and of `watch`, None for all; `page` counts from 1."""

    status: str | None = None
    watch: str | None = None
    page: int = 1
    theme: str = LIGHT

    def those_of(self, statuses: Iterable[str]) -> list[str]:
        """Give those of some statuses that are asked for."""
        return [each for each in statuses if self.status in (None, each)]

    @property
    def words(self) -> dict[str, Any]:
        """The words with which the same is asked for again, whatever the theme is then."""
        words = {"status": self.status, "watch": self.watch, "page": self.page}
        return {name: word for name, word in words.items() if word is not None}


Button = Callable[[str, Asked], str]
"""Writes a button: its label, which is HTML, and what is asked for where it is pressed."""


def read_asked(words: Mapping[str, Any], watches: Container[str]) -> Asked:
    """Read what is asked for; a word that means nothing here is as if it were not there."""
    status, watch, page = (words.get(name) for name in ("status", "watch", "page"))
    return Asked(
        status=status if status in STATUSES else None,
        watch=watch if isinstance(watch, str) and watch in watches else None,
        page=_page(page),
        theme=DARK if words.get("theme") == DARK else LIGHT,
    )


def _page(found: Any) -> int:
    text = str(found)
    page = int(text) if text.isascii() and text.isdecimal() and len(text) < len("10000") else 1
    return max(page, 1)
