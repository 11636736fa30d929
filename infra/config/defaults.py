"""What `defaults` say, put into each watch that does not say otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from infra.config.files.documents import Document
from infra.config.files.nodes import MOST_VALUES
from infra.config.watches import Defaults

KEY = "defaults"


def with_defaults(document: Document) -> Document:
    """Give the file as if its watches said it all; a value of the defaults keeps its line.

    What is wrong in the defaults is a mistake there, and not in each watch as well.
    """
    content = document.content if isinstance(document.content, dict) else {}
    watches, defaults = content.get("watches"), content.get(KEY)
    if not isinstance(watches, dict) or not isinstance(defaults, dict):
        return document
    values = sum(key[0] == KEY for key in document.lines if key) * len(watches)
    if values > MOST_VALUES:
        most = f"at most {MOST_VALUES:,}, written out for each watch"
        told = document.mistake((KEY,), f"{values:,} values", most)
        return replace(document, mistakes=(*document.mistakes, told))
    right = {name: value for name, value in defaults.items() if name not in _wrong(defaults)}
    lines = dict(document.lines)
    merged = {}
    for name, watch in watches.items():
        merged[name] = watch
        if isinstance(watch, dict):
            merged[name] = {**right, **watch}
            said_above = right.keys() - watch.keys()
            lines |= {("watches", name, each): lines[KEY, each] for each in said_above}
    return replace(document, content={**content, "watches": merged}, lines=lines)


def _wrong(defaults: Mapping[str, Any]) -> set[Any]:
    try:
        Defaults.model_validate(defaults)
    except ValidationError as error:
        return {each["loc"][0] for each in error.errors() if each["loc"]}
    return set()
