"""The plan that watches every source of the catalogue."""

from collections.abc import Mapping

from infra.config.plan_values import build_plan
from infra.config.rows import read_catalogue
from infra.config.watches import Watch, WatchesFile
from lambdas.plan import Plan
from tests.catalogue import CATALOGUE


def every_plan(names: Mapping[str, str] | None = None) -> Plan:
    """Give the plan; `names` are those of some watches by source, the others have a number."""
    rows = read_catalogue(CATALOGUE).rows
    named = {source: f"watch-{number}" for number, source in enumerate(rows)} | dict(names or {})
    watches = {name: Watch(source=(source,)) for source, name in named.items()}
    chosen = {name: {source: ()} for source, name in named.items()}
    return build_plan(WatchesFile(watches=watches), chosen, rows)
