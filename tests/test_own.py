"""What the stack takes of the user's own, as its template shows it."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from infra.bundle import CALLED_ANYHOW
from infra.config.own import KEPT_DAYS, Own
from infra.config.policies import ELSE
from infra.stack import JobwatchStack
from operate.rules import broken
from tests.catalogue import compile_plan
from tests.iam import characters, policies_of
from tests.rules import checkov
from tests.template import (
    ANY_FOLDER,
    OFTEN,
    ROOT,
    TOLD,
    Json,
    functions,
    of_type,
    plain,
    statements,
    synthesize,
)

BOUNDARY = "arn:aws:iam::111122223333:policy/teams/data"
EACH: Mapping[str, Any] = {
    "tags": {"team": "data", "cost center": "42"},
    "permissions_boundary": BOUNDARY,
    "log_retention": "90 days",
    "bus": "team/jobs",
    "vpc": {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]},
}
"""Each key of the block, as a file says it."""


def with_own(*keys: str, **others: Any) -> Json:
    """The template of a stack of all kinds of resources, with some keys of the block."""
    own = Own.model_validate({key: EACH[key] for key in keys} | others)
    return synthesize(replace(TOLD, schemas=True, own=own))


def differing(made: Json, among: Json) -> dict[str, set[str]]:
    """The properties that differ from those of the other template, by type."""
    found: dict[str, set[str]] = {}
    assert made["Resources"].keys() == among["Resources"].keys()
    for name, each in made["Resources"].items():
        other = among["Resources"][name]["Properties"]
        both = each["Properties"].keys() | other.keys()
        names = {key for key in both if each["Properties"].get(key) != other.get(key)}
        if names:
            found.setdefault(each["Type"], set()).update(names)
    return found


def test_this_page_has_each_key_of_the_block() -> None:
    assert EACH.keys() == Own.model_fields.keys()


@pytest.mark.parametrize("said", ["", "stack: {}\n", "stack: {log_retention: 30 days}\n"])
def test_a_file_without_the_block_makes_the_stack_that_it_always_made(
    said: str, tmp_path: Path
) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(f"watches: {{imports: {{source: sesv2.import-jobs}}}}\n{said}")
    own = compile_plan(file, ROOT / "catalogue").own
    made = synthesize(replace(TOLD, own=own))
    kept = [each["RetentionInDays"] for each in of_type("AWS::Logs::LogGroup", made).values()]
    assert kept == [30] * len(functions(made))
    written = json.dumps(made)
    for brought in ("PermissionsBoundary", "Tags", "VpcConfig"):
        assert f'"{brought}"' not in written
    buses = {plain({"Ref": name}) for name in of_type("AWS::Events::EventBus", made)}
    assert "<MessagingBus>" in buses


def takes_tags(kind: str) -> bool:
    """Tell by CloudFormation's own schema of a type whether it takes tags."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return "Tags" in schema["properties"]


def test_all_that_takes_tags_has_them_and_nothing_else_is_changed() -> None:
    made = with_own("tags")
    kinds = {each["Type"] for each in made["Resources"].values()}
    taking = {kind for kind in kinds if takes_tags(kind)}
    assert differing(made, with_own()) == {kind: {"Tags"} for kind in taking}
    assert {"AWS::DynamoDB::Table", "AWS::IAM::Role", "AWS::Lambda::Function"} <= taking
    for kind in taking:
        for properties in of_type(kind, made).values():
            assert tags(properties["Tags"]) == EACH["tags"]


def tags(written: Any) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in written}


def test_every_role_has_the_boundary_and_nothing_else_is_changed() -> None:
    made = with_own("permissions_boundary")
    assert differing(made, with_own()) == {"AWS::IAM::Role": {"PermissionsBoundary"}}
    roles = of_type("AWS::IAM::Role", made).values()
    assert [each["PermissionsBoundary"] for each in roles] == [BOUNDARY] * len(roles)


def test_all_logs_are_kept_for_as_long_and_nothing_else_is_changed() -> None:
    made = with_own("log_retention")
    assert differing(made, with_own()) == {"AWS::Logs::LogGroup": {"RetentionInDays"}}
    groups = of_type("AWS::Logs::LogGroup", made).values()
    assert [each["RetentionInDays"] for each in groups] == [90] * len(groups)


def test_the_days_are_those_that_cloudwatch_takes() -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::Logs::LogGroup").schema
    assert list(KEPT_DAYS) == schema["properties"]["RetentionInDays"]["enum"]


def publishes_on(made: Json) -> tuple[str, str]:
    """The bus that the publish function puts events on, and the ARN on which it may."""
    found = of_type("AWS::IAM::Policy", made).values()
    (allowed,) = [
        plain(each["Resource"])
        for policy in found
        if [plain(role) for role in policy["Roles"]] == ["<PublishingPublishRole>"]
        for each in policy["PolicyDocument"]["Statement"]
        if each.get("Sid") == "PutEvents"
    ]
    variables = functions(made)["publish"]["Environment"]["Variables"]
    return variables["EVENT_BUS_NAME"], allowed


HERE = "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus"
ELSEWHERE = "arn:aws:events:eu-west-1:111122223333:event-bus/team/jobs"


