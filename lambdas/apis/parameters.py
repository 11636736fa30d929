"""The parameters of a call: as the plan has them, filled in with what is known when it is made."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

AGO = "$ago"
"""Marks a time: the value beside it is for how many seconds it is past."""
NUMBER = "$number"
"""Marks a text that the operation takes as a number."""
_NAME = re.compile(r"\{(\w+)\}")


def filled(template: Any, names: Mapping[str, str], now: datetime) -> Any:
    """Put names in the place of {name}, and times in the place of what is so long ago.

    :raises ValueError: where a name is no number that must be one.
    """
    if isinstance(template, str):
        return _NAME.sub(lambda found: names[found[1]], template) if "{" in template else template
    if isinstance(template, Mapping):
        if AGO in template:
            return now - timedelta(seconds=template[AGO])
        if NUMBER in template:
            return int(filled(template[NUMBER], names, now))
        return {name: filled(value, names, now) for name, value in template.items()}
    if isinstance(template, list | tuple):
        return [filled(value, names, now) for value in template]
    return template
