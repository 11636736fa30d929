"""The parameters of a call: as the plan has them, filled in with what is known when it is made."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

AGO = "$ago"
"""Marks a time: the value beside it is for how many seconds it is past."""
NUMBER = "$number"
"""Marks a text that the operation takes as a number."""
EACH = "$each"
"""Marks a list of what is beside it, once for each job that is asked for."""
_NAME = re.compile(r"\{(\w+)\}")


def filled(
    template: Any, names: Mapping[str, str], now: datetime, job_ids: Sequence[str] = ()
) -> Any:
    """Put names in the place of {name}, and times in the place of what is so long ago.

    :raises ValueError: where a name is no number that must be one.
    """
    match template:
        case str():
            return _NAME.sub(lambda found: names[found[1]], template)
        case list() | tuple():
            return [filled(value, names, now, job_ids) for value in template]
        case {"$ago": seconds}:
            value: Any = now - timedelta(seconds=seconds)
        case {"$number": text}:
            value = int(filled(text, names, now))
        case {"$each": text}:
            value = [filled(text, {**names, "id": each}, now) for each in job_ids]
        case dict():
            value = {key: filled(each, names, now, job_ids) for key, each in template.items()}
        case _:
            value = template
    return value
