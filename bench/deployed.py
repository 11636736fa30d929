"""The function that polls, as it would be deployed for one watch."""

from pathlib import Path

import yaml

from demo.local_aws import ROOT
from infra.bundle import build_bundle
from infra.config.plan import compile_plan

CATALOGUE = ROOT / "bench" / "catalogue"
"""Rows for the sources that other programs can watch as well."""


def build_function(folder: Path, catalogue: Path, source: str) -> Path:
    """Build the zip's directory for one watch of a source, proven like any other.

    Its service's budget of calls is lifted: the work is measured, not the waiting.
    """
    file = folder / f"{source}.yaml"
    file.write_text(yaml.safe_dump({"watches": {"jobs": {"source": source}}}), encoding="utf-8")
    compiled = compile_plan(file, catalogue)
    for row in compiled.document["sources"].values():
        row["calls_per_second"] = None
    return build_bundle(ROOT, compiled.document, compiled.services)
