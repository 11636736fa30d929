"""What the stack is made of, and what its parts are told of each other."""

import json
import re
from dataclasses import replace
from typing import Any

from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from infra.config.checks import MOST_CADENCES
from infra.config.own import Own
from infra.config.policies import MOST_MANAGED
from infra.config.watches import MOST_BEHIND_BUS, MOST_EMAILS, MOST_WATCHES, Recipient
from infra.function import RUNTIME
from tests.table import SHAPE, STREAM
from tests.template import COMPILED, OFTEN, Json, functions, of_type, plain, synthesize, template

WHEN = "<aws.scheduler.scheduled-time>"
"""The scheduler puts the time there for which the tick was meant."""


def test_the_outputs_carry_the_promised_names() -> None:
    outputs = template()["Outputs"]
    assert "DashboardUrl" in outputs, "tests/test_dashboard.py has what it is"
    del outputs["DashboardUrl"]
    assert {name: plain(output["Value"]) for name, output in outputs.items()} == {
        "EventBusName": "<MessagingBus>",
        "AlertTopicArn": "<MessagingAlerts>",
        "TableName": "<StorageTable>",
        "TickFunctionName": "<TickingTickFunction>",
        "PollFunctionName": "<PollingPollFunction>",
        "PollRoleArn": "<PollingPollRole.Arn>",
        "PublishFunctionName": "<PublishingPublishFunction>",
        "AlertFunctionName": "<AlertingAlertFunction>",
        "WaitFunctionName": "<WaitingWaitFunction>",
        "AnswerFunctionName": "<WaitingAnswerFunction>",
        "AlarmTopicArn": "<MessagingAlarms>",
        "LanesQueueUrl": "<LanesQueue>",
        "LostLanesQueueUrl": "<LanesLostQueue>",
        "UnpublishedQueueUrl": "<PublishingUnpublishedQueue>",
        "UnsentQueueUrl": "<AlertingUnsentQueue>",
    }


def schedules(among: Json | None = None) -> list[dict[str, Any]]:
    """Those that tick; tests/test_streams.py has the one of the heartbeat."""
    found = of_type("AWS::Scheduler::Schedule", among).items()
    return [each for name, each in found if name.startswith("Ticking")]


def test_each_cadence_has_one_schedule_that_names_its_watches() -> None:
    ticks = {s["ScheduleExpression"]: json.loads(s["Target"]["Input"]) for s in schedules()}
    assert ticks == {
        "rate(1 minute)": {"watches": ["imports", "exports"], "tick": WHEN, "every": 60},
        "rate(5 minutes)": {"watches": ["nightly"], "tick": WHEN, "every": 300},
    }


def test_a_cadence_below_a_minute_ticks_each_minute_and_says_how_often_besides() -> None:
    often = schedules(synthesize(OFTEN))
    every_minute = [each for each in often if each["ScheduleExpression"] == "rate(1 minute)"]
    ticks = [json.loads(each["Target"]["Input"]) for each in every_minute]
    assert sorted(ticks, key=lambda tick: int(tick["every"])) == [
        {"watches": ["contacts"], "tick": WHEN, "every": 15},
        {"watches": ["imports", "exports"], "tick": WHEN, "every": 60},
    ]


def test_a_tick_goes_to_tick_and_one_that_is_lost_is_neither_repeated_nor_kept() -> None:
    for schedule in schedules():
        target = schedule["Target"]
        assert plain(target["Arn"]) == "<TickingTickFunction.Arn>"
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
        assert "DeadLetterConfig" not in target
    configs = of_type("AWS::Lambda::EventInvokeConfig").values()
    found = {plain(config.pop("FunctionName")): config for config in configs}
    assert found["<TickingTickFunction>"] == {
        "MaximumEventAgeInSeconds": 60,
        "MaximumRetryAttempts": 0,
        "Qualifier": "$LATEST",
    }


def _variables(function: dict[str, Any]) -> dict[str, str]:
    return {name: plain(value) for name, value in function["Environment"]["Variables"].items()}


