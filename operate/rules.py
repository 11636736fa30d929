"""Holds the template that was synthesized against CloudFormation's rules, as cfn-lint has them.

cdk-nag looks while the template is made (`app.py`), and checkov in the tests: setting it up takes
minutes. `./jobwatch synth`, `deploy` and `template` do it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.api import lint

IGNORED = ["W3005", "W3037"]
"""The CDK writes each function's dependency on its role down, needed or not. And cfn-lint is behind
IAM with the actions of new services: the tests hold those of the catalogue against more."""
REGIONS = ["us-east-1", "eu-west-1"]
"""With the most and with the usual types of resources: which one it will be, no template says."""
SETTINGS: Any = {"regions": REGIONS, "ignore_checks": IGNORED, "config_file": os.devnull}
"""What cfn-lint goes by. It would read a `.cfnlintrc` of the folder in which the command is called,
too, and run what that names as rules."""


def broken(template: str) -> Iterator[str]:
    """Say in a line each what of a template CloudFormation would refuse, or should be otherwise."""
    for match in lint(template, config=SETTINGS):
        place = "/".join(map(str, match.path or [])) or f"line {match.linenumber}"
        yield f"{place}: {match.rule.id}: {match.message}"


def broken_file(file: Path) -> list[str]:
    """Say in a line each what is wrong with the template in a file, by its folder and name."""
    named = f"{file.parent.name}/{file.name}"
    return [f"{named}: {each}" for each in broken(file.read_text(encoding="utf-8"))]
