"""Chats, pagers and users' topics in the template: a rule each, and no way to fall silent."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from infra.config.watches import Recipient
from infra.cost.reckoning import from_file
from operate.rules import broken
from tests.patterns import matches
from tests.template import (
    COMPILED,
    GIVEN,
    ROOT,
    SECRET,
    TOLD,
    TOPIC,
    UUID,
    functions,
    of_type,
    plain,
    queues,
    synthesize,
    with_recipients,
)

BEHIND_BUS = ("chat", "lake", "oncall", "team", "weekend")


def rules() -> dict[str, dict[str, Any]]:
    """Each rule's properties by whose it is."""
    found = of_type("AWS::Events::Rule", with_recipients()).values()
    whose = ((rule["EventPattern"]["detail"].get("to"), rule) for rule in found)
    return {to[0]: rule for to, rule in whose if to}


def test_a_stack_without_such_recipients_has_nothing_of_it() -> None:
    mail = {"mail": Recipient.model_validate(GIVEN["mail"])}
    for compiled in (COMPILED, replace(COMPILED, recipients=mail)):
        plainest = synthesize(compiled)
        assert not [name for name in plainest["Resources"] if name.startswith("Recipients")]
        assert len(of_type("AWS::Events::EventBus", plainest)) == 1
        assert len(of_type("AWS::SNS::Topic", plainest)) == 2
        assert "ALERT_BUS_NAME" not in functions(plainest)["alert"]["Environment"]["Variables"]


def test_each_recipient_has_a_rule_for_what_is_to_it_and_gets_what_is_written_for_it() -> None:
    found = {
        name: (
            plain(rule["Targets"][0]["Arn"]),
            rule["Targets"][0]["InputPath"],
            rule["EventPattern"]["detail"]["state"],
        )
        for name, rule in rules().items()
    }
    both = ["open", "resolved"]
    assert found == {
        "chat": ("<RecipientschatTopic>", "$.detail.chat", both),
        "team": ("<RecipientsteamTopic>", "$.detail.chat", both),
        "oncall": ("<RecipientsoncallDestination.Arn>", "$.detail.pagerduty", both),
        "weekend": ("<RecipientsweekendDestination.Arn>", "$.detail.pagerduty", both),
        "lake": (TOPIC, "$.detail.alert", ["open"]),
    }
    for rule in rules().values():
        assert rule["EventPattern"]["source"] == ["jobwatch"]
        assert rule["EventPattern"]["detail-type"] == ["Job Alert"]
        assert plain(rule["EventBusName"]) == "<RecipientsBus>"
        assert len(rule["Targets"]) == 1


@pytest.mark.parametrize("name", BEHIND_BUS)
def test_what_a_replay_puts_on_the_bus_again_is_brought_to_nobody(name: str) -> None:
    """An archive has what was over of each incident: played again, it resolves one that is open."""
    pattern = rules()[name]["EventPattern"]
    detail = {"to": [name, "mail"], "state": pattern["detail"]["state"][-1]}
    event = {"source": "jobwatch", "detail-type": "Job Alert", "detail": detail}
    assert matches(pattern, event)
    assert not matches(pattern, event | {"replay-name": "again"})


@pytest.mark.parametrize("name", BEHIND_BUS)
def test_what_cannot_be_brought_is_tried_for_hours_then_put_aside_and_rings(name: str) -> None:
    (target,) = rules()[name]["Targets"]
    assert target["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 21_600,
        "MaximumRetryAttempts": 185,
    }
    queue = plain(target["DeadLetterConfig"]["Arn"])
    assert queue == f"<Recipients{name}UndeliveredQueue.Arn>"
    watched = {
        plain(alarm["Dimensions"][0]["Value"]): alarm
        for alarm in of_type("AWS::CloudWatch::Alarm", with_recipients()).values()
    }
    alarm = watched[queue.replace(".Arn", ".QueueName")]
    assert name in alarm["AlarmDescription"]
    assert alarm["AlarmDescription"].endswith("docs/runbook.md#not-brought")
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert "\n### Not brought\n" in runbook


