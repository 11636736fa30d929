"""The CDK app: reads the context, compiles the watches and composes the one stack."""

import os
import sys
from pathlib import Path

# Before the CDK's library starts Node: its banner would bury what the user is to read.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

try:
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks
except ModuleNotFoundError as missing:
    sys.exit(
        f"{missing.name} is not installed for {sys.executable}: "
        "pip install -r requirements.txt, or ./jobwatch synth, which does so itself"
    )

from infra.bundle import BundleError, build_bundle
from infra.checked import check
from infra.config.files.mistakes import Mistakes
from infra.context import STACK, WATCHES, is_meant, mistake
from infra.stack import JobwatchStack
from infra.summary import summary
from infra.terminal import run_main

ROOT = Path(__file__).resolve().parent


def main(app: cdk.App) -> int:
    """Synthesize the stack; what the user can mend is told in lines, with exit code 1."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    given = {key: str(each) for key, each in app.node.get_all_context().items() if is_meant(key)}
    wrong = [found for key, value in given.items() if (found := mistake(key, value))]
    if wrong:
        return _stop(*(f"-c {each}" for each in wrong))
    name, watches = given.get("stack", STACK), given.get("watches", WATCHES)
    try:
        compiled, reckoned = check(ROOT / watches, ROOT / "catalogue")
        bundle = build_bundle(ROOT, compiled.plan, compiled.operations)
    except Mistakes as found:
        return _stop(*found.mistakes)
    except BundleError as error:
        return _stop(error)
    stack = JobwatchStack(app, name, compiled=compiled, bundle=bundle)
    template = app.synth().get_stack_by_name(stack.stack_name).template
    _say(
        *summary(compiled, reckoned, watches),
        f"  stack    {name}: {len(template['Resources'])} resources",
    )
    return 0


def _stop(*lines: object) -> int:
    _say(*lines)
    return 1


def _say(*lines: object) -> None:
    print(*lines, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    run_main(lambda: main(cdk.App(analytics_reporting=False)))
