"""What the stack takes of the user's own, as its template shows it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from pydantic import ValidationError

from infra.bundle import CALLED_ANYHOW
from infra.config.own import Own
from infra.config.own_values import KEPT_DAYS
from infra.config.policies import ELSE, UNDER_KEY
from infra.cost.fleet import SHIPPED, Activity
from infra.cost.month import usage
from infra.cost.reckoning import from_file
from infra.stack import JobwatchStack
from lambdas.alert.message import PROTOCOLS
from operate.rules import broken
from tests.catalogue import compile_plan
from tests.iam import characters, policies_of
from tests.rules import Checked, checkov
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
KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
ALERTS = "arn:aws:sns:eu-west-1:111122223333:all-alerts"
EACH: Mapping[str, Any] = {
    "tags": {"team": "data", "cost center": "42"},
    "permissions_boundary": BOUNDARY,
    "log_retention": "90 days",
    "bus": "team/jobs",
    "topic": ALERTS,
    "key": KEY,
    "organization": "o-abcd123456",
    "vpc": {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]},
}
"""Each key of the block, as a file says it."""


PAGE = (ROOT / "docs" / "stack.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """A section of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


NAMES_OTHERS = (
    *("DisplayName", "MetricName", "PolicyName", "SchemaName"),
    *("EventBusName", "FunctionName", "RegistryName"),
)
"""Properties that name no resource: what is written for people, within one, or of another one."""


def names_given(made: Json) -> dict[str, set[str]]:
    """The names that the template itself gives, by type; of all else CloudFormation makes them."""
    found: dict[str, set[str]] = {}
    for each in made["Resources"].values():
        for key, value in each["Properties"].items():
            if key.endswith("Name") and key not in NAMES_OTHERS:
                found.setdefault(each["Type"], set()).add(plain(value))
    return found


def test_every_name_begins_with_the_stacks_as_rules_for_names_ask() -> None:
    """A bus has no hyphen, as it always had none: by another name it would be another bus."""
    stack = "acme-jobwatch"
    found = names_given(synthesize(replace(TOLD, schemas=True), stack))
    buses = found.pop("AWS::Events::EventBus")
    assert [each.startswith("acmejobwatch") for each in buses] == [True] * 2
    assert found.pop("AWS::IAM::Role") == {f"{stack}-poll-<AWS::Region>"}
    assert found.pop("AWS::CloudWatch::Dashboard") == {f"{stack}-<AWS::Region>"}
    for names in found.values():
        assert all(each.startswith("<AWS::StackName>-") for each in names)
    assert {kind.split("::")[1] for kind in found} == {"Chatbot"}
    assert "the bus (without hyphens)" in " ".join(section("Names").split())


def with_own(*keys: str, **others: Any) -> Json:
    """The template of a stack of all kinds of resources, with some keys of the block."""
    made: Json = json.loads(_text_with(json.dumps({key: EACH[key] for key in keys} | others)))
    return made


@cache
def _text_with(own: str) -> str:
    compiled = replace(TOLD, schemas=True, own=Own.model_validate(json.loads(own)))
    return json.dumps(synthesize(compiled))


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


@pytest.mark.parametrize("path", ["{{resolve:ssm:/theirs}}", "{a", "a}"])
def test_nothing_that_cloudformation_would_resolve_gets_into_the_template(path: str) -> None:
    with pytest.raises(ValidationError, match="policy"):
        Own(permissions_boundary=f"arn:aws:iam::111122223333:policy/{path}/data")


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


def test_alerts_go_to_the_users_topic_which_stays_as_it_is() -> None:
    made, usual = with_own("topic"), with_own()
    assert functions(made)["alert"]["Environment"]["Variables"]["ALERT_TOPIC_ARN"] == ALERTS
    assert made["Outputs"]["AlertTopicArn"]["Value"] == ALERTS
    said = {each["Sid"]: each for each in said_of("<AlertingAlertRole>", made)}
    assert said["SendAlerts"]["Resource"] == ALERTS
    gone = {plain({"Ref": name}) for name in usual["Resources"].keys() - made["Resources"].keys()}
    assert {"<MessagingAlerts>", "<MessagingAlertsPolicy>"} <= gone
    policies = of_type("AWS::SNS::TopicPolicy", made).values()
    assert ALERTS not in json.dumps([*policies])
    (rings,) = [
        each
        for each in of_type("AWS::CloudWatch::Alarm", made).values()
        if each.get("MetricName") == "NumberOfNotificationsFailed"
    ]
    assert rings["Dimensions"] == [{"Name": "TopicName", "Value": "all-alerts"}]


