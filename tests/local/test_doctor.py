"""The command that looks at an account: what it says of one that is well, and of what is broken.

Each thing is broken in the deployed stack by hand, as it happens, and mended again.
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import boto3
import pytest

from demo.deploy import WATCHES, deploy
from demo.harness import Harness
from demo.local_aws import Tools
from demo.records import ACCOUNT
from infra.config.plan import Compiled
from lambdas.model import Health, Scope
from lambdas.store.healths import write_health
from operate.aws import Clients, download
from operate.doctor.checks import CHECKS, RING
from operate.permissions import template_of
from tests.command import call
from tests.local.roles import roles_of
from tests.records import unreachable
from tests.template import Json

Found = tuple[str, str, str, str]
LOST = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Doctor:
    """Somebody who looks at the local AWS, with what it takes to break something there."""

    harness: Harness
    capsys: pytest.CaptureFixture[str]
    synthesize: Callable[[Compiled, str], Json]
    code: int | None = None

    def look(self, *words: str, clients: Clients | None = None) -> list[Found]:
        """Look; give each finding as check, mark, what and what to do, without the file's name.

        Clients that are not given, and templates, were made once for all tests.
        """
        means = {"clients": clients or self.client, "synthesize": self.synthesize}
        self.code = call("doctor", "--json", "--watches", WATCHES, *words, **means)
        named = re.compile(f"(?<=deploy|estroy|mplate) --watches {re.escape(str(WATCHES))}")
        return [
            (each["check"], each["mark"], each["what"], named.sub("", each["do"]))
            for each in json.loads(self.capsys.readouterr().out)
        ]

    def faults(self, *words: str, clients: Clients | None = None) -> list[Found]:
        return [each for each in self.look(*words, clients=clients) if each[1] != "ok"]

    def client(self, service: str) -> Any:
        return self.harness.aws.client(service)

    def output(self, name: str) -> str:
        (stack,) = self.client("cloudformation").describe_stacks(StackName="Jobwatch")["Stacks"]
        (found,) = [o["OutputValue"] for o in stack["Outputs"] if o["OutputKey"] == name]
        return str(found)

    def one(self, kind: str, named: str = "") -> str:
        """Name a resource of the stack by its type and what its id begins with."""
        client = self.client("cloudformation")
        every = client.describe_stack_resources(StackName="Jobwatch")["StackResources"]
        found = (r for r in every if r["LogicalResourceId"].startswith(named))
        return next(r["PhysicalResourceId"] for r in found if r["ResourceType"] == kind)


@pytest.fixture(scope="module")
def synthesize() -> Callable[[Compiled, str], Json]:
    """Synthesize as the command does, each stack once."""
    made: list[tuple[Compiled, str, Json]] = []

    def once(compiled: Compiled, name: str) -> Json:
        for *given, template in made:
            if given == [compiled, name]:
                return template
        template = template_of(compiled, name)
        made.append((compiled, name, template))
        return template

    return once


@pytest.fixture
def doctor(
    harness: Harness,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    synthesize: Callable[[Compiled, str], Json],
) -> Doctor:
    """The stack as it is on AWS a minute after a poll."""
    for name, value in harness.aws.settings().items():
        monkeypatch.setenv(name, value)
    sns = harness.aws.client("sns")
    # The local CloudFormation leaves both out.
    dynamodb = harness.aws.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        dynamodb.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
        )
    sns.set_topic_attributes(
        TopicArn=harness.stack.topic,
        AttributeName="KmsMasterKeyId",
        AttributeValue="alias/aws/sns",
    )
    return Doctor(harness, capsys, synthesize)


def test_nothing_is_wrong_with_the_stack_as_it_is_deployed(doctor: Doctor) -> None:
    found = doctor.look()
    assert [each for each in found if each[1] != "ok"] == []
    told = {name for name, *_ in found}
    assert told == {"watches.yaml", "credentials"} | {
        check.name
        for some in CHECKS.values()
        for check in some
        if check.name not in ("members", "organizations", "offers")
    }
    said = {(name, what) for name, _, what, _ in found}
    assert said >= {
        ("plan", "9 watches, as in the file, with the functions of this folder"),
        ("deliveries", "alerts: the queue jobwatch-demo-alerts lets the topic send"),
        ("credentials", f"root of {ACCOUNT}, in us-east-1"),
    }
    assert doctor.code == 0


def test_people_read_lines_of_a_hundred_columns(doctor: Doctor) -> None:
    """Here the command makes clients and the template itself."""
    assert call("doctor", "--watches", WATCHES) == 0
    lines = doctor.capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert re.fullmatch(r"\d+ ok, 0 warning, 0 wrong, 0 could not look", lines[-1])


@contextmanager
def _unconfirmed(doctor: Doctor) -> Iterator[None]:
    sns, topic = doctor.client("sns"), doctor.output("AlertTopicArn")
    endpoint = "https://127.0.0.1:9/hook"
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=endpoint)
    yield
    for each in sns.list_subscriptions()["Subscriptions"]:
        if each["Endpoint"] == endpoint:
            sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])


@contextmanager
def _nobody(doctor: Doctor) -> Iterator[None]:
    sns, topic = doctor.client("sns"), doctor.output("AlarmTopicArn")
    for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    yield
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")


@contextmanager
def _queue_without_policy(doctor: Doctor) -> Iterator[None]:
    with _listening(doctor, "AlertTopicArn"):
        yield


@contextmanager
def _listening(doctor: Doctor, output: str) -> Iterator[str]:
    """Subscribe a queue, as the README's command does, and give its URL."""
    sns, sqs = doctor.client("sns"), doctor.client("sqs")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
    topic = doctor.output(output)
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    yield url
    sns.unsubscribe(SubscriptionArn=subscribed)
    sqs.delete_queue(QueueUrl=url)


