"""Apps of examples/, deployed onto the local AWS and given the events that they are for."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from demo.local_aws import LocalAws
from demo.world import REGION
from operate.schemas.generated import TYPES
from tests.examples import EXAMPLES
from tests.local.apps import BUS, deployed, destroyed, put, waited_for
from tests.local.endpoint import endpoint
from tests.local.shell import commands, run, shell
from tests.patterns import event, matches, shown

RESOURCES: Mapping[str, Any] = {
    "Connection": {
        "AuthorizationType": "API_KEY",
        "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X", "ApiKeyValue": "x"}},
    },
    "ApiDestination": {
        "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]},
        "HttpMethod": "POST",
        "InvocationEndpoint": "https://tracker.example.com/issues",
    },
    "Archive": {"SourceArn": f"arn:aws:events:{REGION}:000000000000:event-bus/default"},
}
"""What tests/local/start_events.py makes of templates, with what it can't be without."""
LONG = "of-a-name-so-long-that-no-archive-may-have-it-whole"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def starter() -> Path:
    return Path(__file__).with_name("start_events.py")


@pytest.fixture(scope="module")
def bus(aws: LocalAws) -> str:
    aws.client("events").create_event_bus(Name=BUS)
    return BUS


def behind(aws: LocalAws, bus: str, rule: str = "to-queue") -> str:
    """Make a queue that gets all of a bus from now on, by a rule of that name; give its URL."""
    events, sqs = aws.client("events"), aws.client("sqs")
    url = str(sqs.create_queue(QueueName=f"of-{bus}")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name=rule, EventBusName=bus, EventPattern='{"source": ["jobwatch"]}')
    target = {"Id": "queue", "Arn": arn["QueueArn"]}
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])
    return url


def bodies(sqs: Any, url: str) -> list[Any]:
    """Take what is in a queue."""
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)
    return [json.loads(each["Body"]) for each in found.get("Messages", ())]


def left(aws: LocalAws) -> list[str]:
    """Give the names of all connections, API destinations and archives that there are."""
    events = aws.client("events")
    return [
        *(each["Name"] for each in events.list_connections()["Connections"]),
        *(each["Name"] for each in events.list_api_destinations()["ApiDestinations"]),
        *(each["ArchiveName"] for each in events.list_archives()["Archives"]),
    ]


def schema(kind: str) -> Any:
    """Give CloudFormation's own schema of a resource of EventBridge."""
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, f"AWS::Events::{kind}").schema


def attributes(kind: str) -> list[str]:
    """Give the attributes of a resource itself, as its schema has them, without `SecretArn`."""
    found = [each.removeprefix("/properties/") for each in schema(kind)["readOnlyProperties"]]
    return [each for each in found if "/" not in each and each != "SecretArn"]