def test_whoever_is_subscribed_is_so_to_the_users_topic_with_the_same_filters() -> None:
    def filtered(made: Json) -> dict[tuple[str, str], Any]:
        found = of_type("AWS::SNS::Subscription", made).values()
        return {(plain(s["TopicArn"]), s["Endpoint"]): s.get("FilterPolicy") for s in found}

    usual = filtered(with_own())
    assert {topic for topic, _ in usual} == {"<MessagingAlerts>", "<MessagingAlarms>"}
    named = {"<MessagingAlerts>": ALERTS}
    moved = {(named.get(topic, topic), to): policy for (topic, to), policy in usual.items()}
    assert filtered(with_own("topic")) == moved


def test_alarms_go_to_a_topic_of_the_stacks_all_the_same() -> None:
    for alarm in of_type("AWS::CloudWatch::Alarm", with_own("topic")).values():
        assert [*map(plain, alarm["AlarmActions"])] == ["<MessagingAlarms>"]


def test_the_alert_function_may_use_whatever_key_the_users_topic_has_through_sns_alone() -> None:
    said = {each["Sid"]: each for each in said_of("<AlertingAlertRole>", with_own("topic"))}
    use, send = said["UseTopicsKey"], said["SendUnderTopicsKey"]
    assert (use["Action"], send["Action"]) == ("kms:Decrypt", "kms:GenerateDataKey")
    for each in (use, send):
        assert plain(each["Resource"]) == "arn:<AWS::Partition>:kms:<AWS::Region>:*:key/*"
        assert through(each) == {"sns"}
    assert not [each for each in said_of("<AlertingAlertRole>", with_own()) if keys_of(each)]


def keys_of(statement: Json) -> list[str]:
    """The actions of KMS that a statement is about."""
    actions = (
        statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    )
    return [each for each in actions if each.startswith("kms:")]


def through(statement: Json) -> set[str]:
    """The services through which a key may be used, of the stack's region all of them."""
    assert statement["Effect"] == "Allow"
    assert statement["Condition"].keys() == {"StringEquals"}
    assert statement["Condition"]["StringEquals"].keys() == {"kms:ViaService"}
    hosts = statement["Condition"]["StringEquals"]["kms:ViaService"]
    found = [plain(each) for each in (hosts if isinstance(hosts, list) else [hosts])]
    services = {each.partition(".")[0] for each in found}
    assert {each.partition(".")[2] for each in found} == {"<AWS::Region>.<AWS::URLSuffix>"}
    return services


def test_all_that_is_kept_is_under_the_key_and_nothing_else_is_changed() -> None:
    made = with_own("key")
    assert differing(made, with_own()) == {
        "AWS::DynamoDB::Table": {"SSESpecification"},
        "AWS::SQS::Queue": {"KmsMasterKeyId", "SqsManagedSseEnabled"},
        "AWS::SNS::Topic": {"KmsMasterKeyId"},
        "AWS::Logs::LogGroup": {"KmsKeyId"},
        "AWS::IAM::Policy": {"PolicyDocument"},
    }
    for table in of_type("AWS::DynamoDB::Table", made).values():
        under = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
        assert table["SSESpecification"] == under
    for queue in of_type("AWS::SQS::Queue", made).values():
        assert (queue["KmsMasterKeyId"], "SqsManagedSseEnabled" in queue) == (KEY, False)
    topics = of_type("AWS::SNS::Topic", made).values()
    assert [each["KmsMasterKeyId"] for each in topics] == [KEY] * 4
    groups = of_type("AWS::Logs::LogGroup", made).values()
    assert [each["KmsKeyId"] for each in groups] == [KEY] * 7


WHO = {
    "tick": "<TickingTickRole>",
    "poll": "<PollingPollRole>",
    "publish": "<PublishingPublishRole>",
    "alert": "<AlertingAlertRole>",
    "board": "<BoardingBoardRole>",
    "wait": "<WaitingWaitRole>",
    "answer": "<WaitingAnswerRole>",
    "the heartbeat's": "<HeartbeatRole>",
    "that of recipients other than by email": "<RecipientsRole>",
}
"""The roles as the page calls them."""


