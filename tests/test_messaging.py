"""Who may reach the bus, the topics, the queues and the table; how they are encrypted."""

import json
from dataclasses import replace
from typing import Any

from infra.config.watches import Recipient
from tests.template import COMPILED, OFTEN, of_type, plain, queues, statements, synthesize

PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
OF_A_STREAM = [f"dynamodb:{each}" for each in ("DescribeStream", "GetRecords", "GetShardIterator")]
"""What is done to a stream; one is listed by its table."""
ANYONE = ("*", {"AWS": "*"})


def test_topic_queues_and_table_are_encrypted() -> None:
    topics = {plain({"Ref": name}): each for name, each in of_type("AWS::SNS::Topic").items()}
    assert topics["<MessagingAlerts>"]["KmsMasterKeyId"] == "alias/aws/sns"
    assert "KmsMasterKeyId" not in topics["<MessagingAlarms>"], "CloudWatch could not publish"
    made = queues(synthesize(OFTEN)).values()
    assert [queue["SqsManagedSseEnabled"] for queue in made] == [True] * 5
    # DynamoDB encrypts every table; what can be said here is only under which other key.
    tables = {plain({"Ref": name}): each for name, each in of_type("AWS::DynamoDB::Table").items()}
    assert tables["<WaitingWaitsTable>"]["SSESpecification"] == {"SSEEnabled": True}
    others = {"<StorageTable>", "<StandingTable>"}
    assert tables.keys() == {"<WaitingWaitsTable>"} | others
    assert not any("SSESpecification" in tables[name] for name in others)


def test_topics_queues_tables_and_their_stream_refuse_plain_http() -> None:
    made = synthesize(OFTEN)
    tables = of_type("AWS::DynamoDB::Table", made).values()
    (stream,) = [each["StreamSpecification"] for each in tables if "StreamSpecification" in each]
    policies = [
        *of_type("AWS::SNS::TopicPolicy", made).values(),
        *of_type("AWS::SQS::QueuePolicy", made).values(),
        *(each["ResourcePolicy"] for each in tables),
        stream["ResourcePolicy"],
    ]
    refused = []
    for policy in policies:
        for statement in statements(policy).values():
            if statement["Effect"] == "Deny" and statement["Condition"] == PLAIN_HTTP:
                assert statement["Principal"] in ANYONE
                refused.append(statement["Action"])
    assert refused == [*["sns:Publish"] * 2, *["sqs:*"] * 5, *["dynamodb:*"] * 3, OF_A_STREAM]


def topic_policies() -> dict[str, dict[str, Any]]:
    policies = of_type("AWS::SNS::TopicPolicy").values()
    assert len(policies) == len(of_type("AWS::SNS::Topic")) == 2
    return {plain(policy["Topics"][0]): statements(policy) for policy in policies}


def test_nobody_outside_of_the_account_may_publish_or_subscribe_to_alerts() -> None:
    statement = topic_policies()["<MessagingAlerts>"]["OnlyThisAccount"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", ["sns:Publish", "sns:Subscribe"])
    assert statement["Principal"] in ANYONE
    account = statement["Condition"]["StringNotEquals"]["aws:PrincipalAccount"]
    assert plain(account) == "<AWS::AccountId>"
    assert statement["Condition"]["Bool"] == {"aws:PrincipalIsAWSService": "false"}


def test_nothing_but_plain_http_and_what_is_no_alarm_is_refused_to_alarms() -> None:
    """What CloudWatch is to a policy that refuses by principal, AWS does not say."""
    said = topic_policies()["<MessagingAlarms>"].values()
    (let,) = [each for each in said if each["Effect"] == "Allow"]
    refused = {json.dumps(each["Condition"]): each for each in said if each["Effect"] == "Deny"}
    # Of an alarm that is let, so that it keeps none back that would come without it.
    only = json.dumps({"ArnNotLike": let["Condition"]["ArnLike"]})
    assert refused.keys() == {json.dumps(PLAIN_HTTP), only}
    assert refused[only]["Principal"] in ANYONE
    assert refused[only]["Action"] == "sns:Publish"


def test_only_alarms_of_the_account_are_let_on_the_alarms_topic() -> None:
    allowed = {}
    for policy in of_type("AWS::SNS::TopicPolicy").values():
        for statement in statements(policy).values():
            if statement["Effect"] == "Allow":
                allowed[plain(policy["Topics"][0])] = statement
    assert list(allowed) == ["<MessagingAlarms>"]
    statement = allowed["<MessagingAlarms>"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    condition = statement["Condition"]
    assert plain(condition["StringEquals"]["aws:SourceAccount"]) == "<AWS::AccountId>"
    assert plain(condition["ArnLike"]["aws:SourceArn"]) == (
        "arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*"
    )


def test_the_buss_policy_lets_nobody_in_from_elsewhere() -> None:
    (bus,) = of_type("AWS::Events::EventBus").values()
    (statement,) = statements(bus).values()
    assert (statement["Effect"], statement["Action"]) == ("Deny", "events:PutEvents")
    assert plain(statement["Resource"]).endswith(f":event-bus/{bus['Name']}")


def test_email_addresses_are_subscribed_to_alerts_and_alarms() -> None:
    subscriptions = of_type("AWS::SNS::Subscription").values()
    assert {(s["Protocol"], s["Endpoint"], plain(s["TopicArn"])) for s in subscriptions} == {
        ("email", "ops@example.com", "<MessagingAlerts>"),
        ("email", "ops@example.com", "<MessagingAlarms>"),
    }
    filtered = [plain(s["TopicArn"]) for s in subscriptions if "FilterPolicy" in s]
    assert filtered == ["<MessagingAlerts>"], "alarms have no attributes"
    nobody = synthesize(replace(COMPILED, emails=()))
    assert not of_type("AWS::SNS::Subscription", nobody)


def test_the_addresses_of_recipients_are_subscribed_to_their_alerts_and_to_no_alarm() -> None:
    recipients = {"data": Recipient(email=("ops@example.com", "data@example.com"))}
    made = synthesize(replace(COMPILED, recipients=recipients))
    subscriptions = of_type("AWS::SNS::Subscription", made).values()
    assert {
        (s["Endpoint"], plain(s["TopicArn"])): s.get("FilterPolicy") for s in subscriptions
    } == {
        ("ops@example.com", "<MessagingAlerts>"): {"state": ["open", {"exists": False}]},
        ("ops@example.com", "<MessagingAlarms>"): None,
        ("data@example.com", "<MessagingAlerts>"): {"to": ["data"], "state": ["open"]},
    }
