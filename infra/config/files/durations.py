"""Durations as people write them: `5 minutes`, `30 days`."""

import difflib
import re
from typing import Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from infra.config.files.wording import expected

MINUTE, HOUR, DAY = 60, 3_600, 86_400
UNITS = {"second": 1, "minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}
_LONGER = {"month": 30 * DAY, "year": 365 * DAY}
"""What is no unit, as no two are alike; about how long is meant can be told."""

DURATION_SCHEMA = WithJsonSchema(
    {
        "type": "string",
        "pattern": f"^[0-9]{{1,9}} ({'|'.join(UNITS)})s?$",
        "examples": ["5 minutes", "2 hours", "30 days"],
    }
)

_DURATION = re.compile(r"([0-9]{1,9}) *([A-Za-z]*)")


def seconds(text: str) -> int | None:
    """Read a duration; None when it is not one."""
    match = _DURATION.fullmatch(text)
    unit = UNITS.get(match[2].removesuffix("s")) if match else None
    return int(match[1]) * unit if match and unit and " " in text else None


def spoken(duration: int) -> str:
    """Write a duration in the largest unit that fits, weeks aside."""
    sizes = ((name, size) for name, size in UNITS.items() if size <= DAY)
    name, size = max((pair for pair in sizes if duration % pair[1] == 0), key=lambda pair: pair[1])
    return _counted(duration // size, name)


def between(
    least: int, most: int, *, step: int = 1, also: tuple[int, ...] = (), not_below: str = ""
) -> BeforeValidator:
    """Make the validator that reads a duration from `least` to `most`, in whole `step`s.

    `also` are shorter ones that fit as well; `not_below` names a field before it, which is as long
    at most.
    """
    words = f"a duration from {spoken(least)} to {spoken(most)}"
    words += ", in whole minutes" if step == MINUTE else ""
    words += f", or {_listed(also)} seconds" if also else ""

    def read(value: Any, info: ValidationInfo) -> int:
        found = seconds(value) if isinstance(value, str) else None
        if found is None:
            meant = _meant(value, "day" if least >= DAY else "minute")
            raise expected(words, nearest=closest(meant) if meant else None)
        if found not in also and (not least <= found <= most or found % step):
            raise expected(words, nearest=closest(found))
        if found < info.data.get(not_below, 0):
            raise expected(f"at least as long as {not_below}, {spoken(info.data[not_below])}")
        return found

    def closest(found: int) -> str | None:
        if not min((least, *also)) <= found <= most:
            return None
        fitting = (*also, max(least, round(found / step) * step))
        return spoken(min(fitting, key=lambda each: abs(each - found)))

    return BeforeValidator(read)


def among(durations: tuple[int, ...]) -> BeforeValidator:
    """Make the validator that reads one of some durations, which are in their order.

    :raises PydanticCustomError: with those that are next to what was found.
    """

    def read(value: Any) -> int:
        found = seconds(value) if isinstance(value, str) else None
        if found in durations:
            return found
        meant = found or _meant(value, "day")
        if meant is None:
            raise expected(f"a duration from {spoken(durations[0])} to {spoken(durations[-1])}")
        below = max((each for each in durations if each <= meant), default=durations[0])
        above = min((each for each in durations if each >= meant), default=durations[-1])
        raise expected(" or ".join(map(spoken, dict.fromkeys((below, above)))))

    return BeforeValidator(read)


def _listed(numbers: tuple[int, ...]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} or {last}"


def _meant(value: Any, usual: str) -> int | None:
    """Guess the duration that `5m`, `5 mins`, `5 minuts` or, in the `usual` unit, `5` means."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    units = UNITS | _LONGER
    unit = (match[2].lower().removesuffix("s") or "s") if match[2] else usual
    begun = [name for name in units if name.startswith(unit)]
    close = begun or difflib.get_close_matches(unit, units, n=1, cutoff=0.75)
    return int(match[1]) * units[close[0]] if close else None


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" + ("" if count == 1 else "s")
