"""Globs over what jobs are called, of which type they are, and over their ids."""

import re
from collections.abc import Mapping
from fnmatch import translate
from functools import cache

Globs = Mapping[str, tuple[str, ...]]
"""Globs such as `prod-*` by what they are held against: `name`, `type` or `id`."""

_NEVER = "(?!)"
"""What stands in the pattern of a glob that nothing fits."""


def fits(globs: tuple[str, ...], value: str | None) -> bool:
    """Tell whether a value fits one of these globs, in which `*`, `?` and `[ab]` stand for some."""
    return value is not None and _compiled(globs).match(value) is not None


def fits_nothing(glob: str) -> bool:
    """Tell whether nothing can fit a glob, as nothing is in a range of it, such as `[z-a]`."""
    return _NEVER in translate(glob)


def fits_all(glob: str) -> bool:
    """Tell whether whatever says something fits a glob."""
    return "*" in glob and glob.replace("*", "") in ("", "?")


@cache
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Compile globs: each goes through a text once, as a `*` never takes back what it took."""
    return re.compile("|".join(map(translate, globs)))
