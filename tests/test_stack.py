"""What the stack is made of, and how its parts are tied together."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from infra.function import RUNTIME
from tests.table import SHAPE, STREAM
from tests.template import COMPILED, OFTEN, Json, of_type, plain, synthesize, template

DAY = 24 * 3_600
WHEN = "<aws.scheduler.scheduled-time>"
"""The scheduler puts the time there for which the tick was meant."""


def test_the_outputs_carry_the_promised_names() -> None:
    outputs = template()["Outputs"]
    assert {name: plain(output["Value"]) for name, output in outputs.items()} == {
        "EventBusName": "<MessagingBus>",
        "AlertTopicArn": "<MessagingAlerts>",
        "TableName": "<StorageTable>",
        "PollFunctionName": "<PollingPollFunction>",
        "PublishFunctionName": "<PublishingPublishFunction>",
        "AlarmTopicArn": "<MessagingAlarms>",
        "UnpublishedQueueUrl": "<PublishingUnpublishedQueue>",
    }


def test_each_cadence_has_one_schedule_that_names_its_watches() -> None:
    schedules = of_type("AWS::Scheduler::Schedule").values()
    ticks = {each["ScheduleExpression"]: json.loads(each["Target"]["Input"]) for each in schedules}
    assert ticks == {
        "rate(1 minute)": {"watches": ["imports", "exports"], "tick": WHEN},
        "rate(5 minutes)": {"watches": ["nightly"], "tick": WHEN},
    }


def test_a_cadence_below_a_minute_ticks_each_minute_and_says_how_often_besides() -> None:
    schedules = of_type("AWS::Scheduler::Schedule", synthesize(OFTEN)).values()
    every_minute = [s for s in schedules if s["ScheduleExpression"] == "rate(1 minute)"]
    ticks = [json.loads(each["Target"]["Input"]) for each in every_minute]
    assert sorted(ticks, key=str) == [
        {"watches": ["contacts"], "tick": WHEN, "every": 15},
        {"watches": ["imports", "exports"], "tick": WHEN},
    ]


def test_a_tick_is_never_repeated_and_a_lost_one_is_kept() -> None:
    for schedule in of_type("AWS::Scheduler::Schedule").values():
        target = schedule["Target"]
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
        assert plain(target["DeadLetterConfig"]["Arn"]) == "<PollingMissedTicksQueue.Arn>"
    (config,) = of_type("AWS::Lambda::EventInvokeConfig").values()
    assert plain(config.pop("FunctionName")) == "<PollingPollFunction>"
    assert config == {
        "MaximumEventAgeInSeconds": 60,
        "MaximumRetryAttempts": 0,
        "Qualifier": "$LATEST",
    }


def mappings(function: str, among: Json | None = None) -> list[dict[str, Any]]:
    """What Lambda feeds to a function, without the name of the function."""
    found = of_type("AWS::Lambda::EventSourceMapping", among).values()
    return [each for each in found if plain(each.pop("FunctionName")) == function]


def test_the_stream_wakes_publish_for_what_is_to_be_announced() -> None:
    (mapping,) = mappings("<PublishingPublishFunction>")
    pattern = json.loads(mapping.pop("FilterCriteria")["Filters"][0]["Pattern"])
    assert pattern == {"dynamodb": {"NewImage": {"announce": {"S": [{"exists": True}]}}}}
    assert plain(mapping.pop("EventSourceArn")) == "<StorageTable.StreamArn>"
    failed = mapping.pop("DestinationConfig")["OnFailure"]["Destination"]
    assert plain(failed) == "<PublishingUnpublishedQueue.Arn>"
    # Without a maximum of attempts, only the age of a record ends its retries.
    assert mapping == {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumBatchingWindowInSeconds": 1,
        "MaximumRecordAgeInSeconds": 21600,
        "StartingPosition": "TRIM_HORIZON",
    }


def queues(among: Json | None = None) -> dict[str, dict[str, Any]]:
    found = of_type("AWS::SQS::Queue", among)
    return {plain({"Ref": name}): properties for name, properties in found.items()}


def test_the_poll_function_is_fed_one_message_at_a_time_and_by_few_at_once() -> None:
    fed = mappings("<PollingPollFunction>", synthesize(OFTEN))
    sources = [plain(mapping.pop("EventSourceArn")) for mapping in fed]
    assert sources == ["<PollingQueuesScopes.Arn>", "<PollingQueuesLater.Arn>"]
    assert fed == [{"BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": 10}}] * 2


def test_scopes_are_polled_in_order_in_their_group_and_the_groups_side_by_side() -> None:
    scopes = queues()["<PollingQueuesScopes>"]
    assert scopes["FifoQueue"]
    assert scopes["DeduplicationScope"] == "messageGroup"
    assert scopes["FifoThroughputLimit"] == "perMessageGroupId"
    assert not scopes["ContentBasedDeduplication"], "what goes back untouched would be lost"


def test_scopes_of_a_crash_are_put_aside_at_once_so_that_their_group_goes_on() -> None:
    scopes = queues()["<PollingQueuesScopes>"]
    assert scopes["RedrivePolicy"].pop("maxReceiveCount") == 1
    lost = plain(scopes["RedrivePolicy"].pop("deadLetterTargetArn"))
    assert lost == "<PollingQueuesLostQueue.Arn>"
    assert queues()["<PollingQueuesLostQueue>"]["FifoQueue"]
    assert "FifoQueue" not in queues()["<PollingMissedTicksQueue>"], "CloudFormation takes no false"


@pytest.mark.parametrize("name", ["<PollingQueuesScopes>", "<PollingQueuesLater>"])
def test_a_message_stays_hidden_while_its_function_runs_and_hardly_longer(name: str) -> None:
    made = synthesize(OFTEN)
    functions = of_type("AWS::Lambda::Function", made).values()
    (timeout,) = [f["Timeout"] for f in functions if "poll" in f["Handler"]]
    assert timeout < queues(made)[name]["VisibilityTimeout"] <= timeout + 60


@pytest.mark.parametrize(
    ("cadence", "kept"), [(15, 900), (900, 900), (3_600, 3_600), (86_400, 86_400)]
)
def test_scopes_wait_until_the_next_tick_looks_at_them_anew(cadence: int, kept: int) -> None:
    compiled = replace(COMPILED, cadences={10: ("often",), cadence: ("imports",)})
    made = queues(synthesize(compiled))
    assert made["<PollingQueuesScopes>"]["MessageRetentionPeriod"] == kept


def test_later_ticks_have_a_queue_only_where_a_cadence_is_below_a_minute() -> None:
    assert "<PollingQueuesLater>" not in queues()
    later = queues(synthesize(OFTEN))["<PollingQueuesLater>"]
    assert "FifoQueue" not in later, "each message has a delay of its own there"
    assert later["MessageRetentionPeriod"] < later["VisibilityTimeout"], "it would be repeated"
    assert later["MessageRetentionPeriod"] >= 60, "what waits for its time counts from the start"


def test_the_functions_find_what_they_need_in_their_environment() -> None:
    functions = of_type("AWS::Lambda::Function", synthesize(OFTEN))
    common = {
        "POWERTOOLS_SERVICE_NAME": "Jobwatch",
        "POWERTOOLS_METRICS_NAMESPACE": "Jobwatch",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    found = {
        each["Handler"]: {k: plain(v) for k, v in each["Environment"]["Variables"].items()}
        for each in functions.values()
    }
    assert found == {
        "lambdas.handle_poll.handler": {
            **common,
            "TABLE_NAME": "<StorageTable>",
            "SCOPES_QUEUE_URL": "<PollingQueuesScopes>",
            "LOST_QUEUE_URL": "<PollingQueuesLostQueue>",
            "LATER_QUEUE_URL": "<PollingQueuesLater>",
        },
        "lambdas.publish.handler.handler": {
            **common,
            "EVENT_BUS_NAME": "<MessagingBus>",
            "ALERT_TOPIC_ARN": "<MessagingAlerts>",
        },
    }
    assert {(*each["Architectures"], each["Runtime"]) for each in functions.values()} == {
        ("arm64", RUNTIME.name)
    }


def test_no_queue_is_named_that_is_not_there() -> None:
    functions = of_type("AWS::Lambda::Function").values()
    (poll,) = [each for each in functions if "poll" in each["Handler"]]
    assert "LATER_QUEUE_URL" not in poll["Environment"]["Variables"]


def test_the_runtime_is_the_newest_python_that_the_library_knows() -> None:
    names = [name for name in dir(lambda_.Runtime) if re.fullmatch(r"PYTHON_\d+_\d+", name)]
    newest = max(names, key=lambda name: [int(part) for part in name.split("_")[1:]])
    assert RUNTIME.name == getattr(lambda_.Runtime, newest).name


def test_the_table_expires_streams_and_can_be_restored() -> None:
    Template.from_json(template()).has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Delete",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            },
        },
    )


def test_the_table_of_the_tests_has_the_keys_and_the_index_of_the_stacks() -> None:
    (table,) = of_type("AWS::DynamoDB::Table").values()
    assert {name: table[name] for name in SHAPE} == SHAPE
    assert table["StreamSpecification"] == STREAM


def test_topic_queues_and_table_are_encrypted() -> None:
    topics = {plain({"Ref": name}): each for name, each in of_type("AWS::SNS::Topic").items()}
    assert plain(topics["<MessagingAlerts>"]["KmsMasterKeyId"]).endswith(":alias/aws/sns")
    assert "KmsMasterKeyId" not in topics["<MessagingAlarms>"], "CloudWatch could not publish"
    made = queues(synthesize(OFTEN)).values()
    assert [queue["SqsManagedSseEnabled"] for queue in made] == [True] * 5
    (table,) = of_type("AWS::DynamoDB::Table").values()
    # DynamoDB encrypts every table; what can be said here is only under which other key.
    assert "SSESpecification" not in table


def test_dead_letters_are_kept_as_long_as_can_be() -> None:
    longest = {n for n, queue in queues().items() if queue["MessageRetentionPeriod"] == 14 * DAY}
    assert longest == {
        "<PollingMissedTicksQueue>",
        "<PollingQueuesLostQueue>",
        "<PublishingUnpublishedQueue>",
    }


def test_queues_go_with_the_stack() -> None:
    found = Template.from_json(synthesize(OFTEN)).find_resources("AWS::SQS::Queue").values()
    assert [each["DeletionPolicy"] for each in found] == ["Delete"] * 5


def _statements(policy: dict[str, Any]) -> dict[str, dict[str, Any]]:
    document = policy.get("PolicyDocument") or policy["Policy"]
    return {
        statement.get("Sid") or json.dumps(statement["Condition"]): statement
        for statement in document["Statement"]
    }


PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
ANYONE = ("*", {"AWS": "*"})


def test_topics_queues_and_table_refuse_plain_http() -> None:
    made = synthesize(OFTEN)
    (table,) = of_type("AWS::DynamoDB::Table", made).values()
    policies = [
        *of_type("AWS::SNS::TopicPolicy", made).values(),
        *of_type("AWS::SQS::QueuePolicy", made).values(),
        table["ResourcePolicy"],
    ]
    refused = []
    for policy in policies:
        for statement in _statements(policy).values():
            if statement["Effect"] == "Deny" and statement["Condition"] == PLAIN_HTTP:
                assert statement["Principal"] in ANYONE
                refused.append(statement["Action"])
    assert sorted(refused) == ["dynamodb:*", *["sns:Publish"] * 2, *["sqs:*"] * 5]


def test_nobody_outside_of_the_account_may_publish_or_subscribe_to_a_topic() -> None:
    policies = of_type("AWS::SNS::TopicPolicy").values()
    assert len(policies) == len(of_type("AWS::SNS::Topic")) == 2
    for policy in policies:
        statement = _statements(policy)["OnlyThisAccount"]
        assert (statement["Effect"], statement["Action"]) == (
            "Deny",
            ["sns:Publish", "sns:Subscribe"],
        )
        assert statement["Principal"] in ANYONE
        account = statement["Condition"]["StringNotEquals"]["aws:PrincipalAccount"]
        assert plain(account) == "<AWS::AccountId>"
        assert statement["Condition"]["Bool"] == {"aws:PrincipalIsAWSService": "false"}


def test_only_alarms_of_the_account_are_let_on_the_alarms_topic() -> None:
    allowed = {}
    for policy in of_type("AWS::SNS::TopicPolicy").values():
        for statement in _statements(policy).values():
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


def test_only_whom_the_account_allows_may_put_events_on_the_bus() -> None:
    (bus,) = of_type("AWS::Events::EventBus").values()
    (statement,) = _statements(bus).values()
    assert (statement["Effect"], statement["Action"]) == ("Allow", "events:PutEvents")
    assert plain(statement["Principal"]["AWS"]) == (
        "arn:<AWS::Partition>:iam::<AWS::AccountId>:root"
    )
    assert plain(statement["Resource"]).endswith(f":event-bus/{bus['Name']}")


def test_email_addresses_are_subscribed_to_alerts_and_alarms() -> None:
    subscriptions = of_type("AWS::SNS::Subscription").values()
    assert {(s["Protocol"], s["Endpoint"], plain(s["TopicArn"])) for s in subscriptions} == {
        ("email", "ops@example.com", "<MessagingAlerts>"),
        ("email", "ops@example.com", "<MessagingAlarms>"),
    }
    nobody = synthesize(replace(COMPILED, emails=()))
    assert not of_type("AWS::SNS::Subscription", nobody)


def test_logs_are_kept_for_a_month_and_go_with_the_stack() -> None:
    groups = Template.from_json(template()).find_resources("AWS::Logs::LogGroup").values()
    kept = [(each["Properties"]["RetentionInDays"], each["DeletionPolicy"]) for each in groups]
    assert kept == [(30, "Delete")] * 2


def test_two_stacks_stand_side_by_side() -> None:
    """Of all resources only a bus must have a name, and that one has the stack's in it."""
    buses = []
    for name in ("Jobwatch", "Second"):
        made = synthesize(COMPILED, name)
        buses += [bus["Name"] for bus in of_type("AWS::Events::EventBus", made).values()]
        named = {"TableName", "TopicName", "QueueName", "FunctionName", "RoleName", "LogGroupName"}
        for kind in ("DynamoDB::Table", "SNS::Topic", "SQS::Queue", "Lambda::Function"):
            for properties in of_type(f"AWS::{kind}", made).values():
                assert not named & properties.keys()
    assert len(set(buses)) == 2
