"""Who may do what: three roles, each with the few named actions that it needs."""

import json
from dataclasses import replace
from typing import Any

from infra.config.permissions import MOST_NAMED, roles_of
from infra.config.watches import Watch
from tests.template import COMPILED, OFTEN, Json, of_type, plain, synthesize

LARGEST_POLICY = 10_240
"""Characters of all inline policies of a role, spaces aside."""
OTHER = {"id": "111122223333", "role": "another"}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}

QUEUES = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def statements(role: str, among: Json | None) -> list[dict[str, Any]]:
    """Every statement of the policies, inline or not, of the role whose id begins so."""
    found = []
    for name, properties in of_type("AWS::IAM::Role", among).items():
        if name.startswith(role):
            found += [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
    for properties in of_type("AWS::IAM::Policy", among).values():
        if properties["Roles"][0]["Ref"].startswith(role):
            found.append(properties["PolicyDocument"])
    return [statement for document in found for statement in document["Statement"]]


def allowed(role: str, among: Json | None = None) -> dict[str, str | list[str]]:
    """What the role may do: for each action the resources, with references as `<id.attribute>`."""
    actions: dict[str, str | list[str]] = {}
    for statement in statements(role, among):
        assert statement["Effect"] == "Allow"
        assert "Condition" not in statement
        names = statement["Action"]
        for action in [names] if isinstance(names, str) else names:
            assert action not in actions
            actions[action] = _plain(statement["Resource"])
    return actions


def _plain(resources: Any) -> str | list[str]:
    return [plain(r) for r in resources] if isinstance(resources, list) else plain(resources)


def test_poll_may_remember_and_read_jobs_but_publish_nothing() -> None:
    assert allowed("PollingPollRole") == {
        **dict.fromkeys(LOGS, "<PollingPollLogs.Arn>"),
        **dict.fromkeys(
            ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"], "<StorageTable.Arn>"
        ),
        "dynamodb:Query": ["<StorageTable.Arn>", "<StorageTable.Arn>/index/unfinished"],
        **dict.fromkeys(QUEUES, "<PollingQueuesScopes.Arn>"),
        "sqs:SendMessage": ["<PollingQueuesScopes.Arn>", "<PollingQueuesLostQueue.Arn>"],
        "ses:ListImportJobs": "*",
        "ses:GetImportJob": (
            "arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:import-job/*"
        ),
        "sts:AssumeRole": "arn:<AWS::Partition>:iam::111122223333:role/jobwatch-reader",
    }


def test_poll_may_use_the_queue_of_later_ticks_where_there_is_one() -> None:
    actions = allowed("PollingPollRole", synthesize(OFTEN))
    both = ["<PollingQueuesScopes.Arn>", "<PollingQueuesLater.Arn>"]
    assert [actions[name] for name in QUEUES] == [both] * 3
    assert actions["sqs:SendMessage"] == [*both, "<PollingQueuesLostQueue.Arn>"]


def test_publish_may_read_the_stream_and_publish_but_call_no_job_api() -> None:
    stream = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]
    assert allowed("PublishingPublishRole") == {
        **dict.fromkeys(LOGS, "<PublishingPublishLogs.Arn>"),
        **{f"dynamodb:{action}": "<StorageTable.StreamArn>" for action in stream},
        "events:PutEvents": "<MessagingBus.Arn>",
        "sns:Publish": "<MessagingAlerts>",
        "sqs:SendMessage": "<PublishingUnpublishedQueue.Arn>",
    }


def test_the_schedules_may_invoke_the_poll_function_and_nothing_else() -> None:
    assert allowed("PollingSchedulesRole") == {
        "lambda:InvokeFunction": "<PollingPollFunction.Arn>",
        "sqs:SendMessage": "<PollingMissedTicksQueue.Arn>",
    }


def test_only_the_services_of_this_account_may_take_the_roles() -> None:
    trusted = {}
    for name, properties in of_type("AWS::IAM::Role").items():
        (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
        conditions = statement.get("Condition", {}).get("StringEquals", {})
        trusted[plain({"Ref": name})] = (
            statement["Principal"]["Service"],
            {key: plain(value) for key, value in conditions.items()},
        )
    group = "arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule-group/default"
    from_here = {"aws:SourceAccount": "<AWS::AccountId>", "aws:SourceArn": group}
    assert trusted == {
        "<PollingPollRole>": ("lambda.amazonaws.com", {}),
        "<PollingSchedulesRole>": ("scheduler.amazonaws.com", from_here),
        "<PublishingPublishRole>": ("lambda.amazonaws.com", {}),
    }


def test_there_is_no_role_besides_and_none_has_a_managed_policy() -> None:
    roles = of_type("AWS::IAM::Role")
    assert sorted(plain({"Ref": name}) for name in roles) == [
        "<PollingPollRole>",
        "<PollingSchedulesRole>",
        "<PublishingPublishRole>",
    ]
    assert not any("ManagedPolicyArns" in role for role in roles.values())


ANYWHERE = "arn:{partition}:iam::*:role/jobwatch-reader"


def test_a_role_of_many_accounts_is_assumed_in_the_organization_only() -> None:
    many = synthesize(replace(COMPILED, roles=(ANYWHERE,)))
    (found,) = [s for s in statements("PollingPollRole", many) if s["Action"] == "sts:AssumeRole"]
    assert plain(found["Resource"]) == "arn:<AWS::Partition>:iam::*:role/jobwatch-reader"
    of_ours = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
    assert found["Condition"] == of_ours


def test_a_thousand_accounts_fit_into_the_poll_functions_policy() -> None:
    accounts = [{"id": f"{n:012}", "role": "jobwatch-reader"} for n in range(1_000)]
    watches = [
        Watch.model_validate({"source": "x", "accounts": accounts}),
        Watch.model_validate({"source": "x", "accounts": [*accounts[:1], OTHER]}),
    ]
    many = synthesize(replace(COMPILED, roles=roles_of(watches)))
    written = json.dumps(statements("PollingPollRole", many), separators=(",", ":"))
    assert len(written) < LARGEST_POLICY
    assert "111122223333:role/another" in written


def test_as_many_roles_as_are_named_one_by_one_fit_too() -> None:
    roles = tuple(f"arn:{{partition}}:iam::{n:012}:role/{'x' * 64}" for n in range(MOST_NAMED))
    many = synthesize(replace(COMPILED, roles=roles))
    written = json.dumps(statements("PollingPollRole", many), separators=(",", ":"))
    assert len(written.replace('{"Ref":"AWS::Partition"}', '"aws"')) < LARGEST_POLICY


def test_no_role_is_assumed_where_no_other_account_is_watched() -> None:
    alone = synthesize(replace(COMPILED, roles=()))
    assert "sts:AssumeRole" not in allowed("PollingPollRole", alone)
