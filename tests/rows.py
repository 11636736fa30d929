"""The catalogue's rows as the functions see them, without the functions."""

import json
from pathlib import Path

import yaml

from lambdas.plan import Source, parse_plan, write_plan
from tests.catalogue import compile_plan

CATALOGUE = Path(__file__).parents[1] / "catalogue"


def sources_of(folder: Path, *names: str) -> dict[str, Source]:
    """Compile some rows, as the synth would; `folder` is where a file for it may stand."""
    file = folder / "watches.yaml"
    watches = {f"w{number}": {"source": name} for number, name in enumerate(names)}
    file.write_text(yaml.safe_dump({"watches": watches}), encoding="utf-8")
    plan = parse_plan(json.loads(json.dumps(write_plan(compile_plan(file, CATALOGUE).plan))))
    return dict(plan.sources)
