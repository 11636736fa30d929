"""What ended in the dead-letter queue is published after all, from the stream or the table."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoRegionError

from lambdas.publish.publisher import read_news
from operate import lost, replay
from operate.lost import letters
from operate.replay import Stack, Trouble
from tests.stage import REGION, Stage, on_stage
from tests.values import HOUR

WATCHES = {"imports": {"source": "sesv2.import-jobs"}}


@dataclass
class Function:
    """The publish function behind Lambda's API; `answer` is what it says instead of publishing."""

    stage: Stage
    answer: Mapping[str, Any] | None = None
    error: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "publish"
        event = json.loads(Payload)
        self.events.append(event)
        said = self.answer
        if said is None:
            failed = self.stage.publish(event["Records"])
            said = {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
        answer = {"Payload": io.BytesIO(json.dumps(said).encode())}
        return answer | ({"FunctionError": self.error} if self.error else {})


class CloudFormation:
    """Knows one stack."""

    def __init__(self, outputs: Mapping[str, str]) -> None:
        self._outputs = [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()]

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName != "Jobwatch":
            said = {"Code": "ValidationError", "Message": f"{StackName} does not exist"}
            raise ClientError({"Error": said}, "DescribeStacks")
        return {"Stacks": [{"Outputs": self._outputs}]}


class Operator:
    """Somebody with the stack before them: dead letters, and what `make replay` says of them."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.function, self.said = stage, Function(stage), list[str]()
        self.sqs = boto3.client("sqs")
        self.queue = self.sqs.create_queue(QueueName="unpublished")["QueueUrl"]
        outputs = {
            "UnpublishedQueueUrl": self.queue,
            "TableName": "seen",
            "PublishFunctionName": "publish",
        }
        self._known = {"lambda": self.function, "cloudformation": CloudFormation(outputs)}
        self.stack = Stack.find("Jobwatch", self.client)

    def client(self, service: str) -> Any:
        return self._known.get(service) or boto3.client(service, region_name=REGION)

    def bury(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Put records aside as Lambda does with what it could not hand over: not themselves."""
        table = self.stage.dynamodb.describe_table(TableName="seen")["Table"]
        stream = boto3.client("dynamodbstreams").describe_stream(StreamArn=table["LatestStreamArn"])
        at = self.stage.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        batch = {
            "shardId": stream["StreamDescription"]["Shards"][0]["ShardId"],
            "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
            "approximateArrivalOfFirstRecord": at,
            "approximateArrivalOfLastRecord": at,
            "batchSize": len(records),
            "streamArn": table["LatestStreamArn"],
        }
        body = {"version": "1.0", "requestContext": {}, "DDBStreamBatchInfo": batch}
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps(body))

    def replay(self) -> None:
        replay.replay(self.stack, self.said.append)

    def waiting(self) -> tuple[int, int]:
        """How many dead letters are there to be received, and how many somebody holds."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        visible, held = (int(found["Attributes"][name]) for name in names)
        return visible, held

    def told(self) -> list[tuple[str, str]]:
        details = [event["detail"] for event in self.stage.events()]
        return [(detail["job_id"], detail["raw_status"]) for detail in details]


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    monkeypatch.setattr(lost, "EMPTY_PAGES", 3)
    monkeypatch.setattr(lost, "WAIT", 0)
    with on_stage(tmp_path, WATCHES) as stage:
        stage.poll()
        stage.records()
        yield Operator(stage)


def change(operator: Operator, job: str, *statuses: str) -> list[dict[str, Any]]:
    """Let a job go through statuses; give the stream's records of them, as the mapping does."""
    records = []
    for status in statuses:
        operator.stage.api.put(job, status)
        operator.stage.poll()
        records += operator.stage.records()
    return [record for record in records if "announce" in record["dynamodb"]["NewImage"]]


def trim(monkeypatch: pytest.MonkeyPatch, operator: Operator, code: str) -> None:
    """Let the stream have forgotten what was asked for."""

    class Streams:
        def get_shard_iterator(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "gone"}}, "GetShardIterator")

    monkeypatch.setitem(operator._known, "dynamodbstreams", Streams())


def test_the_changes_of_a_dead_letter_reach_the_bus_in_order(operator: Operator) -> None:
    operator.bury(change(operator, "j1", "CREATED", "PROCESSING", "FAILED"))
    operator.replay()
    assert operator.told() == [("j1", "CREATED"), ("j1", "PROCESSING"), ("j1", "FAILED")]
    assert len(operator.stage.alerts()) == 1
    assert operator.waiting() == (0, 0)


def test_only_the_changes_of_the_dead_letter_are_published(operator: Operator) -> None:
    change(operator, "j1", "PROCESSING")
    operator.bury(change(operator, "j2", "PROCESSING"))
    change(operator, "j3", "PROCESSING")
    operator.replay()
    assert operator.told() == [("j2", "PROCESSING")]


def test_what_was_changed_first_is_published_first(operator: Operator) -> None:
    early, late = change(operator, "j1", "CREATED"), change(operator, "j1", "FAILED")
    operator.bury(late)
    operator.bury(early)
    operator.replay()
    assert operator.told() == [("j1", "CREATED"), ("j1", "FAILED")]


