"""Apps of examples/, deployed onto the local AWS and given the events that they are for."""

import json
import time
from typing import Any

import pytest

from demo.local_aws import LocalAws
from operate.schemas.generated import TYPES
from tests.examples import template
from tests.local.apps import BUS, deployed, put, waited_for
from tests.local.endpoint import endpoint
from tests.patterns import event, matches, shown
from tests.template import of_type


@pytest.fixture(scope="module")
def bus(aws: LocalAws) -> str:
    aws.client("events").create_event_bus(Name=BUS)
    return BUS


def behind(aws: LocalAws, bus: str) -> str:
    """Make a queue that gets all of a bus from now on; give its URL."""
    events, sqs = aws.client("events"), aws.client("sqs")
    url = str(sqs.create_queue(QueueName=f"of-{bus}")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name="to-queue", EventBusName=bus, EventPattern='{"source": ["jobwatch"]}')
    target = {"Id": "queue", "Arn": arn["QueueArn"]}
    events.put_targets(Rule="to-queue", EventBusName=bus, Targets=[target])
    return url


def bodies(sqs: Any, url: str) -> list[Any]:
    """Take what is in a queue."""
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)
    return [json.loads(each["Body"]) for each in found.get("Messages", ())]


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
    """The local CloudFormation knows no connection: what the template says is made by the API."""
    events, made = aws.client("events"), template("ticket")
    (said,) = of_type("AWS::Events::Connection", made).values()
    said["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyValue"] = "the-key"
    connection = events.create_connection(Name="tracker", **said)["ConnectionArn"]
    (said,) = of_type("AWS::Events::ApiDestination", made).values()
    (rule,) = of_type("AWS::Events::Rule", made).values()
    (target,) = rule["Targets"]
    kept = {key: target[key] for key in ("Id", "HttpParameters", "InputTransformer")}
    with endpoint() as (url, calls):
        given = {**said, "ConnectionArn": connection, "InvocationEndpoint": f"{url}/issues"}
        arn = events.create_api_destination(Name="tracker", **given)["ApiDestinationArn"]
        pattern = json.dumps(rule["EventPattern"])
        events.put_rule(Name="ticket", EventBusName=bus, EventPattern=pattern)
        role = "arn:aws:iam::000000000000:role/caller"
        events.put_targets(
            Rule="ticket", EventBusName=bus, Targets=[{**kept, "Arn": arn, "RoleArn": role}]
        )
        put(aws, event(status="SUCCEEDED"), event(id="1f2e", job_id="broken"))
        (call,) = waited_for(lambda: calls)
    assert call["headers"]["Idempotency-Key"] == "1f2e"
    assert call["headers"]["X-Api-Key"] == "the-key"
    assert call["body"]["title"] == "A job of contact-imports failed"
    assert call["body"]["job"] == "broken"
    assert call["body"]["reason"] == event()["detail"]["failure"]["message"]


def test_eventbridge_takes_by_a_pattern_what_the_tests_take_by_it(aws: LocalAws) -> None:
    events, some = aws.client("events"), [event(each) for each in TYPES if each != "Job Alert"]
    for pattern in shown().values():
        for each in [*some, event(status="SUCCEEDED"), event(previous_raw_status=None)]:
            answer = events.test_event_pattern(
                EventPattern=json.dumps(pattern), Event=json.dumps(each)
            )
            assert answer["Result"] is matches(pattern, each)


def test_an_archive_gives_again_what_was_announced(aws: LocalAws, bus: str) -> None:
    """The local CloudFormation knows no archive: what the template says is made by the API."""
    (said,) = of_type("AWS::Events::Archive", template("archive")).values()
    events, sqs = aws.client("events"), aws.client("sqs")
    here = events.describe_event_bus(Name=bus)["Arn"]
    archive = events.create_archive(
        ArchiveName="jobs",
        EventSourceArn=here,
        EventPattern=json.dumps(said["EventPattern"]),
        RetentionDays=said["RetentionDays"],
    )["ArchiveArn"]
    put(aws, event(job_id="archived"))
    url = behind(aws, bus)
    now = time.time()
    events.start_replay(
        ReplayName="again",
        EventSourceArn=archive,
        EventStartTime=now - 600,
        EventEndTime=now,
        Destination={"Arn": here},
    )

    assert "archived" in {each["detail"]["job_id"] for each in waited_for(lambda: bodies(sqs, url))}