def test_the_functions_find_what_they_need_in_their_environment() -> None:
    common = {
        "POWERTOOLS_SERVICE_NAME": "Jobwatch",
        "POWERTOOLS_METRICS_NAMESPACE": "Jobwatch",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    found = functions(synthesize(OFTEN)).values()
    assert {each["Handler"]: _variables(each) for each in found} == {
        "lambdas.tick.handler.handler": {
            **common,
            "LANES_QUEUE_URL": "<LanesQueue>",
            "LATER_QUEUE_URL": "<TickingLater>",
        },
        "lambdas.poll.handler.handler": {
            **common,
            "TABLE_NAME": "<StorageTable>",
            "DIGEST_KEY": "<AWS::StackId> at 2 by /",
            "DEAD_LETTERS_QUEUE_URL": "<LanesLostQueue>",
        },
        "lambdas.publish.handler.handler": {
            **common,
            "EVENT_BUS_NAME": "<MessagingBus>",
            "TABLE_ARN": "<StorageTable.Arn>",
            "DEAD_LETTERS_QUEUE_URL": "<PublishingUnpublishedQueue>",
        },
        "lambdas.alert.handler.handler": {
            **common,
            "ALERT_TOPIC_ARN": "<MessagingAlerts>",
            "ALERTS_TABLE_NAME": "<StandingTable>",
            "TABLE_ARN": "<StorageTable.Arn>",
            "DEAD_LETTERS_QUEUE_URL": "<AlertingUnsentQueue>",
        },
        "lambdas.board.handler.handler": {**common, "TABLE_NAME": "<StorageTable>"},
        **{
            f"lambdas.{name}.handler.handler": {
                **common,
                "TABLE_NAME": "<StorageTable>",
                "WAITS_TABLE_NAME": "<WaitingWaitsTable>",
            }
            for name in ("wait", "answer")
        },
    }


def test_no_queue_is_named_that_is_not_there() -> None:
    assert "LATER_QUEUE_URL" not in _variables(functions()["tick"])


def test_each_function_has_a_role_of_its_own_and_runs_on_the_same_machine() -> None:
    found = functions().values()
    assert len({plain(each["Role"]) for each in found}) == 7
    assert {(*each["Architectures"], each["Runtime"]) for each in found} == {
        ("arm64", RUNTIME.name)
    }


def test_lambda_ends_a_chain_of_a_function_that_feeds_itself_as_it_does_by_default() -> None:
    """To say so takes an API that GovCloud and some regions lack: a deployment fails there."""
    assert not any("RecursiveLoop" in each for each in functions().values())


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


def tables(name: str) -> list[Json]:
    found = of_type("AWS::DynamoDB::Table").items()
    return [table for each, table in found if each.startswith(name)]


def test_who_could_restore_a_table_gets_no_task_tokens() -> None:
    """No policy of the table holds for what is restored of it."""
    (waits,) = tables("WaitingWaits")
    assert waits["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert {"dynamodb:ExportTableToPointInTime", "dynamodb:Scan"} <= {
        action
        for each in waits["ResourcePolicy"]["PolicyDocument"]["Statement"]
        for action in each["Action"]
    }


def test_what_is_open_has_a_table_of_its_own_that_expires_and_can_be_restored() -> None:
    (table,) = (
        each for name, each in of_type("AWS::DynamoDB::Table").items() if "Standing" in name
    )
    policy = table.pop("ResourcePolicy")["PolicyDocument"]["Statement"]
    assert [(each["Sid"], each["Effect"]) for each in policy] == [
        ("OnlyTls", "Deny"),
        ("OnlyAlert", "Deny"),
    ]
    assert table == {
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "muted", "AttributeType": "S"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "kept",
                "KeySchema": [
                    {"AttributeName": "muted", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["called"]},
            }
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
    }


def test_only_the_alert_function_may_use_the_table_of_what_is_open() -> None:
    """Its role may read and write there, and no other role is even named beside it."""
    policies = of_type("AWS::IAM::Policy").values()
    whose = {
        plain(each["Roles"][0])
        for each in policies
        for statement in each["PolicyDocument"]["Statement"]
        if "StandingTable" in json.dumps(statement["Resource"])
    }
    assert whose == {"<AlertingAlertRole>"}


def test_the_indexes_are_what_they_always_were_as_none_can_be_changed_in_place() -> None:
    (table,) = tables("Storage")
    index, recent = table["GlobalSecondaryIndexes"]
    assert recent == {
        "IndexName": "recent",
        "KeySchema": [
            {"AttributeName": "listed", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    carried = index["Projection"].pop("NonKeyAttributes")
    assert index == {
        "IndexName": "unfinished",
        "KeySchema": [
            {"AttributeName": "open", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "INCLUDE"},
    }
    assert sorted(carried) == [
        *("health", "id", "moved_at", "progress", "raw_status"),
        *("settled", "stalled", "status", "version"),
    ]


def test_the_table_of_the_tests_has_the_keys_and_the_indexes_of_the_stacks() -> None:
    (table,) = tables("Storage")
    assert {name: table[name] for name in SHAPE} == SHAPE
    assert {name: table["StreamSpecification"][name] for name in STREAM} == STREAM


def test_what_holds_data_keeps_its_place_so_that_an_update_replaces_none_of_it() -> None:
    """Another id in the template is another table, bus, topic or queue: the old one is deleted."""
    ids = {plain({"Ref": name}) for name in template()["Resources"]}
    assert {
        *("<StorageTable>", "<MessagingBus>", "<MessagingAlerts>", "<MessagingAlarms>"),
        *("<PublishingUnpublishedQueue>", "<PublishingChanges>"),
    } <= ids


def test_logs_are_kept_for_a_month_and_go_with_the_stack() -> None:
    groups = Template.from_json(template()).find_resources("AWS::Logs::LogGroup").values()
    kept = [(each["Properties"]["RetentionInDays"], each["DeletionPolicy"]) for each in groups]
    assert kept == [(30, "Delete")] * 7


def test_the_largest_file_makes_a_stack_that_cloudformation_and_the_scheduler_take() -> None:
    """A stack may have 500 resources, the input of a schedule 256 KB.

    Of the recipients, a chat is the most resources; an address of `alerts.email` is two, of another
    one.
    """
    names = tuple(f"{n:048}" for n in range(MOST_WATCHES))
    cadences = {10: names, **{60 * n: (f"w{n}",) for n in range(1, MOST_CADENCES)}}
    emails = tuple(f"a{n}@example.com" for n in range(MOST_EMAILS))
    channels = [{"workspace": "T01ABCDEF", "channel": f"C{n:06}"} for n in range(MOST_BEHIND_BUS)]
    chats = {f"c{n}": Recipient.model_validate({"slack": each}) for n, each in enumerate(channels)}
    vpc = {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]}
    whole = replace(COMPILED, schemas=True, dashboard=True, own=Own.model_validate({"vpc": vpc}))
    made = synthesize(replace(whole, cadences=cadences, emails=emails, recipients=chats))
    assert len(made["Resources"]) <= 500 - MOST_MANAGED, "policies, of which here is none"
    inputs = [schedule["Target"]["Input"] for schedule in schedules(made)]
    assert max(len(each.encode()) for each in inputs) <= 256 * 1_024


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


def test_what_waits_hears_each_end_from_the_bus_and_is_looked_at_each_minute() -> None:
    """It never reads the table's stream, of which two may."""
    (rule,) = of_type("AWS::Events::Rule").values()
    assert plain(rule["EventBusName"]) == "<MessagingBus>"
    assert rule["EventPattern"] == {
        "source": ["jobwatch"],
        "detail-type": ["Job Status Change"],
        "detail": {"terminal": [True]},
    }
    assert [plain(each["Arn"]) for each in rule["Targets"]] == ["<WaitingAnswerFunction.Arn>"]
    (permission,) = of_type("AWS::Lambda::Permission").values()
    assert plain(permission["SourceArn"]) == "<WaitingEnded.Arn>"
    found = of_type("AWS::Scheduler::Schedule").items()
    (sweep,) = [each for name, each in found if name.startswith("Waiting")]
    assert sweep["ScheduleExpression"] == "rate(1 minute)"
    assert (plain(sweep["Target"]["Arn"]), sweep["Target"]["Input"]) == (
        "<WaitingAnswerFunction.Arn>",
        "{}",
    )
    configs = of_type("AWS::Lambda::EventInvokeConfig").values()
    (config,) = [c for c in configs if plain(c["FunctionName"]) == "<WaitingAnswerFunction>"]
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 300)


def test_the_table_of_waits_is_encrypted_under_a_key_of_the_account_and_forgets() -> None:
    tables = {plain({"Ref": name}): t for name, t in of_type("AWS::DynamoDB::Table").items()}
    waits = tables["<WaitingWaitsTable>"]
    assert waits["SSESpecification"] == {"SSEEnabled": True}
    assert waits["TimeToLiveSpecification"]["Enabled"]
    assert "StreamSpecification" not in waits
