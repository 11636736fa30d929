"""What each role may do, word by word, and nobody else: no function may do another's work."""

import re
from collections import defaultdict
from collections.abc import Iterator

from infra.config.plan import Compiled
from tests.iam import listed
from tests.rules import iam_definition
from tests.template import COMPILED, OFTEN, Json, of_type, plain, statements, synthesize

Allowed = dict[str, set[str]]
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
STREAM = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
QUEUE = ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")


def allowed(role: str, compiled: Compiled = COMPILED) -> Allowed:
    """The resources of each action of a role, without those to write its own log."""
    made, found = synthesize(compiled), defaultdict(set)
    for policy in of_type("AWS::IAM::Policy", made).values():
        if [plain(each) for each in policy["Roles"]] == [role]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                for action in listed(statement["Action"]):
                    found[action] |= {plain(each) for each in listed(statement["Resource"])}
    own = role.strip("<>").removesuffix("Role")
    assert [found.pop(action) for action in LOG] == [{f"<{own}Logs.Arn>"}] * 2
    return dict(found)


def each(service: str, actions: tuple[str, ...], *resources: str) -> Allowed:
    return {f"{service}:{action}": {*resources} for action in actions}


def test_tick_may_queue_lanes_and_nothing_else() -> None:
    assert allowed("<TickingTickRole>") == {"sqs:SendMessage": {"<LanesQueue.Arn>"}}


def test_tick_is_fed_with_its_later_ticks_where_a_cadence_is_below_a_minute() -> None:
    assert allowed("<TickingTickRole>", OFTEN) == {
        "sqs:SendMessage": {"<LanesQueue.Arn>", "<TickingLater.Arn>"},
        **each("sqs", QUEUE, "<TickingLater.Arn>"),
    }


def test_poll_may_read_jobs_and_remember_and_nothing_else() -> None:
    jobs = "arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:import-job/*"
    store = ("BatchGetItem", "DeleteItem", "GetItem", "PutItem")
    assert allowed("<PollingPollRole>") == {
        **each("sqs", QUEUE, "<LanesQueue.Arn>"),
        "sqs:SendMessage": {"<LanesLostQueue.Arn>"},
        **each("dynamodb", store, "<StorageTable.Arn>"),
        "dynamodb:Query": {"<StorageTable.Arn>", "<StorageTable.Arn>/index/unfinished"},
        "ses:ListImportJobs": {"*"},
        "ses:GetImportJob": {jobs},
        "sts:AssumeRole": {"arn:<AWS::Partition>:iam::111122223333:role/jobwatch-reader"},
    }


def test_publish_may_put_events_and_nothing_else() -> None:
    assert allowed("<PublishingPublishRole>") == {
        **each("dynamodb", STREAM, "<StorageTable.StreamArn>"),
        "events:PutEvents": {"<MessagingBus.Arn>"},
        "sqs:SendMessage": {"<PublishingUnpublishedQueue.Arn>"},
    }


def test_alert_may_send_alerts_and_nothing_else() -> None:
    assert allowed("<AlertingAlertRole>") == {
        **each("dynamodb", STREAM, "<StorageTable.StreamArn>"),
        **each("dynamodb", ("BatchGetItem", "DeleteItem", "PutItem"), "<StandingTable.Arn>"),
        "dynamodb:Query": {"<StandingTable.Arn>", "<StandingTable.Arn>/index/kept"},
        "sns:Publish": {"<MessagingAlerts>"},
        "sqs:SendMessage": {"<AlertingUnsentQueue.Arn>"},
    }


def test_board_may_read_jobs_and_nothing_else() -> None:
    assert allowed("<BoardingBoardRole>") == {
        "dynamodb:BatchGetItem": {"<StorageTable.Arn>"},
        "dynamodb:Query": {"<StorageTable.Arn>/index/recent"},
    }


def test_wait_and_answer_may_look_up_jobs_keep_waits_and_tell_tasks_and_nothing_else() -> None:
    """IAM knows no resource for telling a task: whose it is, its token says."""
    tell = ("SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess")
    call_back = tuple(
        f"SendDurableExecutionCallback{end}" for end in ("Failure", "Heartbeat", "Success")
    )
    functions = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:*"
    both = {
        **each("lambda", call_back, f"{functions}/durable-execution/*"),
        **each("states", tell, "*"),
        "dynamodb:BatchGetItem": {"<StorageTable.Arn>"},
    }
    keep = each("dynamodb", ("DeleteItem", "PutItem"), "<WaitingWaitsTable.Arn>")
    look = each("dynamodb", ("GetItem", "Query", "Scan"), "<WaitingWaitsTable.Arn>")
    assert allowed("<WaitingWaitRole>") == {**both, **keep}
    assert allowed("<WaitingAnswerRole>") == {**both, **keep, **look}
    privileges = iam_definition()["states"]["privileges"]
    assert all([*privileges[name]["resource_types"]] == [""] for name in tell)


def test_the_sweep_may_invoke_answer_and_nothing_else() -> None:
    roles = of_type("AWS::IAM::Role")
    (role,) = [found for name, found in roles.items() if name.startswith("WaitingRole")]
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], plain(statement["Resource"])) == (
        "lambda:InvokeFunction",
        "<WaitingAnswerFunction.Arn>",
    )


