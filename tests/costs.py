"""Short ways to ask the cost model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.config.plan import compile_plan
from operate.cost.fleet import Activity, Change, Group, from_plan
from operate.cost.quantities import Quantities
from operate.cost.usage import usage
from tests.stage import CATALOGUE

Q = Quantities()
QUIET = Activity(jobs=0, unfinished=0, changes=0, alerts=0)
MINUTES = 43_200
"""In a month of the model."""
EMPTY_RECEIVES = 648_000


def used(activity: Activity = QUIET, **group: Any) -> Mapping[str, float]:
    """What a month takes of watches that are alike."""
    return usage([Group(**group)], activity, Q)


def groups_of(folder: Path, watch: Mapping[str, Any], **more: Any) -> list[Group]:
    """The groups of a file with one watch."""
    file = folder / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": {"one": watch}}), encoding="utf-8")
    usual = {"parents": 10, "pages": 7, "what_if": Change()}
    return from_plan(compile_plan(file, CATALOGUE).plan, **usual | more)
