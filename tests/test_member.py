"""The role that other accounts deploy: whom it trusts, what it allows, and the rules of others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.config.aws.regions import regions
from infra.config.permissions import Permission, Reader
from infra.context import LONGEST_STACK, POLL_ROLE
from infra.member import member_template
from operate.member import write_templates
from operate.rules import broken
from tests.command import call
from tests.largest import write_largest
from tests.rules import checkov
from tests.template import functions, of_type, plain

HERE = "arn:{partition}:ses:{region}:{account}:import-job/*"
JOBWATCH = "arn:${AWS::Partition}:iam::${JobwatchAccount}"


def reader(**fields: Any) -> Reader:
    given = {
        "role": "jobwatch-reader",
        "permissions": (
            Permission(("ses:ListImportJobs",), ("*",)),
            Permission(("ses:GetImportJob",), (HERE,)),
        ),
        "external_ids": ("jobwatch-4711",),
    }
    return Reader(**(given | fields))


def template(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(member_template(reader(**fields), "Jobwatch"))
    return found


def role(**fields: Any) -> dict[str, Any]:
    properties: dict[str, Any] = template(**fields)["Resources"]["Reader"]["Properties"]
    return properties


def test_it_allows_what_the_watches_take_and_nothing_else() -> None:
    (policy,) = role()["Policies"]
    there = "arn:${AWS::Partition}:ses:${JobwatchRegion}:${AWS::AccountId}:import-job/*"
    assert policy["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": ["ses:ListImportJobs"], "Resource": ["*"]},
        {"Effect": "Allow", "Action": ["ses:GetImportJob"], "Resource": [{"Fn::Sub": there}]},
    ]


def test_it_trusts_the_poll_functions_role_alone_if_that_says_the_external_id() -> None:
    """S4: it trusted every role whose name began with the stack's."""
    (statement,) = role()["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": f"{JOBWATCH}:root"}},
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnLike": {
                "aws:PrincipalArn": {
                    "Fn::Sub": f"{JOBWATCH}:role/${{StackName}}-poll-${{JobwatchRegion}}"
                }
            },
            "StringEquals": {
                "Fn::If": [
                    "HasExternalId",
                    {"sts:ExternalId": {"Ref": "ExternalId"}},
                    {"Ref": "AWS::NoValue"},
                ]
            },
            "StringLike": {
                "Fn::If": [
                    "HasOrganization",
                    {"aws:PrincipalOrgID": {"Ref": "Organization"}},
                    {"Ref": "AWS::NoValue"},
                ]
            },
        },
    }


def test_the_role_that_it_trusts_is_the_one_that_the_stack_makes() -> None:
    (poll,) = [each for each in of_type("AWS::IAM::Role").values() if "RoleName" in each]
    (statement,) = role()["AssumeRolePolicyDocument"]["Statement"]
    trusted = statement["Condition"]["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"]
    name = trusted.replace("${StackName}", "Jobwatch").replace("${JobwatchRegion}", "<AWS::Region>")
    assert name == f"{JOBWATCH}:role/{plain(poll['RoleName'])}"
    assert functions()["poll"]["Role"]["Fn::GetAtt"][0].startswith("PollingPollRole")


def test_its_name_is_no_longer_than_iam_takes_in_any_region() -> None:
    longest = max(regions(), key=len)
    name = POLL_ROLE.format(stack="s" * LONGEST_STACK, region=longest)
    assert len(name) == 64


def test_the_organization_is_not_asked_for_but_may_be_said() -> None:
    parameter = template()["Parameters"]["Organization"]
    assert parameter["Default"] == ""
    assert re.fullmatch(parameter["AllowedPattern"], "o-abcd123456")
    assert re.fullmatch(parameter["AllowedPattern"], "")
    assert not re.fullmatch(parameter["AllowedPattern"], "*")


@pytest.mark.parametrize(
    ("name", "path", "last"),
    [("jobwatch-reader", "/", "jobwatch-reader"), ("team/a/reader", "/team/a/", "reader")],
)
def test_it_is_called_as_the_watches_call_it(name: str, path: str, last: str) -> None:
    properties = role(role=name)
    assert (properties["Path"], properties["RoleName"]) == (path, last)


@pytest.mark.parametrize(
    ("ids", "default"), [(("word",), "word"), (("",), ""), (("", "word"), None)]
)
def test_the_external_id_is_asked_for_where_accounts_have_different_ones(
    ids: tuple[str, ...], default: str | None
) -> None:
    assert template(external_ids=ids)["Parameters"]["ExternalId"].get("Default") == default


@pytest.mark.parametrize(
    ("ids", "taken"),
    [(("one", "two"), False), (("one",), False), (("", "one"), True), (("",), True)],
)
def test_an_empty_external_id_is_taken_only_where_an_account_has_none(
    ids: tuple[str, ...], taken: bool
) -> None:
    pattern = template(external_ids=ids)["Parameters"]["ExternalId"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, "")) == taken
    assert all(re.fullmatch(pattern, each) for each in ids if each)


@pytest.mark.parametrize(
    ("region", "taken"), [("eu-west-1", True), ("*", True), ("eu-*", False), ("", False)]
)
def test_the_region_is_asked_for_as_it_is_in_the_name_of_the_role(region: str, taken: bool) -> None:
    parameter = template()["Parameters"]["JobwatchRegion"]
    assert "Default" not in parameter
    assert bool(re.fullmatch(parameter["AllowedPattern"], region)) == taken