def of_the_key(made: Json) -> dict[str, dict[str, set[str]]]:
    """Through which services each role may use the key, by the action."""
    found: dict[str, dict[str, set[str]]] = {}
    for policy in of_type("AWS::IAM::Policy", made).values():
        for statement in policy["PolicyDocument"]["Statement"]:
            for action in keys_of(statement):
                assert statement["Resource"] == KEY
                (role,) = map(plain, policy["Roles"])
                found.setdefault(role, {})[action] = through(statement)
    return found


def test_the_page_names_what_each_role_may_do_with_the_key() -> None:
    rows = re.findall(r"^\| ([^|`]+) \| ([a-z, ]+) \| ([a-z, ]*)\|$", section("Key"), re.MULTILINE)
    said = {
        WHO[who]: {
            action: set(cell.strip().split(", "))
            for action, cell in (("kms:Decrypt", use), ("kms:GenerateDataKey", send))
            if cell.strip()
        }
        for names, use, send in rows
        for who in ([names] if names in WHO else names.split(", "))
    }
    assert said == of_the_key(with_own("key"))
    assert said.keys() == {*WHO.values()}


def key_policy() -> dict[str, Json]:
    """The policy that the page gives the key."""
    (text,) = re.findall(r"```json\n(\[.*?)```", section("Key"), re.DOTALL)
    return {each["Sid"]: each for each in json.loads(text)}


def test_the_policy_that_the_page_gives_the_key_lets_all_roles_do_what_they_may() -> None:
    roles = key_policy()["Roles"]
    allowed = {host.split(".")[0] for host in roles["Condition"]["StringEquals"]["kms:ViaService"]}
    found = of_the_key(with_own("key")).values()
    assert {action for each in found for action in each} == {*roles["Action"]}
    assert {service for each in found for some in each.values() for service in some} == allowed


