"""The whole stack, with every source watched, under the rules of others."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from infra.config.permissions import roles_of
from infra.config.plan import compile_plan
from infra.config.watches import Account, Watch
from infra.stack import JobwatchStack
from tests.template import ANY_FOLDER, ROOT

NOWHERE = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
"""Whoever would ask somebody on the network is told at once that nobody is there."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of a stack with every source and queue, and a thousand accounts."""
    many = tuple(Account(id=f"{number:012}", role="jobwatch-reader") for number in range(1_000))
    roles = roles_of([Watch(source="sesv2.import-jobs", accounts=many)])
    compiled = compile_plan(ROOT / "demo" / "watches.yaml", ROOT / "catalogue")
    cadences = {15: ("ses-imports",), **compiled.cadences}
    compiled = replace(compiled, roles=roles, cadences=cadences)
    out = tmp_path_factory.mktemp("assembly")
    app = cdk.App(outdir=str(out), analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    JobwatchStack(app, "Jobwatch", compiled=compiled, bundle=ANY_FOLDER)
    app.synth()
    return out


def test_aws_solutions_finds_nothing_without_a_written_reason(whole: Path) -> None:
    (report,) = json.loads((whole / "validation-report.json").read_text())["pluginReports"]
    assert (report["conclusion"], report["violations"]) == ("success", [])
    excused = report["suppressedViolations"]
    assert {finding["ruleName"].split("[")[0] for finding in excused} == {
        "AwsSolutions-IAM5",
        "AwsSolutions-SQS3",
    }
    assert all(len(finding["reason"]) > 40 for finding in excused)


def test_cfn_lint_finds_nothing(whole: Path) -> None:
    text = (whole / "Jobwatch.template.json").read_text()
    # W3005: the CDK writes each function's dependency on its role down, needed or not.
    config = ManualArgs(regions=["us-east-1", "eu-west-1"], ignore_checks=["W3005"])
    found = lint(text, config=config)
    assert [str(match) for match in found] == []


def test_checkov_finds_nothing_without_a_written_reason(whole: Path, tmp_path: Path) -> None:
    """What checkov finds without the reasons is what the reasons are for, no less and no more."""
    template = json.loads((whole / "Jobwatch.template.json").read_text())
    excused = set()
    for name, resource in template["Resources"].items():
        for skip in resource.get("Metadata", {}).pop("checkov", {"skip": []})["skip"]:
            assert len(skip["comment"]) > 40
            excused.add((skip["id"], f"{resource['Type']}.{name}"))
    bare = tmp_path / "bare.template.json"
    bare.write_text(json.dumps(template))
    report = checkov(bare)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 40
    found = report["results"]["failed_checks"]
    assert {(each["check_id"], each["resource"]) for each in found} == excused


def checkov(template: Path) -> dict[str, Any]:
    command = Path(os.environ.get("JOBWATCH_CHECKOV", ROOT / ".venv-checkov/bin/checkov"))
    assert command.exists(), f"{command} is not there: run `make install`"
    options = ["--framework", "cloudformation", "--skip-download", "--output", "json", "--quiet"]
    done = subprocess.run(
        [command, "--file", str(template), *options],
        env={"PATH": os.environ["PATH"], "HOME": str(template.parent), **NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report
