"""The local AWS feeds functions as AWS does: from queues, from a table's stream, by a schedule."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.local_aws import LocalAws, Tools, run
from demo.records import ACCOUNT

AT_ONCE = """
import json, pathlib, time

def handler(event, _context):
    (record,) = event["Records"]
    body, group = json.loads(record["body"]), record["attributes"]["MessageGroupId"]
    file = pathlib.Path(body["file"])
    with file.open("a") as notes:
        notes.write(f"{group} begins\\n")
    until = time.monotonic() + 10
    while f"{body['other']} begins" not in file.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    with file.open("a") as notes:
        notes.write(f"{group} ends\\n")
"""
PICKY = """
import os, pathlib

def handler(event, _context):
    '''Note each item, but fail at the first that is called b the first time.'''
    file = pathlib.Path(os.environ["FILE"])
    for record in event["Records"]:
        name = record["dynamodb"]["Keys"]["id"]["S"]
        known = file.read_text() if file.exists() else ""
        with file.open("a") as notes:
            notes.write(f"{name}\\n")
        if name == "b" and "b" not in known:
            failed = record["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": failed}]}
    return {"batchItemFailures": []}
"""
STUCK = """
import pathlib, os, time

def handler(event, _context):
    pathlib.Path(os.environ["FILE"]).write_text("began")
    time.sleep(15)
"""
ECHO = """
import json, os, pathlib

def handler(event, _context):
    pathlib.Path(os.environ["FILE"]).write_text(json.dumps(event))
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS with nothing in it but a role."""
    with run(Tools.find(), tmp_path_factory.mktemp("aws"), {}) as found:
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
        document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        found.client("iam").create_role(
            RoleName="notes", AssumeRolePolicyDocument=json.dumps(document)
        )
        yield found


def deploy(aws: LocalAws, name: str, code: str, file: Path) -> str:
    """Deploy a function that may write to a file; return its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        folder.writestr("notes.py", code)
    arn: str = aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.14",
        Handler="notes.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/notes",
        Timeout=30,
        Environment={"Variables": {"FILE": str(file)}},
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    return arn


def soon(true: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.1)
    return true()


def lines(notes: Path) -> list[str]:
    return notes.read_text().splitlines() if notes.exists() else []


def test_groups_run_side_by_side_and_each_in_order(aws: LocalAws, tmp_path: Path) -> None:
    sqs, notes = aws.client("sqs"), tmp_path / "notes"
    settings = {"FifoQueue": "true", "VisibilityTimeout": "60"}
    url = sqs.create_queue(QueueName="lanes.fifo", Attributes=settings)["QueueUrl"]
    for number, (group, other) in enumerate([("a", "b"), ("a", "b"), ("b", "a")]):
        sqs.send_message(
            QueueUrl=url,
            MessageBody=json.dumps({"file": str(notes), "other": other}),
            MessageGroupId=group,
            MessageDeduplicationId=str(number),
        )
    aws.client("lambda").create_event_source_mapping(
        FunctionName=deploy(aws, "at-once", AT_ONCE, notes),
        EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:lanes.fifo",
        BatchSize=1,
    )
    assert soon(lambda: lines(notes).count("a ends") == 2, 40)
    assert sorted(lines(notes)[:2]) == ["a begins", "b begins"]
    assert [line for line in lines(notes) if line.startswith("a")] == ["a begins", "a ends"] * 2


def test_a_stream_goes_on_with_what_failed_and_waits_for_no_other_function(
    aws: LocalAws, tmp_path: Path
) -> None:
    dynamodb, notes, stuck = aws.client("dynamodb"), tmp_path / "notes", tmp_path / "stuck"
    table = dynamodb.create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    for name in "axbc":
        announced = {} if name == "x" else {"announce": {"S": "it"}}
        dynamodb.put_item(TableName="items", Item={"id": {"S": name}, **announced})
    pattern = {"dynamodb": {"NewImage": {"announce": {"S": [{"exists": True}]}}}}
    for name, code, file in (("stuck", STUCK, stuck), ("picky", PICKY, notes)):
        aws.client("lambda").create_event_source_mapping(
            FunctionName=deploy(aws, name, code, file),
            EventSourceArn=table["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
            FunctionResponseTypes=["ReportBatchItemFailures"],
            FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
        )
        assert soon(file.exists, 10)
    assert soon(lambda: len(lines(notes)) == 4, 10)
    assert lines(notes) == ["a", "b", "b", "c"]


def test_a_schedule_says_when_it_was_due(aws: LocalAws, tmp_path: Path) -> None:
    file = tmp_path / "event"
    aws.client("scheduler").create_schedule(
        Name="once",
        ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": deploy(aws, "echo", ECHO, file),
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/notes",
            "Input": json.dumps({"tick": "<aws.scheduler.scheduled-time>"}),
        },
    )
    assert soon(lambda: file.exists() and bool(file.read_text()), 30)
    due = datetime.fromisoformat(json.loads(file.read_text())["tick"])
    assert abs(datetime.now(UTC) - due) < timedelta(minutes=1)