@pytest.mark.parametrize(
    ("named", "name", "arn"),
    [
        ("team/jobs", "team/jobs", f"{HERE}/team/jobs"),
        ("default", "default", f"{HERE}/default"),
        (ELSEWHERE, "team/jobs", ELSEWHERE),
    ],
)
def test_events_are_put_on_the_users_bus_which_stays_as_it_is(
    named: str, name: str, arn: str
) -> None:
    """Its ARN is what is called by: a name would be of a bus of the stack's account."""
    made = with_own(bus=named)
    assert publishes_on(made) == (named, arn)
    assert made["Outputs"]["EventBusName"]["Value"] == name
    (bus,) = with_own()["Resources"].keys() - made["Resources"].keys()
    assert plain({"Ref": bus}) == "<MessagingBus>"
    assert not made["Resources"].keys() - with_own()["Resources"].keys()
    assert not of_type("AWS::Events::EventBusPolicy", made)
    (ended,) = [
        each
        for id_, each in of_type("AWS::Events::Rule", made).items()
        if id_.startswith("WaitingEnded")
    ]
    assert ended["EventBusName"] == named
    (alerts,) = of_type("AWS::Events::EventBus", made).values()
    assert [*statements(alerts)] == ["OnlyAlert"], "the bus of alerts is the stack's"


TO_BE_IN_A_VPC = ("BeInVpc", "NotByItsCode")


def test_each_function_is_in_the_vpc_and_only_lambda_may_make_its_interfaces() -> None:
    made = with_own("vpc")
    assert differing(made, with_own()) == {
        "AWS::Lambda::Function": {"VpcConfig"},
        "AWS::IAM::Policy": {"PolicyDocument"},
    }
    for function in functions(made).values():
        assert function["VpcConfig"] == {
            "SubnetIds": EACH["vpc"]["subnets"],
            "SecurityGroupIds": EACH["vpc"]["security_groups"],
        }
    for function in functions(made).values():
        role = plain(function["Role"]).replace(".Arn>", ">")
        allow, deny = [s for s in said_of(role, made) if s.get("Sid") in TO_BE_IN_A_VPC]
        assert (allow["Effect"], allow["Resource"]) == ("Allow", "*")
        assert {each.removeprefix("ec2:") for each in allow["Action"]} == {
            *("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets"),
            *("DeleteNetworkInterface", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"),
        }
        assert (deny["Effect"], deny["Action"]) == ("Deny", allow["Action"])
        assert deny["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}


def said_of(role: str, made: Json) -> list[Json]:
    """The statements of a role's own inline policy."""
    policies = of_type("AWS::IAM::Policy", made).values()
    return [
        statement
        for each in policies
        if [plain(one) for one in each["Roles"]] == [role]
        for statement in each["PolicyDocument"]["Statement"]
    ]


def test_nobody_else_is_let_into_the_vpc() -> None:
    """Schedules and rules have roles, too, and are in no network."""
    made = with_own("vpc")
    let = [
        plain(each["Roles"][0])
        for each in of_type("AWS::IAM::Policy", made).values()
        if "ec2:" in json.dumps(each)
    ]
    assert len(let) == len(functions(made)) == 7


def test_the_poll_functions_policies_keep_room_in_a_vpc() -> None:
    made = synthesize(replace(OFTEN, own=Own.model_validate(EACH)))
    inline, _ = policies_of("<PollingPollRole>", made)
    besides = [each for each in inline if "ses:GetImportJob" not in json.dumps(each)]
    assert sum(map(characters, besides)) <= ELSE


PAGE = (ROOT / "docs" / "stack.md").read_text(encoding="utf-8")


def test_the_page_shows_each_key_and_its_file_is_right(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "watches.yaml"
    file.write_text(shown, encoding="utf-8")
    assert compile_plan(file, ROOT / "catalogue").own.model_fields_set == {*Own.model_fields}


def test_the_page_names_the_days_that_logs_may_be_kept() -> None:
    (said,) = re.findall(r"knows (1, 3, .*?) days", PAGE, re.DOTALL)
    assert [int(each) for each in re.findall("[0-9]+", said)] == [*KEPT_DAYS]


def test_the_page_names_an_endpoint_of_each_service_that_is_called_whatever_is_watched() -> None:
    named = re.findall(r"^\| `com\.amazonaws\.REGION\.(\w+)`", PAGE, re.MULTILINE)
    assert sorted(named) == sorted(
        "states" if each == "stepfunctions" else each for each in (*CALLED_ANYHOW, "lambda")
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of a stack that takes all of the user's own."""
    out = tmp_path_factory.mktemp("assembly")
    app = cdk.App(outdir=str(out), analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    compiled = replace(TOLD, own=Own.model_validate(EACH))
    JobwatchStack(app, "Jobwatch", compiled=compiled, bundle=ANY_FOLDER)
    app.synth()
    return out


def test_the_rules_of_others_find_nothing_without_a_written_reason(
    whole: Path, tmp_path: Path
) -> None:
    (report,) = json.loads((whole / "validation-report.json").read_text())["pluginReports"]
    assert report["violations"] == []
    text = (whole / "Jobwatch.template.json").read_text()
    assert [*broken(text)] == []
    made, reasons = json.loads(text), set()
    for name, resource in made["Resources"].items():
        for skip in resource.get("Metadata", {}).pop("checkov", {"skip": []})["skip"]:
            reasons.add((skip["id"], f"{resource['Type']}.{name}"))
    bare = tmp_path / "bare.template.json"
    bare.write_text(json.dumps(made))
    found = checkov(bare)["results"]["failed_checks"]
    assert {(each["check_id"], each["resource"]) for each in found} == reasons