def _admit(sqs: Any, url: str, topic: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox",
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


@contextmanager
def _queue_gone(doctor: Doctor) -> Iterator[None]:
    with _listening(doctor, "AlertTopicArn") as url:
        doctor.client("sqs").delete_queue(QueueUrl=url)
        yield
        doctor.client("sqs").create_queue(QueueName="inbox")


@contextmanager
def _dead_letter(doctor: Doctor) -> Iterator[None]:
    """Have publish put aside what can't be read: nobody else may send to that queue."""
    broken = {"dynamodb": {"SequenceNumber": "1", "NewImage": {"announce": {"S": "Job Done"}}}}
    doctor.client("lambda").invoke(
        FunctionName=doctor.harness.stack.publish, Payload=json.dumps({"Records": [broken]})
    )
    yield
    doctor.client("sqs").purge_queue(QueueUrl=doctor.output("UnpublishedQueueUrl"))


@contextmanager
def _unfed(doctor: Doctor) -> Iterator[None]:
    client = doctor.client("lambda")
    name = doctor.harness.stack.alert
    (mapping,) = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def _stopped(doctor: Doctor) -> Iterator[None]:
    client, name = doctor.client("lambda"), doctor.harness.stack.alert
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    yield
    client.delete_function_concurrency(FunctionName=name)


@contextmanager
def _unscheduled(doctor: Doctor, named: str = "Ticking") -> Iterator[None]:
    client, name = doctor.client("scheduler"), doctor.one("AWS::Scheduler::Schedule", named)
    schedule = client.get_schedule(Name=name)
    kept = {
        key: schedule[key]
        for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target", "Description")
    }
    client.update_schedule(**kept, State="DISABLED")
    yield
    client.update_schedule(**kept, State="ENABLED")


@contextmanager
def _rings(doctor: Doctor) -> Iterator[None]:
    client = doctor.client("cloudwatch")
    name = next(
        alarm["AlarmName"]
        for alarm in client.describe_alarms()["MetricAlarms"]
        if "PollErrors" in alarm["AlarmName"]
    )
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="A test")
    yield
    client.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="A test")


SETTINGS = (
    *("AlarmName", "AlarmDescription", "AlarmActions", "OKActions", "Namespace"),
    *("MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods"),
    *("Threshold", "ComparisonOperator"),
    "TreatMissingData",
)
"""What an alarm of the stack is put by."""


def _alarm(doctor: Doctor) -> dict[str, Any]:
    name = doctor.one("AWS::CloudWatch::Alarm", "PollingUnread60")
    (found,) = doctor.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return {key: found[key] for key in SETTINGS}