@pytest.mark.parametrize("name", BEHIND_BUS)
def test_only_its_rule_may_put_aside_what_a_recipient_did_not_get(name: str) -> None:
    queue = f"<Recipients{name}UndeliveredQueue>"
    (policy,) = [
        each["PolicyDocument"]
        for each in of_type("AWS::SQS::QueuePolicy", with_recipients()).values()
        if plain(each["Queues"][0]) == queue
    ]
    (allowed,) = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Action"] == "sqs:SendMessage"
    condition = allowed["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert plain(condition) == f"<Recipients{name}Rule.Arn>"
    # What lies there is brought to the recipient by a replay, whoever else may send to any queue.
    (refused,) = [each for each in policy["Statement"] if each.get("Sid") == "OnlyItsRule"]
    assert (refused["Effect"], refused["Principal"]) == ("Deny", {"AWS": "*"})
    assert (refused["Action"], plain(refused["Resource"])) == (
        "sqs:SendMessage",
        f"{queue[:-1]}.Arn>",
    )
    assert refused["Condition"] == {"ArnNotEquals": allowed["Condition"]["ArnEquals"]}
    assert queues(with_recipients())[queue]["SqsManagedSseEnabled"]


def test_the_key_of_a_pager_is_never_in_the_template_and_goes_into_the_body() -> None:
    connections = of_type("AWS::Events::Connection", with_recipients())
    found = {plain({"Ref": name}): each["AuthParameters"] for name, each in connections.items()}
    body = {
        name: each["InvocationHttpParameters"]["BodyParameters"] for name, each in found.items()
    }
    assert body == {
        "<RecipientsoncallConnection>": [
            {
                "Key": "routing_key",
                "Value": f"{{{{resolve:secretsmanager:{SECRET}:SecretString:::}}}}",
                "IsValueSecret": True,
            }
        ],
        "<RecipientsweekendConnection>": [
            {
                "Key": "routing_key",
                "Value": f"{{{{resolve:secretsmanager:{SECRET}:SecretString:routing_key::}}}}",
                "IsValueSecret": True,
            }
        ],
    }


def test_a_pager_is_called_where_its_service_is() -> None:
    found = of_type("AWS::Events::ApiDestination", with_recipients())
    called = {plain({"Ref": name}): each["InvocationEndpoint"] for name, each in found.items()}
    assert called == {
        "<RecipientsoncallDestination>": "https://events.pagerduty.com/v2/enqueue",
        "<RecipientsweekendDestination>": "https://events.eu.pagerduty.com/v2/enqueue",
    }
    for name, each in found.items():
        assert each["HttpMethod"] == "POST"
        assert plain(each["ConnectionArn"]) == plain({"Ref": name}).replace(
            "Destination>", "Connection.Arn>"
        )


def test_a_channel_gets_its_own_topic_and_people_can_do_nothing_in_it() -> None:
    (slack,) = of_type("AWS::Chatbot::SlackChannelConfiguration", with_recipients()).values()
    (teams,) = of_type(
        "AWS::Chatbot::MicrosoftTeamsChannelConfiguration", with_recipients()
    ).values()
    assert (slack["SlackWorkspaceId"], slack["SlackChannelId"]) == ("T01ABCDEF", "C01ABCDEF")
    assert (teams["TeamsTenantId"], teams["TeamId"]) == (f"{UUID}1", f"{UUID}2")
    assert teams["TeamsChannelId"] == "19%3aabc%40thread.tacv2"
    for name, channel in (("chat", slack), ("team", teams)):
        assert [*map(plain, channel["SnsTopicArns"])] == [f"<Recipients{name}Topic>"]
        assert plain(channel["IamRoleArn"]) == "<RecipientsChat.Arn>"
        (guardrail,) = map(plain, channel["GuardrailPolicies"])
        assert guardrail == "arn:<AWS::Partition>:iam::aws:policy/AWSDenyAll"
        called = plain(channel["ConfigurationName"])
        assert re.fullmatch("<AWS::StackName>-<AWS::Region>-[0-9a-f]{12}", called)
    (role,) = [
        each
        for name, each in of_type("AWS::IAM::Role", with_recipients()).items()
        if plain({"Ref": name}) == "<RecipientsChat>"
    ]
    assert role.keys() == {"AssumeRolePolicyDocument"}, "it allows nothing"


def test_a_channel_stays_the_same_resource_whatever_its_recipient_is_called() -> None:
    """Amazon Q takes a channel once in an account: not even for a moment can there be two of it."""
    kinds = [f"AWS::Chatbot::{each}ChannelConfiguration" for each in ("Slack", "MicrosoftTeams")]
    called = {name: {**each} for name, each in GIVEN.items() if {"slack", "teams"} & {*each}}
    other = {f"other-{name}": Recipient.model_validate(each) for name, each in called.items()}
    renamed = synthesize(replace(COMPILED, recipients=other))
    for kind in kinds:
        before, after = of_type(kind, with_recipients()), of_type(kind, renamed)
        assert before.keys() == after.keys()
        for name, properties in before.items():
            changed = {key for key, value in properties.items() if after[name][key] != value}
            assert changed == {"SnsTopicArns"}


def test_the_topics_of_chats_are_encrypted_and_take_from_their_rules_alone() -> None:
    topics = {
        plain({"Ref": n}): each for n, each in of_type("AWS::SNS::Topic", with_recipients()).items()
    }
    policies = {
        plain(each["Topics"][0]): each["PolicyDocument"]["Statement"]
        for each in of_type("AWS::SNS::TopicPolicy", with_recipients()).values()
    }
    for topic in ("<RecipientschatTopic>", "<RecipientsteamTopic>"):
        assert topics[topic]["KmsMasterKeyId"] == "alias/aws/sns"
        (only,) = [each for each in policies[topic] if each.get("Sid") == "OnlyRecipients"]
        assert (only["Effect"], only["Action"]) == ("Deny", "sns:Publish")
        roles = only["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        assert [*map(plain, roles if isinstance(roles, list) else [roles])] == [
            "<RecipientsRole.Arn>"
        ]


def test_the_rules_may_bring_alerts_where_they_lead_and_do_nothing_else() -> None:
    (policy,) = [
        each["PolicyDocument"]["Statement"]
        for each in of_type("AWS::IAM::Policy", with_recipients()).values()
        if [*map(plain, each["Roles"])] == ["<RecipientsRole>"]
    ]
    assert {each["Action"]: [*map(plain, each["Resource"])] for each in policy} == {
        "sns:Publish": ["<RecipientschatTopic>", TOPIC, "<RecipientsteamTopic>"],
        "events:InvokeApiDestination": [
            f"<Recipients{name}Destination.{arn}>"
            for name in ("oncall", "weekend")
            for arn in ("Arn", "ArnForPolicy")
        ],
    }
    (role,) = [
        each["AssumeRolePolicyDocument"]["Statement"]
        for name, each in of_type("AWS::IAM::Role", with_recipients()).items()
        if plain({"Ref": name}) == "<RecipientsRole>"
    ]
    (trust,) = role
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    rules = plain(trust["Condition"]["ArnLike"]["aws:SourceArn"])
    assert rules.endswith(":rule/<RecipientsBus>/*")
    assert plain(trust["Condition"]["StringEquals"]["aws:SourceAccount"]) == "<AWS::AccountId>"


def test_the_alert_function_may_put_on_the_bus_of_alerts_and_nobody_else_may() -> None:
    granted = {
        plain(resource): statement
        for policy in of_type("AWS::IAM::Policy", with_recipients()).values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "events:PutEvents"
        for resource in [statement["Resource"]]
    }
    assert granted.keys() == {"<MessagingBus.Arn>", "<RecipientsBus.Arn>"}
    assert granted["<RecipientsBus.Arn>"]["Sid"] == "PutAlerts"
    (bus,) = [
        each
        for name, each in of_type("AWS::Events::EventBus", with_recipients()).items()
        if name.startswith("Recipients")
    ]
    (only,) = bus["Policy"]["Statement"]
    assert (only["Effect"], only["Action"]) == ("Deny", "events:PutEvents")
    roles = only["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    assert [*map(plain, roles)] == ["<AlertingAlertRole.Arn>"]
    variables = functions(with_recipients())["alert"]["Environment"]["Variables"]
    assert plain(variables["ALERT_BUS_NAME"]) == "<RecipientsBus>"


def test_cloudformation_would_take_the_template() -> None:
    assert [*broken(json.dumps(with_recipients()))] == []


def test_the_bill_counts_them() -> None:
    assert from_file(TOLD) == {"emails": 0, "pagers": 2, "topics": 3, "dashboards": 1, "keys": 0}
