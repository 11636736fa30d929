"""Apps of examples/, deployed onto the local AWS and given the events that they are for."""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest

from demo.local_aws import ROOT, LocalAws, Tools
from tests.patterns import event

PATIENCE = 60.0
BUS = "jobs"


def deployed(aws: LocalAws, name: str, **given: str) -> Mapping[str, str]:
    """Deploy an example as its page says; give the outputs of its stack."""
    outputs = aws.folder / f"{name}.json"
    app = f"{shlex.quote(sys.executable)} examples/{name}/app.py"
    context = [word for key, value in given.items() for word in ("-c", f"{key}={value}")]
    files = ["--output", str(aws.folder / name), "--outputs-file", str(outputs)]
    words = ["--app", app, *context, *files, "--require-approval", "never"]
    done = subprocess.run(
        [str(Tools.find().cdk), "deploy", *words],
        cwd=ROOT,
        env={**aws.environment(), "TMPDIR": str(aws.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(outputs.read_text()).values()
    return dict(found)


@pytest.fixture(scope="module")
def bus(aws: LocalAws) -> str:
    aws.client("events").create_event_bus(Name=BUS)
    return BUS


def put(aws: LocalAws, *events: Mapping[str, Any]) -> None:
    entries = [
        {
            "EventBusName": BUS,
            "Source": each["source"],
            "DetailType": each["detail-type"],
            "Detail": json.dumps(each["detail"]),
        }
        for each in events
    ]
    assert aws.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0


def waited_for(look: Any) -> Any:
    until = time.monotonic() + PATIENCE
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.5)
    return found


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
