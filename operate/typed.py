"""Numbers and lengths of time as people type them; `watches.yaml` is stricter."""

import re

from infra.config.files.durations import UNITS
from infra.config.files.mistakes import InvalidValueError, shown

_LENGTH = re.compile(r"([0-9]{1,5}) ?([a-z]+)")
_SHORT = {name[0]: each for name, each in UNITS.items()} | {"min": UNITS["minute"]}


def whole(text: str, least: int, most: int) -> int:
    """Read a whole number, with or without separators.

    :raises InvalidValueError: when it is none, or out of range.
    """
    number = text.replace(",", "").replace("_", "")
    if not number.isdecimal() or len(number) > len(str(most)) or not least <= int(number) <= most:
        raise InvalidValueError(shown(text), f"a whole number from {least} to {most:,}")
    return int(number)


def seconds(text: str) -> int | None:
    """Read a length of time, such as `90m`, `24h` or `2 days`; None where it is none."""
    match = _LENGTH.fullmatch(text.strip().lower())
    unit = match and (UNITS.get(match[2].removesuffix("s")) or _SHORT.get(match[2]))
    return int(match[1]) * unit if match and unit else None
