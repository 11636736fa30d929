"""The paths of a row into one job: each says in the row's model what it leads to."""

from collections.abc import Iterator
from enum import Enum
from inspect import get_annotations
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import Field

from infra.config.files.mistakes import Key
from infra.config.files.wording import Model


class Leads(Enum):
    """What a path leads to."""

    ID = "a text or a number"
    TEXT = "a text"
    NUMBER = "a number"
    TIME = "a time"
    VALUE = "a plain value"
    VALUES = "a plain value, or of a list of them"
    REASONS = "a list of texts or objects"


Text = Annotated[str, Field(min_length=1)]
IdPath = Annotated[Text, Leads.ID]
TextPath = Annotated[Text, Leads.TEXT]
NumberPath = Annotated[Text, Leads.NUMBER]
TimePath = Annotated[Text, Leads.TIME]
ValuePath = Annotated[Text, Leads.VALUE]
ValuesPath = Annotated[Text, Leads.VALUES]
ReasonsPath = Annotated[Text, Leads.REASONS]


class JobPath(NamedTuple):
    """A path, where it stands in its row, and what it leads to."""

    key: Key
    path: str
    leads: Leads


def job_paths(part: Model, above: Key = ()) -> Iterator[JobPath]:
    """Give every path into one job that a row, or the part of it at `above`, has."""
    for name, hint in get_annotations(type(part)).items():
        value, leads, key = getattr(part, name), _leads(hint), (*above, name)
        if isinstance(value, Model):
            yield from job_paths(value, key)
        elif leads is not None and isinstance(value, tuple):
            yield from (JobPath((*key, place), path, leads) for place, path in enumerate(value))
        elif leads is not None and value is not None:
            yield JobPath(key, value, leads)


def _leads(hint: Any) -> Leads | None:
    """Find what a hint says of its path, which may be optional, or one of a tuple."""
    if isinstance(hint, Leads):
        return hint
    return next(filter(None, map(_leads, get_args(hint))), None)