EVERYTHING = """\
watches:
  a: {source: sesv2.import-jobs, accounts: &all [{id: "111122223333", role: team/reader}]}
  b: {source: pinpoint.segment-import-jobs, accounts: *all, for: {ApplicationId: "${a}*"}}
  c: {source: dataexchange.jobs, accounts: *all, regions: [us-east-1, eu-west-1]}
  d: {source: dynamodb.exports, accounts: *all}
  e: {source: translate.text-translation-jobs, accounts: [{id: "444455556666", role: other}]}
"""


@pytest.fixture
def watches(tmp_path: Path) -> Path:
    file = tmp_path / "watches.yaml"
    file.write_text(EVERYTHING, encoding="utf-8")
    return file


@pytest.mark.parametrize("text", ["0812345", "12e5", "1e10", "0x1f", "+1", ".5", "1_000", "no"])
def test_what_looks_like_a_number_is_in_quotes(text: str) -> None:
    """CloudFormation's reader of YAML is not ours."""
    written = member_template(reader(external_ids=(text,)), "N")
    assert f"Default: '{text}'\n" in written
    assert "Default: 'N'\n" in written


def test_cfn_lint_finds_nothing(watches: Path, tmp_path: Path) -> None:
    for file in write_templates(watches, "Jobwatch", tmp_path / "out"):
        assert [*broken(file.read_text())] == []


def test_checkov_finds_nothing(watches: Path, tmp_path: Path) -> None:
    for found in checkov(*write_templates(watches, "Jobwatch", tmp_path / "out")):
        assert len(found.passed) > 5
        assert found.failed == set()


def test_the_command_writes_one_template_for_each_name_of_a_role(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    watches: Path,
) -> None:
    words = ("--to", tmp_path / "build", "--watches", watches, "--stack", "Staging")
    assert call("member", *words) == 0
    files = sorted((tmp_path / "build").iterdir())
    assert [file.name for file in files] == ["other.template.yaml", "team~reader.template.yaml"]
    assert all(file.name in capsys.readouterr().out for file in files[:1])
    written = yaml.safe_load(files[0].read_text())
    assert written["Parameters"]["StackName"]["Default"] == "Staging"


def test_the_command_prints_its_files_for_programs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, watches: Path
) -> None:
    folder = tmp_path / "build"
    assert call("member", "--to", folder, "--watches", watches, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert sorted(printed["files"]) == sorted(map(str, folder.iterdir()))


def test_the_command_says_that_no_other_account_is_watched(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("member", "--to", tmp_path / "build") == 0
    assert capsys.readouterr().out == (
        "watches.yaml names no `accounts`: there is nothing to deploy elsewhere.\n"
    )


def test_the_command_tells_a_mistake_in_a_line(
    capsys: pytest.CaptureFixture[str], watches: Path
) -> None:
    watches.write_text(EVERYTHING.replace("sesv2.import-jobs", "sesv2.import-job"))
    assert call("member", "--watches", watches) == 1
    assert "did you mean sesv2.import-jobs?" in capsys.readouterr().err


@pytest.mark.parametrize("large", [False, True])
def test_the_command_says_where_cloudformation_takes_a_template_from_a_bucket_only(
    large: bool,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    watches: Path,
) -> None:
    file = write_largest(tmp_path) if large else watches
    assert call("member", "--to", tmp_path / "build", "--watches", file) == 0
    assert ("more than 51,200 bytes" in capsys.readouterr().out) == large
    sizes = [file.stat().st_size for file in (tmp_path / "build").iterdir()]
    assert (max(sizes) > 51_200) == large


ALIKE = """\
watches:
  a: {source: sesv2.import-jobs, accounts: [{id: "111122223333", role: ops/reader}]}
  b: {source: sesv2.export-jobs, accounts: [{id: "111122223333", role: ops-reader}]}
"""


@pytest.fixture
def alike(tmp_path: Path) -> Path:
    file = tmp_path / "watches.yaml"
    file.write_text(ALIKE, encoding="utf-8")
    return file


def test_roles_whose_names_differ_by_their_path_have_a_file_each(
    alike: Path, tmp_path: Path
) -> None:
    """P11: both were written to ops-reader.template.yaml, and the last one won."""
    files = {file.name: file.read_text() for file in write_templates(alike, "Jobwatch", tmp_path)}
    assert sorted(files) == ["ops-reader.template.yaml", "ops~reader.template.yaml"]
    assert "ListImportJobs" in files["ops~reader.template.yaml"]
    assert "ListExportJobs" in files["ops-reader.template.yaml"]


@pytest.mark.parametrize("where", [".", "elsewhere"])
def test_the_command_names_the_files_as_who_calls_finds_them(
    alike: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    where: str,
) -> None:
    """It named them by their last folder alone, wherever that was."""
    (tmp_path / where).mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / where)
    folder = "build" if where == "." else f"{tmp_path}/build"
    assert call("member", "--watches", alike, "--to", tmp_path / "build") == 0
    said = capsys.readouterr().out
    for role in ("ops~reader", "ops-reader"):
        assert f"Wrote {folder}/{role}.template.yaml:" in said