def test_the_policy_that_the_page_gives_the_key_lets_the_services_use_it_that_send_there() -> None:
    """Who is let send into what is encrypted, and is no role; logs are written by their service."""
    made = with_own("key")
    sending = {
        str(statement["Principal"]["Service"])
        for kind in ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
        for policy in of_type(kind, made).values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    said = key_policy()
    assert {*said["AlarmsAndAlertsThatWereNotBrought"]["Principal"]["Service"]} == sending
    assert said["Logs"]["Principal"]["Service"].startswith("logs.")
    context = said["Logs"]["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert context.endswith(":log-group:Jobwatch-*")
    assert not [each for each in of_type("AWS::Logs::LogGroup", made).values() if "Name" in each]


def test_a_bill_counts_the_uses_of_the_key() -> None:
    compiled = replace(TOLD, own=Own.model_validate({"key": KEY}))
    assert from_file(compiled)["keys"] == 1
    with_one, without = usage(SHIPPED, Activity(keys=1)), usage(SHIPPED, Activity())
    uses = with_one["kms"] - without["kms"]
    (said,) = re.findall(r"about ([0-9,]+) uses", section("Key"))
    assert round(uses, -4) == int(said.replace(",", ""))


def test_an_organization_may_subscribe_to_alerts_and_nobody_of_it_may_publish() -> None:
    made = with_own("organization")
    topics = of_type("AWS::SNS::TopicPolicy", made).values()
    (policy,) = [each for each in topics if plain(each["Topics"][0]) == "<MessagingAlerts>"]
    said = statements(policy)
    let, refuse, publish = (
        said[n] for n in ("Organization", "OnlyOrganization", "OnlyThisAccount")
    )
    assert (let["Effect"], let["Action"]) == ("Allow", "sns:Subscribe")
    asked = let["Condition"]["StringEquals"]
    assert let["Condition"].keys() == {"StringEquals", "StringNotEquals"}
    assert asked["aws:PrincipalOrgID"] == "o-abcd123456"
    assert {*PROTOCOLS} | {"email"} <= {*asked["sns:Protocol"]}, "all that alerts are written for"
    assert {"sms", "application"}.isdisjoint(asked["sns:Protocol"]), "the topic's account pays"
    assert (refuse["Effect"], refuse["Action"]) == ("Deny", "sns:Subscribe")
    others = refuse["Condition"]["StringNotEquals"]
    assert plain(others["aws:PrincipalAccount"]) == "<AWS::AccountId>", "it may be of none itself"
    assert others["aws:PrincipalOrgID"] == "o-abcd123456"
    assert (publish["Effect"], publish["Action"]) == ("Deny", "sns:Publish")
    assert publish["Condition"]["StringNotEquals"].keys() == {"aws:PrincipalAccount"}
    assert "Organization" not in json.dumps(with_own())


def test_an_organization_may_put_rules_on_the_bus_and_each_account_keeps_its_own() -> None:
    made = with_own("organization")
    (bus,) = [
        each
        for name, each in of_type("AWS::Events::EventBus", made).items()
        if plain({"Ref": name}) == "<MessagingBus>"
    ]
    said = statements(bus)
    assert said.keys() == {"Organization", "OnlyPublish"}
    let = said["Organization"]
    assert "events:PutRule" in let["Action"]
    assert "events:PutEvents" not in let["Action"]
    assert plain(let["Resource"]) == (
        f"arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/{bus['Name']}/*"
    )
    targets = let["Condition"].pop("ForAllValues:ArnLike")
    assert let["Condition"].pop("StringNotEquals").keys() == {"aws:PrincipalAccount"}
    assert let["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-abcd123456"},
        "StringEqualsIfExists": {"events:creatorAccount": "${aws:PrincipalAccount}"},
    }
    # Its rules are of this account by their ARN: what trusts those would take what they make up.
    (where,) = targets.values()
    assert targets.keys() == {"events:TargetArn"}
    assert plain(where) == "arn:<AWS::Partition>:*:*:${aws:PrincipalAccount}:*"


def test_who_is_of_this_account_may_what_its_own_policies_let_whoever_else_is_let_in() -> None:
    """Within an account it is enough that the policy of a thing allows: no other one is asked."""
    made = with_own("organization")
    policies = [
        *of_type("AWS::SNS::TopicPolicy", made).values(),
        *of_type("AWS::SQS::QueuePolicy", made).values(),
        *of_type("AWS::Events::EventBus", made).values(),
        *(each["ResourcePolicy"] for each in of_type("AWS::DynamoDB::Table", made).values()),
    ]
    said = [each for policy in policies for each in statements(policy).values()]
    let = [
        each for each in said if each["Effect"] == "Allow" and "Service" not in each["Principal"]
    ]
    assert [each["Sid"] for each in let] == ["Organization", "Organization"]
    for each in let:
        (account,) = each["Condition"]["StringNotEquals"].values()
        assert each["Condition"]["StringNotEquals"].keys() == {"aws:PrincipalAccount"}
        assert plain(account) == "<AWS::AccountId>"


def test_an_organization_changes_nothing_of_a_bus_and_a_topic_of_the_users_own() -> None:
    assert with_own("bus", "topic", "organization") == with_own("bus", "topic")


NAMES = {"ConfigurationName", "DashboardName", "Name", "RegistryName", "RoleName"}
"""Where the template says what something is called in the account."""


def test_what_the_template_gives_a_name_has_that_of_the_stack_in_front() -> None:
    """And nothing else has one: CloudFormation makes it of the stack's name."""
    made = synthesize(replace(TOLD, schemas=True), "acme-jobs")["Resources"].values()
    given = {(each["Type"], key) for each in made for key in each.get("Properties", {})}
    referring = {"EventBusName", "FunctionName", "PolicyName", "SchemaName", "MetricName"} | {
        "DisplayName"
    }
    others = {key for _, key in given if key.endswith("Name")} - referring
    assert others <= NAMES
    named = {
        plain(value)
        for each in made
        for key, value in each.get("Properties", {}).items()
        if key in NAMES and plain(value) != "<SchemasRegistry.RegistryName>"
    }
    # The CDK leaves a hyphen out of the name of a bus.
    fronts = ("acme-jobs-", "acmejobs", "<AWS::StackName>-")
    assert [each for each in named if not each.startswith(fronts)] == []
    assert {front for front in fronts for each in named if each.startswith(front)} == {*fronts}


TO_BE_IN_A_VPC = ("BeInVpc", "NotByItsCode")


def test_each_function_is_in_the_vpc_and_only_lambda_may_make_its_interfaces() -> None:
    made, before = with_own("vpc"), with_own()["Resources"]
    kept = {name: each for name, each in made["Resources"].items() if name in before}
    assert differing({"Resources": kept}, with_own()) == {"AWS::Lambda::Function": {"VpcConfig"}}
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


def test_what_lets_lambda_delete_interfaces_outlives_the_functions_leaving_of_the_vpc() -> None:
    """CloudFormation takes a resource away after it has updated the others, a statement before."""
    inside, outside = with_own("vpc")["Resources"], with_own()["Resources"]
    gone = {name for name in inside if name not in outside}
    assert len(gone) == 7
    for name, resource in inside.items():
        said = "ec2:DeleteNetworkInterface" in json.dumps(resource)
        assert said == (name in gone)
        if resource["Type"] == "AWS::Lambda::Function":
            assert len(gone.intersection(resource["DependsOn"])) == 1


def said_of(role: str, made: Json) -> list[Json]:
    """The statements of a role's own inline policy."""
    policies = of_type("AWS::IAM::Policy", made).values()
    return [
        statement
        for each in policies
        if [plain(one) for one in each["Roles"]] == [role]
        for statement in each["PolicyDocument"]["Statement"]
    ]


@pytest.mark.parametrize("key", ["subnets", "security_groups"])
def test_what_is_named_twice_is_a_mistake_here_and_none_of_cloudformations(key: str) -> None:
    """Its schema of a function takes each once, so that the deployment failed."""
    vpc = EACH["vpc"]
    with pytest.raises(ValidationError, match="each one once"):
        Own.model_validate({"vpc": {**vpc, key: [*vpc[key], *vpc[key]]}})


def test_nobody_else_is_let_into_the_vpc() -> None:
    """Schedules and rules have roles, too, and are in no network."""
    made = with_own("vpc")
    let = [
        plain(each["Roles"][0])
        for each in of_type("AWS::IAM::Policy", made).values()
        if "ec2:" in json.dumps(each)
    ]
    assert len(let) == len(functions(made)) == 7


def test_the_poll_functions_policies_keep_room_in_a_vpc_and_under_a_key() -> None:
    for keys, kept in ((EACH.keys() - {"key"}, ELSE), (EACH.keys(), ELSE + UNDER_KEY)):
        own = Own.model_validate({key: EACH[key] for key in keys})
        compiled = replace(OFTEN, own=own)
        inline, _ = policies_of("<PollingPollRole>", synthesize(compiled))
        besides = [each for each in inline if "ses:GetImportJob" not in json.dumps(each)]
        assert sum(map(characters, besides)) <= compiled.kept == kept


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


TAKEN = (EACH.keys(), EACH.keys() - {"bus", "topic"})
"""What stacks take of the user's own: all of it, or all but bus and topic."""


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The cloud assembly of each of these stacks."""
    return [_assemble(tmp_path_factory.mktemp("assembly"), taken) for taken in TAKEN]


def _assemble(out: Path, taken: Iterable[str]) -> Path:
    app = cdk.App(outdir=str(out), analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    own = Own.model_validate({key: EACH[key] for key in taken})
    compiled = replace(TOLD, own=own)
    JobwatchStack(app, "Jobwatch", compiled=compiled, bundle=ANY_FOLDER)
    app.synth()
    return out


@pytest.fixture(scope="module")
def checked(assemblies: list[Path]) -> list[tuple[Checked, set[tuple[str, str]]]]:
    """What checkov finds in each template without the reasons, and what has a reason there."""
    bares, reasons = zip(*map(_without_reasons, assemblies), strict=True)
    return [*zip(checkov(*bares), reasons, strict=True)]


def _without_reasons(assembly: Path) -> tuple[Path, set[tuple[str, str]]]:
    made, reasons = json.loads((assembly / "Jobwatch.template.json").read_text()), set()
    for name, resource in made["Resources"].items():
        for skip in resource.get("Metadata", {}).pop("checkov", {"skip": []})["skip"]:
            reasons.add((skip["id"], f"{resource['Type']}.{name}"))
    bare = assembly / "bare.template.json"
    bare.write_text(json.dumps(made))
    return bare, reasons


@pytest.mark.parametrize("which", range(len(TAKEN)), ids=map(len, TAKEN))
def test_the_rules_of_others_find_nothing_without_a_written_reason(
    which: int, assemblies: list[Path], checked: list[tuple[Checked, set[tuple[str, str]]]]
) -> None:
    assembly, (found, reasons) = assemblies[which], checked[which]
    (report,) = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]
    assert report["violations"] == []
    assert [*broken((assembly / "Jobwatch.template.json").read_text())] == []
    assert found.failed == reasons