@contextmanager
def outputs(aws: LocalAws) -> Iterator[Mapping[str, str]]:
    """Deploy one resource of each kind; give what `Ref` and each `Fn::GetAtt` say of them."""
    kinds = {
        kind: {"Type": f"AWS::Events::{kind}", "Properties": said}
        for kind, said in RESOURCES.items()
    }
    refs = {kind: {"Value": {"Ref": kind}} for kind in RESOURCES}
    more = {
        f"{kind}{each}": {"Value": {"Fn::GetAtt": [kind, each]}}
        for kind in RESOURCES
        for each in attributes(kind)
    }
    client, wait = aws.client("cloudformation"), {"Delay": 1}
    body = json.dumps({"Resources": kinds, "Outputs": refs | more})
    client.create_stack(StackName=LONG, TemplateBody=body)
    client.get_waiter("stack_create_complete").wait(StackName=LONG, WaiterConfig=wait)
    (stack,) = client.describe_stacks(StackName=LONG)["Stacks"]
    yield {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    client.delete_stack(StackName=LONG)
    client.get_waiter("stack_delete_complete").wait(StackName=LONG, WaiterConfig=wait)


def test_a_function_runs_for_an_import_that_is_over_and_for_nothing_else(
    aws: LocalAws, bus: str
) -> None:
    function = deployed(aws, "after_import", bus=bus)["FunctionName"]
    put(aws, event(job_id="failed"), event(job_id="imported", status="SUCCEEDED"))
    logs = aws.client("logs")

    def said() -> list[str]:
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [each["message"] for each in found if " is " in each["message"]]

    lines = waited_for(said)
    assert ["imported is SUCCEEDED: 120000 records" in line for line in lines] == [True]


def test_a_state_machine_starts_after_a_job_of_data_exchange(aws: LocalAws, bus: str) -> None:
    machine = deployed(aws, "after_data_exchange", bus=bus)["StateMachineArn"]
    job = {"source": "dataexchange.jobs", "job_type": "EXPORT_REVISIONS_TO_S3"}
    put(aws, event(**job), event(**job, job_id="exported", status="SUCCEEDED"))
    states = aws.client("stepfunctions")

    def ran() -> list[Any]:
        found = states.list_executions(stateMachineArn=machine)["executions"]
        return [each for each in found if each["status"] != "RUNNING"]

    (execution,) = waited_for(ran)
    output = json.loads(states.describe_execution(executionArn=execution["executionArn"])["output"])
    assert (output["job"], output["type"]) == ("exported", "EXPORT_REVISIONS_TO_S3")


def test_a_queue_gets_the_failures_of_its_watch_alone(aws: LocalAws) -> None:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    url = deployed(aws, "failed_to_queue", topic=topic, watch="contact-imports")["QueueUrl"]
    wanted = {"watch": "contact-imports", "status": "FAILED", "state": "open"}
    for number, other in enumerate(({}, {"watch": "another"}, {"state": "resolved"})):
        values = {**wanted, **other}.items()
        said = {key: {"DataType": "String", "StringValue": value} for key, value in values}
        sns.publish(TopicArn=topic, Message=f"alert {number}", MessageAttributes=said)

    def got() -> list[Any]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        return list(found.get("Messages", ()))

    assert [each["Body"] for each in waited_for(got)] == ["alert 0"]


def test_a_glue_job_starts_after_an_export(aws: LocalAws, bus: str) -> None:
    glue = aws.client("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/load.py"}
    glue.create_job(Name="load-orders", Role="load", Command=command)
    deployed(aws, "glue_after_export", bus=bus, job="load-orders")
    job = {"source": "dynamodb.exports", "job_arn": "arn:of-the-export"}
    put(aws, event(**job), event(**job, status="SUCCEEDED", details={"S3Bucket": "lake"}))
    runs = waited_for(lambda: glue.get_job_runs(JobName="load-orders")["JobRuns"])
    assert [each["Arguments"] for each in runs] == [
        {"--export": "arn:of-the-export", "--bucket": "lake"}
    ]


def test_another_bus_gets_every_event(aws: LocalAws, bus: str) -> None:
    """One of the same account; tests/local/test_far.py has one of another account and region."""
    events, sqs = aws.client("events"), aws.client("sqs")
    theirs = events.create_event_bus(Name="theirs")["EventBusArn"]
    url = behind(aws, "theirs")
    deployed(aws, "other_account", bus=bus, target=theirs)
    put(aws, event(job_id="far"))
    (found,) = waited_for(lambda: bodies(sqs, url))
    assert found["detail"] == event(job_id="far")["detail"]


def test_a_queue_for_airflow_gets_the_ends_of_its_watch_alone(aws: LocalAws, bus: str) -> None:
    """What Airflow makes of them, tests/local/test_airflow.py tries where Airflow is there."""
    url = deployed(aws, "airflow", bus=bus, watch="nightly")["QueueUrl"]
    end = {"watch": "nightly", "terminal": True}
    others = ({"terminal": False}, {"watch": "another"})
    put(aws, *(event(**{**end, **each}) for each in others), event(**end, job_id="over"))
    found = waited_for(lambda: bodies(aws.client("sqs"), url))
    assert [each["detail"]["job_id"] for each in found] == ["over"]


def test_a_failure_is_one_call_of_the_tracker(aws: LocalAws, bus: str) -> None:
    """MiniStack tries no call again, lets none wait and puts none into the queue `Untaken`; nor
    does it ask what the rule's role may.
    """
    aws.client("secretsmanager").create_secret(Name="tracker", SecretString="the-key")
    with endpoint() as (url, calls):
        given = {"bus": bus, "endpoint": f"{url}/issues", "secret": "tracker"}
        deployed(aws, "ticket", **given)
        put(aws, event(status="SUCCEEDED"), event(id="1f2e", job_id="broken"))
        (call,) = waited_for(lambda: calls)
        destroyed(aws, "ticket", **given)
    assert len(calls) == 1
    assert call["path"] == "/issues"
    assert call["headers"]["Idempotency-Key"] == "1f2e"
    assert call["headers"]["X-Api-Key"] == "the-key"
    assert call["body"]["title"] == "A job of contact-imports failed"
    assert call["body"]["job"] == "broken"
    assert call["body"]["reason"] == event()["detail"]["failure"]["message"]
    assert left(aws) == []


def test_eventbridge_takes_by_a_pattern_what_the_tests_take_by_it(aws: LocalAws) -> None:
    events, some = aws.client("events"), [event(each) for each in TYPES if each != "Job Alert"]
    for pattern in shown().values():
        for each in [*some, event(status="SUCCEEDED"), event(previous_raw_status=None)]:
            answer = events.test_event_pattern(
                EventPattern=json.dumps(pattern), Event=json.dumps(each)
            )
            assert answer["Result"] is matches(pattern, each)


def test_an_archive_gives_again_what_was_announced(aws: LocalAws, bus: str, tmp_path: Path) -> None:
    """By its page's commands. MiniStack has it in the archive at once, gives it to all rules, not
    to those in `FilterArns` alone, and does not ask the bus's policy.
    """
    put(aws, event(job_id="too early"))
    deployed(aws, "archive", bus=bus)
    put(aws, {**event(), "source": "another"}, event(job_id="archived"))
    (kept,) = aws.client("events").list_archives()["Archives"]
    assert (kept["EventCount"], kept["RetentionDays"]) == (1, 30)
    url = behind(aws, bus, "ContactsImported")
    _, replay = commands(EXAMPLES / "archive" / "README.md").split('-c bus="$EVENT_BUS_NAME"\n')
    now = datetime.now(UTC)
    for day, when in (("2026-11-22", now - HOUR), ("2026-11-23", now + HOUR)):
        replay = replay.replace(f"{day}T00:00:00Z", when.isoformat(timespec="seconds"))
    with shell(tmp_path) as folder:
        done = run(replay, folder, {**aws.environment(), "EVENT_BUS_NAME": bus})
    assert done.code == 0, done.output
    found = waited_for(lambda: bodies(aws.client("sqs"), url))
    assert [(each["detail"]["job_id"], each["replay-name"]) for each in found] == [
        ("archived", "again")
    ]
    destroyed(aws, "archive", bus=bus)
    assert left(aws) == []


def test_the_stand_in_for_cloudformation_gives_of_resources_what_their_schemas_have(
    aws: LocalAws,
) -> None:
    """But for `SecretArn`: MiniStack makes no secret of a connection."""
    with outputs(aws) as given:
        for kind in RESOURCES:
            has = schema(kind)["properties"]
            (key,) = schema(kind)["primaryIdentifier"]
            name = has[key.removeprefix("/properties/")]
            assert re.fullmatch(name["pattern"], given[kind])
            assert len(given[kind]) <= name["maxLength"]
            for each in attributes(kind):
                assert re.fullmatch(has[each]["pattern"], given[f"{kind}{each}"])
        assert sorted(left(aws)) == sorted(given[kind] for kind in RESOURCES)
    assert left(aws) == []
