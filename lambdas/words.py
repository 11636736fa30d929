"""Words of the messages that say what is wrong with what was asked for."""

from collections.abc import Collection, Iterable

from lambdas.text import one_line

MOST_NAMED, LONGEST_NAMED = 20, 100
"""How many names a message has, and of how many bytes."""


def shown(text: str) -> str:
    """Shorten what was found to what a message shows of it."""
    return one_line(text, LONGEST_NAMED)


def listed(words: Iterable[str], most: int = MOST_NAMED) -> str:
    """Write some words, each once; of many the first, and how many more there are."""
    each = list(dict.fromkeys(words))
    more = [f"and {len(each) - most:,} more"] if len(each) > most else []
    return ", ".join([*each[:most], *more])


def nearest(found: str, words: Collection[str]) -> str | None:
    """Give the word that was meant, if one is near enough."""
    from difflib import get_close_matches  # noqa: PLC0415  no cold start needs it

    return next(iter(get_close_matches(found, words, 1)), None)
