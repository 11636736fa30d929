"""Watches of any source of the catalogue, and the plan that watches every one."""

from collections.abc import Mapping
from typing import Any

from infra.config.derived import offered_in
from infra.config.plan_values import build_plan
from infra.config.rows import Row
from infra.config.watches import Watch, WatchesFile
from lambdas.plan import Plan
from tests.catalogue import ours
from tests.every.jobs import parents_of
from tests.sim import REGION


def watch_of(row: Row) -> dict[str, Any]:
    """Give a watch of a source where it is offered, in one parent where there may be any number."""
    watch: dict[str, Any] = {"source": row.id}
    if REGION not in (offered := offered_in(row)):
        watch["regions"] = [offered[0]]
    if row.source.fan_out == "unbounded":
        outermost = row.source.parents[0].parameter
        watch["for"] = {outermost: parents_of(row)[outermost]}
    return watch


def every_plan(names: Mapping[str, str] | None = None) -> Plan:
    """Give the plan; `names` are those of some watches by source, the others have a number."""
    rows = ours().rows
    named = {source: f"watch-{number}" for number, source in enumerate(rows)} | dict(names or {})
    watches = {name: Watch(source=(source,)) for source, name in named.items()}
    chosen = {name: {source: ()} for source, name in named.items()}
    return build_plan(WatchesFile(watches=watches), chosen, rows)
