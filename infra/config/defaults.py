"""What `defaults` say, put into each watch that does not say otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from infra.config.files.documents import Document
from infra.config.files.durations import DAY, MINUTE, seconds, spoken
from infra.config.files.nodes import MOST_VALUES
from infra.config.watches import Defaults

KEY = "defaults"
BESIDE_NO_JOBS = frozenset({"include", "exclude", "expect"})
"""What is a mistake in a watch that names its jobs, and so is not meant for one."""
LAID_LATER = "alerts"
"""Its keys count one by one: over those of `alerts` of the file, in `plan_values`."""


def with_defaults(document: Document) -> Document:
    """Give the file as if its watches said it all; a value of the defaults keeps its line.

    What is wrong in the defaults is a mistake there, and not in each watch as well.
    """
    content = document.content if isinstance(document.content, dict) else {}
    watches, defaults = content.get("watches"), content.get(KEY)
    if not isinstance(watches, dict):
        return document
    values = sum(key[0] == KEY for key in document.lines if key) * len(watches)
    if values > MOST_VALUES:
        most = f"at most {MOST_VALUES:,}, written out for each watch"
        told = document.mistake((KEY,), f"{values:,} values", most)
        return replace(document, mistakes=(*document.mistakes, told))
    right = _right(defaults) if isinstance(defaults, dict) else {}
    right.pop(LAID_LATER, None)
    lines = dict(document.lines)
    merged = {}
    for name, watch in watches.items():
        merged[name] = watch
        if isinstance(watch, dict):
            merged[name] = _merged(right, watch)
            said_above = merged[name].keys() - watch.keys()
            lines |= {("watches", name, each): lines[KEY, each] for each in said_above}
    return replace(document, content={**content, "watches": merged}, lines=lines)


def _merged(defaults: Mapping[str, Any], watch: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a watch over the defaults; of these, nothing counts where it has a key without a value.

    What would be more seldom than by default is in each turn of a watch whose turns are more
    seldom still.
    """
    if "jobs" in watch:
        defaults = {n: value for n, value in defaults.items() if n not in BESIDE_NO_JOBS}
    names = Defaults.model_fields.keys() - {LAID_LATER}
    undone = {name for name in names if name in watch and watch[name] is None}
    merged = {n: value for n, value in {**defaults, **watch}.items() if n not in undone}
    every = seconds(str(merged.get("every", ""))) or MINUTE
    for name in ("idle_every", "discover_every"):
        is_shorter = name not in watch and (seconds(str(merged.get(name))) or every) < every
        merged |= {name: spoken(every)} if is_shorter and every <= DAY else {}
    return merged


def _right(defaults: Mapping[str, Any]) -> dict[str, Any]:
    wrong = _wrong(defaults)
    return {name: value for name, value in defaults.items() if name not in wrong}


def _wrong(defaults: Mapping[str, Any]) -> set[Any]:
    try:
        Defaults.model_validate(defaults)
    except ValidationError as error:
        return {each["loc"][0] for each in error.errors() if each["loc"]}
    return set()
