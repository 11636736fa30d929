"""The local AWS reads a FIFO queue as AWS does: its groups side by side, each in order."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.local_aws import LocalAws, Tools, run
from demo.records import ACCOUNT

CODE = """
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


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS with nothing in it."""
    with run(Tools.find(), tmp_path_factory.mktemp("aws"), {}) as found:
        yield found


def _function(aws: LocalAws) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = aws.client("iam").create_role(
        RoleName="notes", AssumeRolePolicyDocument=json.dumps(document)
    )["Role"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("notes.py", CODE)
    name: str = aws.client("lambda").create_function(
        FunctionName="notes",
        Runtime="python3.14",
        Handler="notes.handler",
        Role=role["Arn"],
        Timeout=30,
        Code={"ZipFile": archive.getvalue()},
    )["FunctionName"]
    return name


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
        FunctionName=_function(aws),
        EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:lanes.fifo",
        BatchSize=1,
    )
    until = time.monotonic() + 40
    while _lines(notes).count("a ends") < 2 and time.monotonic() < until:
        time.sleep(0.1)
    lines = _lines(notes)
    assert sorted(lines[:2]) == ["a begins", "b begins"]
    assert [line for line in lines if line.startswith("a")] == ["a begins", "a ends"] * 2


def _lines(notes: Path) -> list[str]:
    return notes.read_text().splitlines() if notes.exists() else []