@contextmanager
def _alarm_gone(doctor: Doctor) -> Iterator[None]:
    client, alarm = doctor.client("cloudwatch"), _alarm(doctor)
    client.delete_alarms(AlarmNames=[alarm["AlarmName"]])
    yield
    client.put_metric_alarm(**alarm)
    client.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="A test")


@contextmanager
def _overwritten(doctor: Doctor) -> Iterator[None]:
    client, alarm = doctor.client("cloudwatch"), _alarm(doctor)
    other = {"MetricName": "Jobs", "Threshold": alarm["Threshold"] * 1000}
    client.put_metric_alarm(**alarm | other)
    client.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="A test")
    yield
    client.put_metric_alarm(**alarm)
    client.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="A test")


@contextmanager
def _other_variables(doctor: Doctor) -> Iterator[None]:
    client, name = doctor.client("lambda"), doctor.harness.stack.alert
    found = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    more = {"Variables": found | {"PYTHONPATH": "/opt"}}
    client.update_function_configuration(FunctionName=name, Environment=more)
    yield
    client.update_function_configuration(FunctionName=name, Environment={"Variables": found})


@contextmanager
def _without_key(doctor: Doctor) -> Iterator[None]:
    key = doctor.client("kms").create_key()["KeyMetadata"]["KeyId"]
    doctor.client("kms").disable_key(KeyId=key)
    given = {"TopicArn": doctor.output("AlertTopicArn"), "AttributeName": "KmsMasterKeyId"}
    doctor.client("sns").set_topic_attributes(**given, AttributeValue=key)
    yield
    doctor.client("sns").set_topic_attributes(**given, AttributeValue="alias/aws/sns")


@contextmanager
def _archived(doctor: Doctor) -> Iterator[None]:
    client, name = doctor.client("events"), doctor.output("EventBusName")
    bus = client.describe_event_bus(Name=name)["Arn"]
    client.create_archive(ArchiveName="all", EventSourceArn=bus)
    yield
    client.delete_archive(ArchiveName="all")


@contextmanager
def _expiring_by(doctor: Doctor, attribute: str) -> Iterator[None]:
    def expire(by: str, *, enabled: bool) -> None:
        spec = {"Enabled": enabled, "AttributeName": by}
        client = doctor.client("dynamodb")
        client.update_time_to_live(
            TableName=doctor.harness.stack.table, TimeToLiveSpecification=spec
        )

    expire("expires_at", enabled=False)
    expire(attribute, enabled=True)
    yield
    expire(attribute, enabled=False)
    expire("expires_at", enabled=True)


@contextmanager
def _bootstrapped_as(doctor: Doctor, version: str | None) -> Iterator[None]:
    ssm, name = doctor.client("ssm"), "/cdk-bootstrap/hnb659fds/version"
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    if version is None:
        ssm.delete_parameter(Name=name)
    else:
        ssm.put_parameter(Name=name, Value=version, Type="String", Overwrite=True)
    yield
    ssm.put_parameter(Name=name, Value=before, Type="String", Overwrite=True)


@contextmanager
def _unread(doctor: Doctor) -> Iterator[None]:
    """Remember a scope of another account as the poll function does when it can't be read."""
    client, table = doctor.client("dynamodb"), doctor.harness.stack.table
    error = {"code": "AccessDenied", "message": "not authorized to perform: sts:AssumeRole"}
    detail = json.dumps(unreachable(error=error))
    health = Health(version=3, failures=3, unreachable=True, since=LOST, detail=detail)
    scope = Scope("theirs", "sesv2.import-jobs", "111122223333", "eu-west-1")
    item = write_health(scope, health, None)
    client.put_item(TableName=table, Item=item)
    yield
    client.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})


@contextmanager
def _unruled(doctor: Doctor) -> Iterator[None]:
    client, id_ = doctor.client("events"), doctor.one("AWS::Events::Rule", "WaitingEnded")
    rule = {"Name": re.split("[/|]", id_)[-1], "EventBusName": doctor.output("EventBusName")}
    client.disable_rule(**rule)
    yield
    client.enable_rule(**rule)


