"""The functions, as they would be deployed for one watch or for those that ship."""

from dataclasses import replace
from pathlib import Path

import yaml

from demo.local_aws import ROOT
from infra.bundle import build_bundle
from infra.config.plan import Compiled, compile_plan


def build_function(folder: Path, catalogue: Path, source: str) -> Path:
    """Build the zip's directory for one watch of a source, proven like any other."""
    file = folder / f"{source}.yaml"
    file.write_text(yaml.safe_dump({"watches": {"jobs": {"source": source}}}), encoding="utf-8")
    return build_unhurried(compile_plan(file, catalogue))


def build_unhurried(compiled: Compiled) -> Path:
    """Build it without budgets of calls: the work is measured, not the waiting."""
    plan = compiled.plan
    sources = {name: replace(s, calls_per_second=None) for name, s in plan.sources.items()}
    watches = {n: replace(w, source=sources[w.source.name]) for n, w in plan.watches.items()}
    unhurried = replace(plan, sources=sources, watches=watches)
    return build_bundle(ROOT, unhurried, compiled.services)
