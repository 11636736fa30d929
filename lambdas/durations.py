"""Durations as people say them."""

from itertools import dropwhile
from typing import overload


@overload
def took(seconds: float, parts: int = 2) -> str: ...
@overload
def took(seconds: float | None, parts: int = 2) -> str | None: ...
def took(seconds: float | None, parts: int = 2) -> str | None:
    """Say a duration by its largest units, `2 h 5 min`: after a day, seconds don't matter."""
    if seconds is None:
        return None
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    counts = {"d": days, "h": hours, "min": minutes, "s": rest}
    told = [*dropwhile(lambda each: not each[1], counts.items())][:parts]
    return " ".join(f"{n} {unit}" for unit, n in told if n) or "0 s"