def test_the_function_gets_records_as_the_stream_gives_them(operator: Operator) -> None:
    records = change(operator, "j1", "FAILED")
    operator.bury(records)
    operator.replay()
    (event,) = operator.function.events
    (record,) = event["Records"]
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == records[0]["dynamodb"]["NewImage"]
    assert read_news(record) == read_news(records[0])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"batchItemFailures": [{"itemIdentifier": "1"}]}, None),
        ({"errorMessage": "Task timed out"}, "Unhandled"),
        ({}, None),
    ],
    ids=["not all published", "function error", "no answer of ours"],
)
def test_what_cannot_be_published_stays_in_the_queue(
    operator: Operator, answer: Mapping[str, Any], error: str | None
) -> None:
    operator.bury(change(operator, "j1", "CREATED"))
    operator.bury(change(operator, "j1", "FAILED"))
    operator.function.answer, operator.function.error = answer, error
    with pytest.raises(Trouble, match="publish function"):
        operator.replay()
    assert len(operator.function.events) == 1, "what comes after would overtake"
    assert operator.waiting() == (2, 0)
    operator.function.answer = operator.function.error = None
    operator.replay()
    assert operator.told() == [("j1", "CREATED"), ("j1", "FAILED")]


@pytest.mark.parametrize("code", ["TrimmedDataAccessException", "ResourceNotFoundException"])
def test_what_the_stream_lost_is_published_from_the_table(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    change(operator, "before", "FAILED")
    operator.stage.now += HOUR
    operator.bury(change(operator, "j1", "CREATED", "FAILED"))
    operator.stage.now += HOUR
    change(operator, "after", "FAILED")
    trim(monkeypatch, operator, code)
    operator.replay()
    assert operator.told() == [("j1", "FAILED")]
    assert "The stream has forgotten" in " ".join(operator.said)
    assert operator.waiting() == (0, 0)


def test_what_is_repeated_from_the_table_has_the_same_id(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = change(operator, "j1", "FAILED")
    operator.bury(records)
    operator.stage.publish(records)
    trim(monkeypatch, operator, "TrimmedDataAccessException")
    operator.replay()
    assert len({event["detail"]["id"] for event in operator.stage.events()}) == 1


def test_a_stream_that_ends_too_early_has_lost_the_records(operator: Operator) -> None:
    (record,) = change(operator, "j1", "FAILED")
    beyond = {"dynamodb": {"SequenceNumber": str(int(record["dynamodb"]["SequenceNumber"]) + 9)}}
    operator.bury([record, beyond])
    operator.replay()
    assert "Published 1 change from the table." in operator.said


def test_a_lost_change_is_not_deleted_when_the_table_s_can_not_be_published(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.bury(change(operator, "j1", "FAILED"))
    trim(monkeypatch, operator, "TrimmedDataAccessException")
    operator.function.answer = {"batchItemFailures": [{"itemIdentifier": "1"}]}
    with pytest.raises(Trouble):
        operator.replay()
    assert operator.waiting() == (1, 0)


def test_many_records_are_handed_over_in_events_that_lambda_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = [{"n": number, "text": "x" * 100} for number in range(250)]
    sizes = [len(json.loads(event)["Records"]) for event in replay._events(records)]
    assert sizes == [100, 100, 50]
    monkeypatch.setattr(replay, "LARGEST_EVENT", 1_000)
    events = list(replay._events(records))
    assert max(map(len, events)) < 1_100
    assert [r for event in events for r in json.loads(event)["Records"]] == records


def test_a_sequence_number_is_asked_for_as_it_was_written(operator: Operator) -> None:
    """Some begin with zeros, which a number would lose."""

    class Streams:
        def get_shard_iterator(self, **asked: str) -> dict[str, str]:
            assert asked["SequenceNumber"] == "0007"
            return {"ShardIterator": "first"}

        def get_records(self, **_: str) -> dict[str, Any]:
            image = {"announce": {"S": "Job Status Change"}}
            places = [{"SequenceNumber": f"000{n}", "NewImage": image} for n in (7, 9)]
            return {"Records": [{"dynamodb": place} for place in places]}

    operator.bury([{"dynamodb": {"SequenceNumber": number}} for number in ("0007", "0008")])
    (letter,) = letters(operator.sqs, operator.queue)
    read = lost.records_of(Streams(), letter)
    assert read is not None
    assert [record["dynamodb"]["SequenceNumber"] for record in read] == ["0007"]


def test_an_empty_queue_is_said(operator: Operator) -> None:
    operator.replay()
    assert operator.said == ["The queue is empty."]


def run(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: Any, *arguments: str
) -> tuple[int, str]:
    monkeypatch.setattr(replay, "_clients", lambda: operator.client)
    code = replay.main(arguments)
    return code, capsys.readouterr().out


def test_the_command_says_what_it_did(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.bury(change(operator, "j1", "FAILED"))
    code, output = run(operator, monkeypatch, capsys)
    assert (code, operator.told()) == (0, [("j1", "FAILED")])
    assert "Published 1 change from the stream." in output


def test_a_stack_that_is_not_there_is_told_without_a_traceback(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, output = run(operator, monkeypatch, capsys, "--stack", "Staging")
    assert code == 1
    assert "Staging does not exist" in output


def test_a_message_of_somebody_else_is_told_and_left(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.sqs.send_message(QueueUrl=operator.queue, MessageBody="hello")
    code, output = run(operator, monkeypatch, capsys)
    assert code == 1
    assert "tells of no records of a table" in " ".join(output.split())
    assert operator.function.events == []


def test_a_region_that_is_missing_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_region(_: str) -> Any:
        raise NoRegionError

    monkeypatch.setattr(replay, "_clients", lambda: no_region)
    assert replay.main([]) == 1
    assert "You must specify a region." in capsys.readouterr().out


def test_a_stack_of_an_older_version_is_told() -> None:
    with pytest.raises(Trouble, match="no output 'UnpublishedQueueUrl'"):
        Stack.find("Jobwatch", lambda _: CloudFormation({"TableName": "seen"}))
