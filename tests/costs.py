"""Short ways to ask the cost model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.cost.fleet import Activity, Group
from infra.cost.fleet import groups_of as read
from infra.cost.month import usage, waiting
from tests.catalogue import compile_plan

ROOT = Path(__file__).parents[1]
QUIET = Activity(jobs=0, unfinished=0, changes=0, alerts=0, dashboards=0)
MINUTES = 43_200
"""In a month of the model."""
BEATS = 14_400
"""Of the heartbeat in such a month."""
EMPTY_RECEIVES = 648_000


def used(activity: Activity = QUIET, **group: Any) -> Mapping[str, float]:
    """What a month takes of one watch, without what waiting takes, which follows no watch."""
    month, others = usage([Group(service="one", **group)], activity), waiting(activity)
    return {name: quantity - others.get(name, 0) for name, quantity in month.items()}


def groups_of(folder: Path, *watches: Mapping[str, Any]) -> list[Group]:
    """The groups of a file with these watches; ten parents where some are discovered."""
    file = folder / "watches.yaml"
    named = {f"watch-{number}": dict(watch) for number, watch in enumerate(watches)}
    file.write_text(yaml.safe_dump({"watches": named}), encoding="utf-8")
    plan = compile_plan(file, ROOT / "catalogue").plan
    return read(plan, dict.fromkeys(plan.sources, 10))