@contextmanager
def _deafened(doctor: Doctor) -> Iterator[None]:
    client, arn = doctor.client("sns"), doctor.one("AWS::SNS::Subscription", "MessagingAlerts")
    before = client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    policy = {"SubscriptionArn": arn, "AttributeName": "FilterPolicy"}
    client.set_subscription_attributes(**policy, AttributeValue='{"state": ["never"]}')
    yield
    client.set_subscription_attributes(**policy, AttributeValue=before["FilterPolicy"])


@contextmanager
def _not_allowed(doctor: Doctor) -> Iterator[None]:
    with _poll_role(doctor).without("ses:ListImportJobs"):
        yield


@contextmanager
def _forbidden(doctor: Doctor) -> Iterator[None]:
    role = _poll_role(doctor)
    deny = {"Effect": "Deny", "Action": "ses:GetImportJob", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    role.iam.put_role_policy(RoleName=role.name, PolicyName="No", PolicyDocument=document)
    yield
    role.iam.delete_role_policy(RoleName=role.name, PolicyName="No")


def _poll_role(doctor: Doctor) -> Any:
    client = doctor.client("lambda")
    arn = client.get_function_configuration(FunctionName=doctor.harness.stack.poll)["Role"]
    return roles_of(doctor.harness.aws, "Jobwatch")[arn]


@contextmanager
def _other_code(doctor: Doctor) -> Iterator[None]:
    """Give a function the code of the others, and a file that Python runs before any of it."""
    client, name = doctor.client("lambda"), doctor.harness.stack.alert
    before = download(client.get_function(FunctionName=name)["Code"]["Location"])
    content = io.BytesIO(before)
    with ZipFile(content, "a") as code:
        code.writestr("sitecustomize.py", "")
    client.update_function_code(FunctionName=name, ZipFile=content.getvalue())
    yield
    client.update_function_code(FunctionName=name, ZipFile=before)


Break = Callable[[Doctor], AbstractContextManager[None]]
BROKEN: dict[str, tuple[Break, str, str]] = {
    "who has not confirmed": (
        _unconfirmed,
        r"subscribers: warning: alerts: hxxps://127\[.\]0\[.\]0\[.\]1/… has not confirmed",
        "aws sns confirm-subscription with the token that SNS sent there",
    ),
    "a queue without a policy": (
        _queue_without_policy,
        "deliveries: wrong: alerts: the policy of the queue inbox does not let the topic send",
        "allow sns.amazonaws.com sqs:SendMessage",
    ),
    "a queue that is gone": (
        *(_queue_gone, "deliveries: wrong: alerts: the queue inbox is gone"),
        "aws sns unsubscribe",
    ),
    "a dead letter": (
        _dead_letter,
        "queues: wrong: 1 dead letter with changes that have no event",
        "./jobwatch replay",
    ),
    "a mapping that is disabled": (
        _unfed,
        "mappings: wrong: the alert function is fed no more: its mapping is disabled",
        "aws lambda update-event-source-mapping --enabled --uuid ",
    ),
    "a function that is stopped": (
        _stopped,
        "functions: wrong: alert is kept from running: its reserved concurrency is 0",
        "aws lambda delete-function-concurrency",
    ),
    "code of somebody else's": (
        _other_code,
        (
            "plan: wrong: alert runs other code than this folder builds: "
            "not built here: sitecustomize.py"
        ),
        "./jobwatch deploy; where that is said again",
    ),
    "a schedule that is disabled": (
        *(_unscheduled, r"schedules: wrong: .* is disabled: its watches are not polled"),
        "enable it",
    ),
    "a heartbeat that is not written": (
        *(partial(_unscheduled, named="Heartbeat"), r"schedules: wrong: .*: no heartbeat is .*"),
        "enable it",
    ),
    "an alarm that rings": (
        *(
            _rings,
            "alarms: wrong: rings: the poll function ended with an error or ran out of time.",
        ),
        "docs/runbook.md#poll-errors",
    ),
    "an alarm that is gone": (
        *(
            _alarm_gone,
            "alarms: wrong: .*PollingUnread60.* is gone: what it should tell, nothing .*",
        ),
        "./jobwatch deploy -- --revert-drift",
    ),
    "an alarm that was overwritten": (
        _overwritten,
        (
            "template: wrong: the alarm .*PollingUnread60.* is not as this folder synthesizes it: "
            "MetricName, Threshold"
        ),
        "./jobwatch deploy -- --revert-drift",
    ),
    "a rule that is disabled": (
        *(_unruled, "template: wrong: the rule .* is not as this folder synthesizes it: State"),
        "./jobwatch deploy -- --revert-drift",
    ),
    "a subscription with another filter": (
        _deafened,
        (
            "template: wrong: the subscription .* is not as this folder synthesizes it: "
            "FilterPolicy.state"
        ),
        "./jobwatch deploy -- --revert-drift",
    ),
    "a variable of somebody else's": (
        _other_variables,
        (
            "template: wrong: the function .* is not as this folder synthesizes it: "
            "Environment.Variables.PYTHONPATH"
        ),
        "./jobwatch deploy -- --revert-drift",
    ),
    "a topic with a disabled key": (
        *(_without_key, r"encryption: wrong: .* has another key than the file says.*\(Disabled\)"),
        "./jobwatch deploy where the file is newer; else give it back alias/aws/sns",
    ),
    "an archive of the bus": (
        _archived,
        "archives: warning: the archive all keeps the bus's events: a replay sends them .*",
        "have rules that start work match no event with a replay-name",
    ),
    "another attribute by which jobs expire": (
        lambda doctor: _expiring_by(doctor, "moved_at"),
        "expiry: wrong: jobs expire by moved_at: what DynamoDB deletes too early is told again .*",
        "the same with Enabled=false,AttributeName=moved_at first",
    ),
    "no bootstrap": (
        lambda doctor: _bootstrapped_as(doctor, None),
        "bootstrap: wrong: us-east-1 of this account was never made ready for the CDK",
        "./jobwatch bootstrap",
    ),
    "an old bootstrap": (
        lambda doctor: _bootstrapped_as(doctor, "5"),
        "bootstrap: wrong: version 5, and the template needs 6",
        "./jobwatch bootstrap",
    ),
    "a bootstrap that lets the CDK write to a stranger's bucket": (
        lambda doctor: _bootstrapped_as(doctor, "20"),
        "bootstrap: warning: version 20: once its bucket is deleted, who makes one of that name .*",
        "./jobwatch bootstrap",
    ),
    "an account that can't be read": (
        _unread,
        (
            r"scopes: wrong: theirs \(111122223333, eu-west-1\) can't be read since 2026-11-22 "
            "12:00 UTC: AccessDenied: not authorized to perform: sts:AssumeRole"
        ),
        "docs/runbook.md#another-account-cant-be-read",
    ),
    "a permission that is missing": (
        _not_allowed,
        "permissions: wrong: ses:ListImportJobs is denied in us-east-1: no policy of the poll .*",
        "./jobwatch deploy",
    ),
    "a policy that denies": (
        _forbidden,
        "permissions: wrong: ses:GetImportJob is denied in us-east-1: a policy denies it",
        "take the statement out",
    ),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_told_and_nothing_else(
    doctor: Doctor, case: tuple[Break, str, str]
) -> None:
    broken, said, do = case
    with broken(doctor):
        faults = doctor.faults()
        code = doctor.code
    ((name, mark, what, then),) = faults
    assert re.fullmatch(said, f"{name}: {mark}: {what}")
    assert then.startswith(do)
    assert code == (mark == "wrong")
    assert doctor.faults() == []


def test_a_deployment_writes_over_what_somebody_put_under_the_names_of_its_code_and_template(
    doctor: Doctor,
) -> None:
    """The CDK by itself takes whatever has the name of what it would upload."""
    s3, bucket = doctor.client("s3"), f"cdk-hnb659fds-assets-{ACCOUNT}-us-east-1"
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert sorted(name.partition(".")[2] for name in names) == ["json", "zip"]

    def contents() -> dict[str, bytes]:
        return {name: s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}

    before = contents()
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"x" * 100)
    aws = doctor.harness.aws
    deploy(Tools.find(), aws, assembly=aws.folder / "cdk.out")
    after = contents()
    assert {name: len(content) for name, content in after.items()} == {
        name: len(content) for name, content in before.items()
    }
    assert doctor.faults() == []


def test_that_nobody_is_told_of_alarms_is_a_warning(doctor: Doctor) -> None:
    with _nobody(doctor):
        faults = doctor.faults()
    assert [each[:3] for each in faults] == [
        ("subscribers", "warning", "alarms: ops@example.com is in the file, not subscribed"),
        ("subscribers", "warning", "alarms: nobody is told, as no subscription is confirmed"),
    ]
    assert doctor.code == 0


def test_another_file_than_the_deployed_one_is_told_by_its_watches(
    doctor: Doctor, tmp_path: Path
) -> None:
    text = WATCHES.read_text(encoding="utf-8")
    other = tmp_path / "watches.yaml"
    other.write_text(text.replace("  ses-imports:", "  contacts:") + "concurrency: 6\n")
    faults = doctor.faults("--watches", str(other))
    assert [each[:3] for each in faults] == [
        (
            *("plan", "warning"),
            (
                "it is not the file's; not deployed: contacts; not in the file: ses-imports; "
                "changed: concurrency"
            ),
        )
    ]


def test_before_there_is_a_stack_the_account_is_looked_at(doctor: Doctor) -> None:
    found = doctor.look("--stack", "Another")
    told = (
        "stack",
        "could not look",
        "Another is not deployed in us-east-1 yet",
        "./jobwatch deploy --stack Another",
    )
    assert told in found
    assert {"bootstrap", "concurrency", "regions", "sources"} < {name for name, *_ in found}
    assert not {"schedules", "alarms", "plan"} & {name for name, *_ in found}
    assert doctor.code == 0


@contextmanager
def _somebody(doctor: Doctor, *actions: str) -> Iterator[Clients]:
    """Make a user who may do no more than these actions, and give the clients of that user."""
    iam, name = doctor.client("iam"), "looker"
    iam.create_user(UserName=name)
    allow = {"Effect": "Allow", "Action": [*actions], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName=name, PolicyName="Some", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")

    def client(service: str) -> Any:
        where = {
            "endpoint_url": doctor.harness.aws.endpoint,
            "verify": str(doctor.harness.aws.certificate),
        }
        return session.client(service, **where)

    try:
        yield client
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="Some")
        iam.delete_user(UserName=name)


NEEDS = sorted({need for some in CHECKS.values() for check in some for need in check.needs})
FOR_STACK = ("sts:GetCallerIdentity", "cloudformation:DescribeStacks")


def test_the_actions_that_it_says_are_enough(doctor: Doctor) -> None:
    with _somebody(doctor, *FOR_STACK, *NEEDS) as clients:
        assert doctor.faults(clients=clients) == []


def test_who_may_look_at_nothing_is_told_what_each_check_needs(doctor: Doctor) -> None:
    with _somebody(doctor, *FOR_STACK) as clients:
        found = doctor.look(clients=clients)
    denied = {name: what for name, mark, what, _ in found if mark == "could not look"}
    asking = [
        check
        for some in CHECKS.values()
        for check in some
        if check.needs and check.name not in ("offers", "organizations")
    ]
    assert denied.keys() == {check.name for check in asking}
    for check in asking:
        assert denied[check.name].removeprefix("needs ") in check.needs
    assert doctor.code == 0


def test_who_may_not_even_see_the_stack_is_told_so(doctor: Doctor) -> None:
    with _somebody(doctor, "sts:GetCallerIdentity") as clients:
        found = doctor.look(clients=clients)
    assert ("stack", "could not look", "needs cloudformation:DescribeStacks", "") in found


def test_an_alarm_that_is_rung_reaches_who_is_subscribed(doctor: Doctor) -> None:
    """It is CloudWatch's own message, and none of the bus or of the topic of alerts."""
    sqs, listener = doctor.client("sqs"), doctor.harness.listener
    listener.events(), listener.alerts()
    with _listening(doctor, "AlarmTopicArn") as url:
        _admit(sqs, url, doctor.output("AlarmTopicArn"))
        (*_, (name, mark, what, _)) = doctor.look("--ring-alarm")
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", [])
    assert (name, mark) == (RING.name, "ok")
    alarm = json.loads(json.loads(messages[0]["Body"])["Message"])
    assert alarm["AlarmName"] in what
    assert alarm["NewStateValue"] == "ALARM"
    assert "./jobwatch doctor" in alarm["NewStateReason"]
    assert [json.loads(each.text) for each in listener.events()] == []
    assert [each.document for each in listener.alerts()] == []
    assert doctor.faults() == []
