"""The whole stack, with every source watched, under the rules of others."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from infra.config.plan import compile_plan
from infra.stack import JobwatchStack
from tests.template import ANY_FOLDER, ROOT


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of a stack that watches every source, checked by AwsSolutions."""
    compiled = compile_plan(ROOT / "demo" / "watches.yaml", ROOT / "catalogue")
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
