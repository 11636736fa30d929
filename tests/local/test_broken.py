"""Each check of `make conformance` can say that something is not ok."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from demo.local_aws import LocalAws
from demo.records import ACCOUNT
from demo.world import REGION
from operate.conformance.cdk import Cdk
from operate.conformance.findings import Finding, Verdict
from operate.conformance.left import left_of
from operate.conformance.listeners import listening
from operate.conformance.owners import lift_from_topic
from operate.conformance.run import CHECKS
from operate.conformance.trial import Trial
from tests.local.conformance import NOT_HERE, STACK
from tests.local.roles import roles_of

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
Ask = {"watches": ["listed"]}


@pytest.fixture(scope="module")
def outputs(aws: LocalAws) -> Mapping[str, str]:
    """A deployment to break."""
    folder = aws.folder / "broken"
    folder.mkdir()
    cdk = Cdk(STACK, REGION, folder)
    return cdk.deploy()


@dataclass
class Broken:
    """A deployment of which something is broken for a while."""

    aws: LocalAws
    trial: Trial

    def verdict(self, row: str) -> Verdict:
        """Hold the assumption of a row."""
        return self.find(row).verdict

    def find(self, row: str) -> Finding:
        (check,) = [check for check in CHECKS if check.row == row]
        return check.hold(self.trial)

    def ask(self) -> None:
        """Have tick give a lane its turn."""
        self.aws.client("lambda").invoke(
            FunctionName=self.trial.function("Tick"), Payload=json.dumps(Ask).encode()
        )

    @contextmanager
    def mapping(self, function: str, **changed: Any) -> Iterator[None]:
        """Let the mapping of a function be another one for a while."""
        client = self.aws.client("lambda")
        (found,) = client.list_event_source_mappings(FunctionName=self.trial.function(function))[
            "EventSourceMappings"
        ]
        client.update_event_source_mapping(UUID=found["UUID"], **changed)
        try:
            yield
        finally:
            kept = {"Enabled": True, "FilterCriteria": found.get("FilterCriteria", {})}
            client.update_event_source_mapping(UUID=found["UUID"], **kept)

    @contextmanager
    def beating(self, written: str) -> Iterator[Callable[[], set[str]]]:
        """Give what writes a heartbeat and names the functions that it wakes."""
        dynamodb, numbers = self.aws.client("dynamodb"), count()

        def beat() -> dict[str, Any]:
            at = f"2026-11-22T12:{next(numbers):02}:00Z"
            request: dict[str, Any] = json.loads(written.replace(SCHEDULED_TIME, at))
            dynamodb.put_item(**request)
            return request

        def woken() -> set[str]:
            before = {name: len(self.trial.log(name)) for name in ("Publish", "Alert")}
            beat()
            time.sleep(self.trial.patience)
            return {name for name, lines in before.items() if len(self.trial.log(name)) > lines}

        last = beat()
        try:
            yield woken
        finally:
            keys = {key: last["Item"][key] for key in ("pk", "sk")}
            dynamodb.delete_item(TableName=last["TableName"], Key=keys)


@pytest.fixture
def broken(aws: LocalAws, outputs: Mapping[str, str]) -> Iterator[Broken]:
    with listening(STACK, outputs, aws.client) as listeners:
        given = (STACK, ACCOUNT, REGION, outputs, aws.client, listeners)
        trial = Trial(*given, patience=6, settles=6, late=6)
        lift_from_topic(trial)
        yield Broken(aws, trial)


def test_a_schedule_that_is_disabled_is_seen(broken: Broken) -> None:
    """First of all, as what was polled once stays in the log."""
    scheduler = broken.aws.client("scheduler")
    kept = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    schedules = [
        scheduler.get_schedule(Name=each["Name"])
        for each in scheduler.list_schedules(NamePrefix=STACK)["Schedules"]
    ]
    for state in ("DISABLED", "ENABLED"):
        for each in schedules:
            scheduler.update_schedule(**{name: each[name] for name in kept}, State=state)
        if state == "DISABLED":
            assert broken.find("SCHED-1").said.startswith("no poll in 6 s; Tick wrote 0 lines")
            assert broken.verdict("SQS-4") is Verdict.WRONG
            assert broken.verdict("METRIC-1") is Verdict.WRONG
    assert len(schedules) == 4


def test_a_mapping_that_is_disabled_is_seen(broken: Broken) -> None:
    with broken.mapping("Poll", Enabled=False):
        broken.ask()
        assert broken.find("ESM-1").said.endswith("is Disabled")
        assert "turns wait" in broken.find("SQS-5").said
        assert broken.verdict("SQS-1") is Verdict.WRONG


def test_a_filter_that_is_lost_is_seen(broken: Broken) -> None:
    with broken.mapping("Publish", FilterCriteria={"Filters": []}):
        assert broken.verdict("DDB-2") is Verdict.OK
        assert broken.trial.until(lambda: broken.trial.log("Publish"))
        assert "lacks FilterCriteria" in broken.find("ESM-1").said
        assert broken.find("STREAM-2").said.endswith("times for what is stored silently")
    assert broken.verdict("STREAM-1") is Verdict.OK
    assert broken.verdict("STREAM-2") is Verdict.OK


def test_a_heartbeat_comes_out_of_the_stream_unless_a_mapping_is_disabled(broken: Broken) -> None:
    """What the scheduler would write is written here, as the local one calls no other service."""
    scheduler = broken.aws.client("scheduler")
    names = [each["Name"] for each in scheduler.list_schedules(NamePrefix=STACK)["Schedules"]]
    (name,) = [name for name in names if "Heartbeat" in name]
    target = scheduler.get_schedule(Name=name)["Target"]
    with broken.beating(target["Input"]) as woken_by_a_beat:
        assert broken.verdict("SCHED-4") is Verdict.OK
        assert woken_by_a_beat() == {"Publish", "Alert"}
        with broken.mapping("Publish", Enabled=False):
            assert woken_by_a_beat() == {"Alert"}
        with broken.mapping("Alert", Enabled=False):
            assert "Alert" not in woken_by_a_beat()
    assert broken.trial.listeners.events.listen() == []
    assert broken.trial.listeners.alerts.listen() == []


def test_a_topic_that_refuses_is_seen(broken: Broken) -> None:
    sns, topic = broken.aws.client("sns"), broken.trial.outputs["AlertTopicArn"]
    before = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    policy = json.loads(before)
    refused = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    policy["Statement"].append(refused)
    _set_policy(sns, topic, json.dumps(policy))
    try:
        assert broken.verdict("STREAM-1") is Verdict.OK
        assert broken.verdict("BUS-1") is Verdict.OK
        assert broken.verdict("SNS-1") is Verdict.WRONG
        assert broken.verdict("SNS-2") is Verdict.UNSEEN
        assert broken.verdict("SNS-3") is Verdict.UNSEEN
        assert broken.find("IAM-1").said.startswith("Alert: ")
    finally:
        _set_policy(sns, topic, before)
    soon = broken.trial.until(lambda: broken.verdict("SNS-1") is Verdict.OK, 60)
    assert soon, broken.find("SNS-1").said


def _set_policy(sns: Any, topic: str, policy: str) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


def test_a_topic_and_a_queue_that_take_what_anybody_brings_are_seen(broken: Broken) -> None:
    assert broken.find("SNS-5").said == "it takes what anybody brings"
    assert broken.verdict("SQS-6") is Verdict.OK
    queue = {"QueueUrl": broken.trial.outputs["UnsentQueueUrl"]}
    sqs = broken.aws.client("sqs")
    before = sqs.get_queue_attributes(**queue, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(**queue, Attributes={"Policy": ""})
    assert broken.find("SQS-6").said == "taken from anybody by UnsentQueueUrl"
    sqs.set_queue_attributes(**queue, Attributes=before)
    sqs.purge_queue(**queue)


def test_a_rule_that_sends_nothing_is_seen(broken: Broken) -> None:
    events, bus = broken.aws.client("events"), broken.trial.outputs["EventBusName"]
    events.disable_rule(Name=f"{STACK}-rule", EventBusName=bus)
    assert broken.verdict("STREAM-1") is Verdict.OK
    assert broken.verdict("BUS-1") is Verdict.WRONG


def test_a_filter_policy_that_is_lost_is_seen(broken: Broken) -> None:
    sns, topic = broken.aws.client("sns"), broken.trial.outputs["AlertTopicArn"]
    found = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    (arn,) = [s["SubscriptionArn"] for s in found if s["Protocol"] == "sqs"]
    sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}"
    )
    assert broken.verdict("SNS-2") is Verdict.OK
    broken.trial.until(lambda: broken.trial.listeners.alerts.heard or broken.verdict("SNS-1"))
    assert broken.verdict("SNS-3") is Verdict.WRONG


def test_an_alarm_that_notifies_nobody_is_seen(broken: Broken) -> None:
    cloudwatch = broken.aws.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=STACK)["MetricAlarms"]
    names = [alarm["AlarmName"] for alarm in alarms]
    cloudwatch.disable_alarm_actions(AlarmNames=names)
    assert broken.verdict("ALARM-1") is Verdict.WRONG
    cloudwatch.enable_alarm_actions(AlarmNames=names)
    assert broken.verdict("ALARM-1") is Verdict.OK


def test_a_permission_that_is_missing_is_seen(broken: Broken) -> None:
    poll = broken.aws.client("lambda").get_function_configuration(
        FunctionName=broken.trial.function("Poll")
    )["Role"]
    with roles_of(broken.aws, STACK)[poll].without("dynamodb:ListExports"):
        broken.ask()
        found = broken.trial.until(
            lambda: [f for f in [broken.find("IAM-1")] if f.said.startswith("Poll: ")], 20
        )
    assert found[0].verdict is Verdict.WRONG
    assert "ListExports" in found[0].said


def test_what_the_local_aws_lacks_is_told(broken: Broken) -> None:
    with ThreadPoolExecutor(len(NOT_HERE)) as side_by_side:
        verdicts = dict(zip(NOT_HERE, side_by_side.map(broken.verdict, NOT_HERE), strict=True))
    assert verdicts == dict.fromkeys(NOT_HERE, Verdict.WRONG)


@pytest.mark.usefixtures("broken")
def test_what_is_left_behind_is_seen(aws: LocalAws) -> None:
    left = {each.partition(" ")[0] for each in left_of(STACK, aws.client)}
    assert left >= {"stack", "table", "function", "mapping", "log", "queue", "topic", "bus"}
    assert left >= {"subscription", "schedule", "alarm", "role"}
