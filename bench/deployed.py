"""What the benchmark takes from the project itself: the function's zip and the stack's table."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import yaml

from demo.local_aws import ROOT
from infra.bundle import build_bundle
from infra.config.plan import compile_plan
from infra.storage import Storage

TABLE = "seen"
CATALOGUE = ROOT / "bench" / "catalogue"
"""Rows for the sources that other programs can watch as well."""
_COPIED = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")


def build_function(folder: Path, catalogue: Path, source: str) -> Path:
    """Build the zip's directory for one watch of a source, proven like any other."""
    file = folder / f"{source}.yaml"
    file.write_text(yaml.safe_dump({"watches": {"jobs": {"source": source}}}), encoding="utf-8")
    compiled = compile_plan(file, catalogue)
    return build_bundle(ROOT, compiled.document, compiled.services)


def table_properties() -> dict[str, Any]:
    """Give what the stack says of its table, as `create_table` takes it."""
    app = cdk.App()
    stack = cdk.Stack(app, "Benchmark")
    Storage(stack, "Storage")
    resources = app.synth().get_stack_by_name(stack.stack_name).template["Resources"]
    (table,) = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::DynamoDB::Table"]
    stream = {"StreamEnabled": True, **table["StreamSpecification"]}
    stated = {name: table[name] for name in _COPIED if name in table}
    return {"TableName": TABLE, "StreamSpecification": stream, **stated}
