"""The parameters of a call: as the plan has them, filled in with what is known when it is made."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    """Marks what is not given as it stands: the only key of an object, what is meant beside it.

    A time so many seconds ago, or ahead if below 0; a text that the operation takes as a number; a
    list that has something once for each job that is asked for.
    """

    AGO = "$ago"
    NUMBER = "$number"
    EACH = "$each"


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
        case {Mark.AGO: seconds}:
            value: Any = now - timedelta(seconds=seconds)
        case {Mark.NUMBER: text}:
            value = int(filled(text, names, now))
        case {Mark.EACH: text}:
            value = [filled(text, {**names, "id": each}, now) for each in job_ids]
        case dict():
            value = {key: filled(each, names, now, job_ids) for key, each in template.items()}
        case _:
            value = template
    return value


def with_value(parameters: Mapping[str, Any], dotted: str, value: Any) -> dict[str, Any]:
    """Give parameters with a value where a dotted path leads, such as Filter.SubmitTimeAfter."""
    name, _, rest = dotted.partition(".")
    inner = with_value(parameters.get(name, {}), rest, value) if rest else value
    return {**parameters, name: inner}
