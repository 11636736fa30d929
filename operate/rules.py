"""Holds the template that was synthesized against CloudFormation's rules, as cfn-lint has them.

cdk-nag looks while the template is made (`app.py`), and checkov in the tests: setting it up takes
minutes. `make synth` and `make deploy` run it: `python -m operate.rules -c stack=NAME`.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cfnlint.api import lint
from cfnlint.config import ManualArgs

from infra.context import STACK
from infra.terminal import run_main
from operate.args import read_words

ROOT = Path(__file__).resolve().parents[1]
IGNORED = ["W3005", "W3037"]
"""The CDK writes each function's dependency on its role down, needed or not. And cfn-lint is behind
IAM with the actions of new services: the tests hold those of the catalogue against more."""
REGIONS = ["us-east-1", "eu-west-1"]
"""With the most and with the usual types of resources: which one it will be, no template says."""


def broken(template: str) -> Iterator[str]:
    """Say in a line each what of a template CloudFormation would refuse, or should be otherwise."""
    for match in lint(template, config=ManualArgs(regions=REGIONS, ignore_checks=IGNORED)):
        place = "/".join(map(str, match.path or [])) or f"line {match.linenumber}"
        yield f"{place}: {match.rule.id}: {match.message}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at the template in `cdk.out/`; give exit code 1 if anything was found."""
    name = dict(read_words(arguments).context).get("stack", STACK)
    file = ROOT / "cdk.out" / f"{name}.template.json"
    found = [f"cdk.out/{file.name}: {each}" for each in broken(file.read_text(encoding="utf-8"))]
    print(*found, sep="\n", end="\n" * bool(found), file=sys.stderr)  # noqa: T201  for a terminal
    return bool(found)


if __name__ == "__main__":
    run_main(main)
