"""The CDK app: reads the context, compiles the watches and composes the one stack."""

import os
import re
import sys
from pathlib import Path

# Before the CDK's library starts Node: its banner would bury what the user is to read.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

import aws_cdk as cdk

from infra.bundle import BundleError, build_bundle
from infra.config.files.mistakes import Mistakes
from infra.config.plan import compile_plan
from infra.stack import JobwatchStack
from infra.summary import summary

ROOT = Path(__file__).resolve().parent


def main() -> int:
    """Synthesize the stack; what the user can mend is told in lines, with exit code 1."""
    app = cdk.App(analytics_reporting=False)
    name = app.node.try_get_context("stack") or "Jobwatch"
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", name):
        return _stop(
            f'-c stack={name}: expected a letter, then at most 127 letters, digits and "-"'
        )
    watches = ROOT / (app.node.try_get_context("watches") or "watches.yaml")
    try:
        compiled = compile_plan(watches, ROOT / "catalogue")
        bundle = build_bundle(ROOT, compiled.plan, compiled.services)
    except Mistakes as found:
        return _stop(*found.mistakes)
    except BundleError as error:
        return _stop(error)
    stack = JobwatchStack(app, name, compiled=compiled, bundle=bundle)
    template = app.synth().get_stack_by_name(stack.stack_name).template
    _say(*summary(compiled, watches, name, len(template["Resources"])))
    return 0


def _stop(*lines: object) -> int:
    _say(*lines)
    return 1


def _say(*lines: object) -> None:
    print(*lines, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
