"""What the stack is made of, and how its parts are tied together."""

import json
import re
from dataclasses import replace

from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from infra.function import RUNTIME
from tests.template import COMPILED, of_type, plain, synthesize, template


def test_five_outputs_carry_the_promised_names() -> None:
    outputs = template()["Outputs"]
    assert {name: plain(output["Value"]) for name, output in outputs.items()} == {
        "EventBusName": "<MessagingBus>",
        "AlertTopicArn": "<MessagingAlerts>",
        "TableName": "<StorageTable>",
        "PollFunctionName": "<PollingPollFunction>",
        "PublishFunctionName": "<PublishingPublishFunction>",
    }


def test_each_cadence_has_one_schedule_that_names_its_watches() -> None:
    schedules = of_type("AWS::Scheduler::Schedule").values()
    ticks = {each["ScheduleExpression"]: json.loads(each["Target"]["Input"]) for each in schedules}
    assert ticks == {
        "rate(1 minute)": {"watches": ["imports", "exports"]},
        "rate(5 minutes)": {"watches": ["nightly"]},
    }


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


def test_the_stream_wakes_publish_for_what_is_to_be_announced() -> None:
    (mapping,) = of_type("AWS::Lambda::EventSourceMapping").values()
    pattern = json.loads(mapping.pop("FilterCriteria")["Filters"][0]["Pattern"])
    assert pattern == {"dynamodb": {"NewImage": {"announce": {"S": [{"exists": True}]}}}}
    assert plain(mapping.pop("EventSourceArn")) == "<StorageTable.StreamArn>"
    assert plain(mapping.pop("FunctionName")) == "<PublishingPublishFunction>"
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


def test_the_functions_find_what_they_need_in_their_environment() -> None:
    functions = of_type("AWS::Lambda::Function")
    common = {
        "POWERTOOLS_SERVICE_NAME": "jobwatch",
        "POWERTOOLS_METRICS_NAMESPACE": "Jobwatch",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    found = {
        each["Handler"]: {k: plain(v) for k, v in each["Environment"]["Variables"].items()}
        for each in functions.values()
    }
    assert found == {
        "lambdas.handle_poll.handler": {**common, "TABLE_NAME": "<StorageTable>"},
        "lambdas.handle_publish.handler": {
            **common,
            "EVENT_BUS_NAME": "<MessagingBus>",
            "ALERT_TOPIC_ARN": "<MessagingAlerts>",
        },
    }
    assert {(*each["Architectures"], each["Runtime"]) for each in functions.values()} == {
        ("arm64", RUNTIME.name)
    }


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
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            },
        },
    )


def test_topic_and_queues_are_encrypted_and_refuse_plain_http() -> None:
    (topic,) = of_type("AWS::SNS::Topic").values()
    assert plain(topic["KmsMasterKeyId"]).endswith(":alias/aws/sns")
    queues = of_type("AWS::SQS::Queue").values()
    assert [queue["SqsManagedSseEnabled"] for queue in queues] == [True, True]
    assert [queue["MessageRetentionPeriod"] for queue in queues] == [14 * 24 * 3600] * 2
    policies = [
        *of_type("AWS::SNS::TopicPolicy").values(),
        *of_type("AWS::SQS::QueuePolicy").values(),
    ]
    assert len(policies) == 3
    for policy in policies:
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_email_addresses_are_subscribed() -> None:
    (subscription,) = of_type("AWS::SNS::Subscription").values()
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")
    nobody = synthesize(replace(COMPILED, emails=()))
    assert not of_type("AWS::SNS::Subscription", nobody)


def test_logs_are_kept_for_a_month_and_go_with_the_stack() -> None:
    groups = Template.from_json(template()).find_resources("AWS::Logs::LogGroup").values()
    kept = [(each["Properties"]["RetentionInDays"], each["DeletionPolicy"]) for each in groups]
    assert kept == [(30, "Delete")] * 2


def test_alarms_watch_both_functions_both_queues_and_the_age_of_changes() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm").values()
    assert {(alarm["MetricName"], plain(alarm["Dimensions"][0]["Value"])) for alarm in alarms} == {
        ("Errors", "<PollingPollFunction>"),
        ("Errors", "<PublishingPublishFunction>"),
        ("IteratorAge", "<PublishingPublishFunction>"),
        ("ApproximateNumberOfMessagesVisible", "<PollingMissedTicksQueue.QueueName>"),
        ("ApproximateNumberOfMessagesVisible", "<PublishingUnpublishedQueue.QueueName>"),
    }


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
