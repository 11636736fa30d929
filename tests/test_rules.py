"""The whole stack, with every source watched, under the rules of others."""

import json
from dataclasses import replace
from pathlib import Path

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from infra.nag import (
    NO_ID_YET,
    NO_RESOURCE,
    NO_UNIT_YET,
    TOO_MANY_ACCOUNTS,
    TOO_MANY_REGIONS,
)
from infra.stack import JobwatchStack
from lambdas.plan import Organization
from operate.rules import broken
from tests.catalogue import compile_plan
from tests.largest import write_largest
from tests.rules import checkov
from tests.template import ANY_FOLDER, ROOT


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of a stack with every source, queue and kind of policy."""
    large = write_largest(tmp_path_factory.mktemp("watches"), applications=1)
    few, many = (
        compile_plan(file, ROOT / "catalogue") for file in (ROOT / "demo" / "watches.yaml", large)
    )
    permissions = (*few.permissions, *many.permissions)
    cadences = {15: ("ses-imports",), **few.cadences}
    # Any of them looks into an organization, as no other kind of statement would be there for it.
    name, watch = next(iter(many.plan.watches.items()))
    organization = Organization(("ou-abcd-11111111",), "reader", (), 10)
    watches = {**many.plan.watches, name: replace(watch, organization=organization)}
    plan = replace(many.plan, watches=watches)
    compiled = replace(many, plan=plan, permissions=permissions, cadences=cadences)
    out = tmp_path_factory.mktemp("assembly")
    app = cdk.App(outdir=str(out), analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    JobwatchStack(app, "Jobwatch", compiled=compiled, bundle=ANY_FOLDER)
    app.synth()
    return out


def test_aws_solutions_finds_nothing_without_a_written_reason(whole: Path) -> None:
    (report,) = json.loads((whole / "validation-report.json").read_text())["pluginReports"]
    assert (report["conclusion"], report["violations"]) == ("success", [])
    suppressed = report["suppressedViolations"]
    assert {finding["ruleName"].split("[")[0] for finding in suppressed} == {
        "AwsSolutions-DDB3",
        "AwsSolutions-IAM5",
        "AwsSolutions-SQS3",
    }
    reasons = {finding["reason"] for finding in suppressed}
    assert all(len(reason) > 40 for reason in reasons)
    expected = {NO_ID_YET, NO_RESOURCE, NO_UNIT_YET, TOO_MANY_ACCOUNTS, TOO_MANY_REGIONS}
    assert expected <= reasons


def test_the_cdk_has_no_warning_for_who_deploys(whole: Path) -> None:
    files = {file.name: file.read_text() for file in whole.glob("*.json")}
    assert "Jobwatch.metadata.json" in files
    assert [name for name, text in files.items() if "aws:cdk:warning" in text] == []


def test_cfn_lint_finds_nothing(whole: Path) -> None:
    assert [*broken((whole / "Jobwatch.template.json").read_text())] == []


def test_cfn_lint_finds_what_cloudformation_would_refuse(whole: Path) -> None:
    template = json.loads((whole / "Jobwatch.template.json").read_text())
    table = next(name for name in template["Resources"] if name.startswith("StorageTable"))
    del template["Resources"][table]["Properties"]["KeySchema"]
    missing = f"Resources/{table}/Properties: E3003: 'KeySchema' is a required property"
    assert missing in {*broken(json.dumps(template))}


def test_what_lies_where_the_command_is_called_is_no_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cfn-lint would run the rules that a `.cfnlintrc` there names, and leave its own out."""
    ran = tmp_path / "ran"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "stranger.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    (tmp_path / ".cfnlintrc").write_text("append_rules: [rules]\nignore_checks: [E]\n")
    monkeypatch.chdir(tmp_path)
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"Nothing": "of it"}}
    assert [*broken(json.dumps({"Resources": {"Topic": topic}}))]
    assert not ran.exists()


def test_checkov_finds_nothing_without_a_written_reason(whole: Path, tmp_path: Path) -> None:
    """What checkov finds without the reasons is what the reasons are for, no less and no more."""
    template = json.loads((whole / "Jobwatch.template.json").read_text())
    suppressed = set()
    for name, resource in template["Resources"].items():
        for skip in resource.get("Metadata", {}).pop("checkov", {"skip": []})["skip"]:
            assert len(skip["comment"]) > 40
            suppressed.add((skip["id"], f"{resource['Type']}.{name}"))
    bare = tmp_path / "bare.template.json"
    bare.write_text(json.dumps(template))
    (found,) = checkov(bare)
    assert len(found.passed) > 40
    assert found.failed == suppressed