def test_the_schedules_may_invoke_tick_and_nothing_else() -> None:
    roles = of_type("AWS::IAM::Role")
    (role,) = [found for name, found in roles.items() if name.startswith("TickingSchedules")]
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], plain(statement["Resource"])) == (
        "lambda:InvokeFunction",
        "<TickingTickFunction.Arn>",
    )
    assert len(roles) == 10, "a role for each function, the schedules, the heartbeat and the sweep"


def test_the_heartbeats_schedule_may_write_its_own_item_and_nothing_else() -> None:
    policies = of_type("AWS::IAM::Policy").values()
    (policy,) = [each for each in policies if [*map(plain, each["Roles"])] == ["<HeartbeatRole>"]]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement.pop("Action"), plain(statement.pop("Resource"))) == (
        "dynamodb:PutItem",
        "<StorageTable.Arn>",
    )
    assert statement == {
        "Sid": "WriteHeartbeat",
        "Effect": "Allow",
        "Condition": {
            "ForAllValues:StringEquals": {
                "dynamodb:LeadingKeys": ["heartbeat"],
                "dynamodb:Attributes": ["pk", "sk", "scheduled_at"],
            }
        },
    }


def test_no_policy_of_aws_or_of_anybody_else_is_attached() -> None:
    assert not any("ManagedPolicyArns" in role for role in of_type("AWS::IAM::Role").values())
    assert not of_type("AWS::IAM::ManagedPolicy")


TAKES = {"ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage", "PurgeQueue"}
WRITES = {
    *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
    *("PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
}
WRITTEN = {f"dynamodb:{each}" for each in WRITES}
READS = {
    *("GetItem", "BatchGetItem", "Query", "Scan"),
    *("PartiQLSelect", "ConditionCheckItem"),
}
COPIES = {"ExportTableToPointInTime", "EnableKinesisStreamingDestination"}
READ = {f"dynamodb:{each}" for each in READS | COPIES}


def test_nobody_but_the_one_role_may_do_a_functions_work() -> None:
    """S2: any broad grant in the account could make Jobwatch lie."""
    made = synthesize(OFTEN)
    (bus,) = of_type("AWS::Events::EventBus", made).values()
    found = {"bus": bus}
    for name, table in of_type("AWS::DynamoDB::Table", made).items():
        found[plain({"Ref": name})] = table["ResourcePolicy"]
    for kind, what in (("SQS::Queue", "Queues"), ("SNS::Topic", "Topics")):
        for policy in of_type(f"AWS::{kind}Policy", made).values():
            found[plain(policy[what][0])] = policy
    send, take = {"sqs:SendMessage"}, {f"sqs:{each}" for each in TAKES}
    tick, poll = "<TickingTickRole.Arn>", "<PollingPollRole.Arn>"
    publish, alert = "<PublishingPublishRole.Arn>", "<AlertingAlertRole.Arn>"
    assert {where: only for where, policy in found.items() if (only := [*_only(policy)])} == {
        "<StorageTable>": [(f"{poll} <HeartbeatRole.Arn>", WRITTEN, True)],
        "<StandingTable>": [(alert, WRITTEN, True)],
        # A rule of another bus, which needs no role, puts as EventBridge.
        "bus": [(publish, {"events:PutEvents"}, False)],
        "<MessagingAlerts>": [(alert, {"sns:Publish"}, True)],
        # Who takes a lane's message, or holds it, keeps its group from being polled.
        "<LanesQueue>": [(tick, send, True), (poll, take, True)],
        "<TickingLater>": [(tick, send | take, True)],
        "<LanesLostQueue>": [(poll, send, True)],
        "<PublishingUnpublishedQueue>": [(publish, send, True)],
        "<AlertingUnsentQueue>": [(alert, send, True)],
        # Who reads a token can say how a state machine's task ended.
        "<WaitingWaitsTable>": [
            ("<WaitingWaitRole.Arn> <WaitingAnswerRole.Arn>", WRITTEN | READ, True)
        ],
    }


def _only(policy: Json) -> Iterator[tuple[str, set[str], bool]]:
    """Give the roles that a policy leaves alone, what it refuses to all others, and if not to AWS.

    Without that last, neither would SQS move dead letters nor DynamoDB delete what expired.
    """
    for statement in statements(policy).values():
        if "ArnNotEquals" in statement.get("Condition", {}):
            assert statement["Effect"] == "Deny"
            assert statement["Principal"] == {"AWS": "*"}
            spared = statement["Condition"].pop("BoolIfExists", None)
            assert spared in (None, {"aws:PrincipalIsAWSService": "false"})
            (roles,) = statement["Condition"]["ArnNotEquals"].values()
            assert statement["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": roles}}
            yield " ".join(map(plain, listed(roles))), {*listed(statement["Action"])}, bool(spared)


def test_the_tables_policy_refuses_every_action_that_changes_items() -> None:
    actions = iam_definition()["dynamodb"]["privileges"].values()
    writes = {each["privilege"] for each in actions if each["access_level"] == "Write"}
    of_items = {name for name in writes if re.search("Item$|^PartiQL", name)}
    assert of_items == WRITES


def test_the_policy_of_waits_refuses_every_action_that_answers_items() -> None:
    actions = iam_definition()["dynamodb"]["privileges"].values()
    reads = {each["privilege"] for each in actions if each["access_level"] == "Read"}
    of_items = {name for name in reads if not re.match("Describe|List", name)}
    # Of a stream, which this table has not, and of settings.
    others = {"GetRecords", "GetShardIterator", "GetAbacStatus", "GetResourcePolicy"}
    assert of_items - others == READS
