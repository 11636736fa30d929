"""What ended in the dead-letter queues is sent after all, from the stream or the table."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, EndpointConnectionError, NoRegionError
from moto import mock_aws

from infra.heartbeat import PATTERN
from lambdas.alert.alerter import Alerter
from lambdas.model import JOB_STATUS_CHANGE, WATCH_RECOVERED
from lambdas.outbox.dead_letters import Letter, put_in, write_letter
from lambdas.outbox.handling import keep
from lambdas.plan import Policy
from lambdas.publish.publisher import Publisher
from lambdas.times import iso
from operate import invoke, letters, recovery, replay
from operate.aws import clients_here
from operate.letters import Batch, read_message
from operate.outlets import ANNOUNCED, Outlet, fits
from operate.trouble import Trouble
from tests.answers import answer_everything
from tests.command import call
from tests.records import (
    FOR_EVER,
    LABELS,
    TABLE,
    Bus,
    Topic,
    detail,
    heartbeat,
    refused,
    unreachable,
)
from tests.remembered import memory
from tests.table import create_table

REGION = "eu-west-1"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FAILED_ONLY = {
    "dynamodb": {"NewImage": {"announce": {"S": [{"exists": True}]}, "status": {"S": ["FAILED"]}}}
}


@dataclass
class Functions:
    """The two functions behind Lambda's API; `says` is what they say instead of sending."""

    sends: dict[str, Callable[[Sequence[Mapping[str, Any]], Any], str | None]]
    stream: str
    says: Any = None
    error: str | None = None
    deaf: bool = False
    """Whether somebody changed the mappings' filters: they let the heartbeat through alone."""
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    refused: ClientError | None = None
    """What the settings are refused with."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        event = json.loads(Payload)
        self.events.append((FunctionName, event))
        said = self.says
        if said is None:
            failed = self.sends[FunctionName](event["Records"], event.get("keep_refused"))
            said = {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
        found = {"Payload": io.BytesIO(json.dumps(said).encode())}
        return found | ({"FunctionError": self.error} if self.error else {})

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "alert"
        if self.refused:
            raise self.refused
        return {"Environment": {"Variables": self.settings}} if self.settings else {}

    def list_event_source_mappings(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        pattern = FAILED_ONLY if FunctionName == "alert" else ANNOUNCED
        beat = {"dynamodb": PATTERN}
        patterns = [beat] if self.deaf else [pattern, beat]
        filters = [{"Pattern": json.dumps(each)} for each in patterns]
        criteria = {"FilterCriteria": {"Filters": filters}}
        return {"EventSourceMappings": [{"EventSourceArn": self.stream, **criteria}]}


def type_of(output: str) -> str:
    """The type of what an output names."""
    types = {"Function": "Lambda::Function", "Queue": "SQS::Queue", "Table": "DynamoDB::Table"}
    return next((f"AWS::{each}" for word, each in types.items() if word in output), "AWS::X::Y")


class CloudFormation:
    """Knows one stack."""

    meta = SimpleNamespace(region_name=REGION)

    def __init__(self, outputs: Mapping[str, str]) -> None:
        self._outputs = [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()]
        self.others: set[str] = set()
        """What outputs name and the stack did not make."""
        self.types: dict[str, str] = {}
        """Of what is called so, and is something else."""

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName != "Jobwatch":
            said = {"Code": "ValidationError", "Message": f"{StackName} does not exist"}
            raise ClientError({"Error": said}, "DescribeStacks")
        about = {"StackId": "arn:stack", "StackStatus": "CREATE_COMPLETE"}
        return {"Stacks": [{**about, "Outputs": self._outputs}]}

    def get_paginator(self, operation: str) -> "CloudFormation":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert StackName == "Jobwatch"
        made = [each for each in self._outputs if each["OutputValue"] not in self.others]
        named = [
            {
                "LogicalResourceId": each["OutputKey"],
                "PhysicalResourceId": each["OutputValue"],
                "ResourceType": self.types.get(each["OutputValue"], type_of(each["OutputKey"])),
            }
            for each in made
        ]
        yield {
            "StackResourceSummaries": [{**e, "ResourceStatus": "CREATE_COMPLETE"} for e in named]
        }


class Operator:
    """Somebody with the stack before them: dead letters, and what a replay says of them."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.bus, self.topic = Bus(), Topic()
        self.dynamodb, self.sqs = boto3.client("dynamodb"), boto3.client("sqs")
        create_table(self.dynamodb)
        table = self.dynamodb.describe_table(TableName="seen")["Table"]
        self.stream = table["LatestStreamArn"]
        self.unpublished = self.sqs.create_queue(QueueName="unpublished")["QueueUrl"]
        self.unsent = self.sqs.create_queue(QueueName="unsent")["QueueUrl"]
        outputs = {
            "TableName": "seen",
            "PublishFunctionName": "publish",
            "AlertFunctionName": "alert",
            "UnpublishedQueueUrl": self.unpublished,
            "UnsentQueueUrl": self.unsent,
        }
        sends = {"publish": self.publish, "alert": self.alert}
        self.functions = Functions(sends, self.stream)
        self.known: dict[str, Any] = {
            "lambda": self.functions,
            "cloudformation": CloudFormation(outputs),
        }
        self._versions = 0

    def publish(self, records: Sequence[Mapping[str, Any]], keeping: bool) -> str | None:
        aside = keep if keeping else put_in(self.sqs, self.unpublished)
        logger = Logger(service="test", level="CRITICAL")
        publisher = Publisher(self.bus, "jobs", TABLE, aside, logger)
        return publisher.publish(records, FOR_EVER)

    def alert(self, records: Sequence[Mapping[str, Any]], keeping: bool) -> str | None:
        aside = keep if keeping else put_in(self.sqs, self.unsent)
        logger = Logger(service="test", level="CRITICAL")
        policy = Policy(frozenset({"FAILED"}))
        alerter = Alerter(
            self.topic,
            "arn:topic",
            TABLE,
            lambda _: policy,
            LABELS,
            {},
            aside,
            logger,
            memory=memory(),
        )
        return alerter.send(records, FOR_EVER)

    def client(self, service: str) -> Any:
        return self.known.get(service) or boto3.client(service, region_name=REGION)

    def store(
        self,
        job: str,
        status: str = "FAILED",
        at: datetime = NOW,
        announce: str | None = JOB_STATUS_CHANGE,
        announced: str | None = None,
    ) -> dict[str, Any]:
        """Write an item as a poll does; give the stream's record of it.

        Its event is `<job> <status>`. A silent write has `announced` instead of `announce`.
        """
        self._versions += 1
        about = detail(id=f"{job} {status}", job_id=job, status=status, observed_at=iso(at))
        if WATCH_RECOVERED in (announce, announced):
            about = unreachable(id=f"{job} OK", status="OK", observed_at=iso(at))
        item: dict[str, Any] = {
            "pk": {"S": "contact-imports#0f"},
            "sk": {"S": f"job#{job}"},
            "version": {"N": str(self._versions)},
            "status": {"S": status},
            "detail": {"S": json.dumps(about)},
            "digest": {"B": b"\xff\x00"},
        }
        given = {"announce": announce, "announced": announced}
        item |= {name: {"S": value} for name, value in given.items() if value}
        self.dynamodb.put_item(TableName="seen", Item=item)
        return self.records()[-1]

    def beat(self) -> dict[str, Any]:
        """Write the heartbeat as its schedule does; give the stream's record of it."""
        self._versions += 1
        item = heartbeat(self._versions)["dynamodb"]["NewImage"]
        self.dynamodb.put_item(TableName="seen", Item=item)
        return self.records()[-1]

    def records(self) -> list[dict[str, Any]]:
        streams = boto3.client("dynamodbstreams")
        iterator = streams.get_shard_iterator(
            StreamArn=self.stream, ShardId=self.shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator)["Records"]
        return found

    @property
    def shard(self) -> str:
        stream = boto3.client("dynamodbstreams").describe_stream(StreamArn=self.stream)
        return str(stream["StreamDescription"]["Shards"][0]["ShardId"])

    def give_up(
        self,
        *records: Mapping[str, Any],
        at: datetime = NOW,
        queue: str | None = None,
        **given: Any,
    ) -> None:
        """Put records aside as Lambda does with what it could not hand over: not themselves."""
        batch = {
            "shardId": self.shard,
            "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
            "approximateArrivalOfFirstRecord": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "approximateArrivalOfLastRecord": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "batchSize": len(records),
            "streamArn": self.stream,
        }
        body = {"version": "1.0", "requestContext": {}, "DDBStreamBatchInfo": batch | given}
        self.sqs.send_message(QueueUrl=queue or self.unpublished, MessageBody=json.dumps(body))

    def trim(self, before: Mapping[str, Any] | None = None, code: str = recovery.TRIMMED) -> None:
        """Let the stream have forgotten all, or what is before a record."""
        streams = boto3.client("dynamodbstreams")
        kept = int(before["dynamodb"]["SequenceNumber"]) if before else None

        class Streams:
            def get_shard_iterator(self, **asked: Any) -> Any:
                first = asked.get("SequenceNumber")
                if kept is None or (first is not None and int(first) < kept):
                    raise refused(code)
                return streams.get_shard_iterator(**asked)

            def get_records(self, **asked: Any) -> Any:
                answer = streams.get_records(**asked)
                answer["Records"] = [
                    r for r in answer["Records"] if int(r["dynamodb"]["SequenceNumber"]) >= kept
                ]
                return answer

        self.known["dynamodbstreams"] = Streams()

    def replay(self, **given: Any) -> list[str]:
        """Replay; give the troubles."""
        self.said = []
        return list(map(str, replay.replay("Jobwatch", self.client, self.said.append, **given)))

    def waiting(self, queue: str | None = None) -> tuple[int, int]:
        """How many dead letters are there to be received, and how many somebody holds."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = queue or self.unpublished
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        visible, held = (int(found["Attributes"][name]) for name in names)
        return visible, held

    def says(self, text: str) -> bool:
        return any(text in said for said in self.said)


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    monkeypatch.setattr(recovery, "EMPTY_PAGES", 3)
    monkeypatch.setattr(letters, "WAIT", 0)
    with mock_aws():
        yield Operator()


@pytest.mark.parametrize("other", ["publish", "alert", "seen", "unpublished", "unsent"])
def test_nothing_is_sent_by_what_the_stack_did_not_make(operator: Operator, other: str) -> None:
    """Whoever may make a stack of our name could else have any function invoked with any letter."""
    operator.give_up(operator.store("a"))
    named = getattr(operator, other) if other.startswith("un") else other
    operator.known["cloudformation"].others.add(named)
    with pytest.raises(Trouble, match=f"names, .*{other}: it is none of Jobwatch's"):
        operator.replay()
    assert operator.functions.events == []
    assert operator.waiting() == (1, 0)


@pytest.mark.parametrize("other", ["publish", "alert", "seen", "unpublished", "unsent"])
def test_nothing_is_sent_by_what_is_only_called_as_something_of_the_stack(
    operator: Operator, other: str
) -> None:
    """A group of logs, a resource of one's own making: who makes them says what they are called."""
    operator.give_up(operator.store("a"))
    named = getattr(operator, other) if other.startswith("un") else other
    operator.known["cloudformation"].types[named] = "Custom::Resource"
    with pytest.raises(Trouble, match=f"names, .*{other}: it is none of Jobwatch's"):
        operator.replay()
    assert operator.functions.events == []
    assert operator.waiting() == (1, 0)


def test_the_changes_of_a_dead_letter_reach_the_bus_in_order(operator: Operator) -> None:
    operator.give_up(*(operator.store("j1", status) for status in ("PENDING", "RUNNING", "FAILED")))
    assert operator.replay() == []
    assert operator.bus.taken == ["j1 PENDING", "j1 RUNNING", "j1 FAILED"]
    assert (operator.topic.taken, operator.waiting()) == ([], (0, 0))


def test_heartbeats_of_a_dead_letter_are_no_changes(operator: Operator) -> None:
    operator.give_up(operator.beat(), operator.beat())
    operator.give_up(operator.beat(), operator.store("j1"))
    assert operator.replay() == []
    assert (operator.bus.taken, operator.waiting()) == (["j1 FAILED"], (0, 0))
    assert operator.says("published 1 change from the stream")


def test_a_heartbeat_that_the_stream_still_has_is_not_missing(operator: Operator) -> None:
    lost, beat = operator.store("j1"), operator.beat()
    operator.give_up(lost, beat)
    operator.trim(before=beat)
    assert operator.replay() == []
    assert (operator.bus.taken, operator.waiting()) == (["j1 FAILED"], (0, 0))


def test_a_dead_letter_of_the_alerts_reaches_the_topic_only(operator: Operator) -> None:
    operator.give_up(operator.store("j1"), queue=operator.unsent)
    assert operator.replay() == []
    assert (operator.topic.taken, operator.bus.taken) == ([["j1"]], [])
    assert operator.waiting(operator.unsent) == (0, 0)


def test_trouble_with_the_bus_does_not_keep_alerts_back(operator: Operator) -> None:
    record = operator.store("j1")
    operator.give_up(record)
    operator.give_up(record, queue=operator.unsent)
    operator.bus.refuse = {"j1 FAILED": "ThrottlingException"}
    (trouble,) = operator.replay()
    assert "publish function could not send" in trouble
    assert operator.topic.taken == [["j1"]]
    assert (operator.waiting(), operator.waiting(operator.unsent)) == ((1, 0), (0, 0))


def test_only_the_changes_of_the_dead_letter_are_published(operator: Operator) -> None:
    operator.store("j1")
    operator.give_up(operator.store("j2"))
    operator.store("j3")
    operator.replay()
    assert operator.bus.taken == ["j2 FAILED"]


def test_what_was_changed_first_is_published_first(operator: Operator) -> None:
    early, late = operator.store("j1", "RUNNING"), operator.store("j1", "FAILED")
    operator.give_up(late)
    operator.give_up(early)
    operator.replay()
    assert operator.bus.taken == ["j1 RUNNING", "j1 FAILED"]


def test_the_function_gets_records_as_lambda_hands_them_over(operator: Operator) -> None:
    record = operator.store("j1")
    operator.give_up(record)
    operator.replay()
    ((name, event),) = operator.functions.events
    (given,) = event["Records"]
    assert (name, given["eventSourceARN"]) == ("publish", operator.stream)
    image = record["dynamodb"]["NewImage"] | {"digest": {"B": "/wA="}}
    assert given["dynamodb"]["NewImage"] == image
    assert given["dynamodb"]["SequenceNumber"] == record["dynamodb"]["SequenceNumber"]


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ({"batchItemFailures": [{"itemIdentifier": "1"}]}, None),
        ({"errorMessage": "Task timed out"}, "Unhandled"),
        ({}, None),
        (["no object"], "Unhandled"),
    ],
    ids=["not all published", "function error", "no answer of ours", "no error of ours"],
)
def test_what_cannot_be_published_stays_in_the_queue(
    operator: Operator, says: Any, error: str | None
) -> None:
    operator.give_up(operator.store("j1", "RUNNING"))
    operator.give_up(operator.store("j1", "FAILED"))
    operator.functions.says, operator.functions.error = says, error
    (trouble,) = operator.replay()
    assert "publish function" in trouble
    assert len(operator.functions.events) == 1, "what comes after would overtake"
    assert operator.waiting() == (2, 0)
    operator.functions.says = operator.functions.error = None
    operator.replay()
    assert operator.bus.taken == ["j1 RUNNING", "j1 FAILED"]


@pytest.mark.parametrize("code", recovery.GONE)
def test_what_the_stream_lost_is_published_from_the_table(operator: Operator, code: str) -> None:
    operator.store("before", at=NOW - HOUR)
    operator.give_up(operator.store("j1"))
    operator.store("after", at=NOW + HOUR)
    operator.trim(code=code)
    assert operator.replay() == []
    assert operator.bus.taken == ["j1 FAILED"]
    assert operator.says("the stream has forgotten")
    assert operator.waiting() == (0, 0)


@pytest.mark.parametrize("announced", [JOB_STATUS_CHANGE, WATCH_RECOVERED])
def test_what_was_written_over_silently_is_published_from_the_table(
    operator: Operator, announced: str
) -> None:
    """P3: a daily look, or progress, took away by what it was found."""
    record = operator.store("j1", announce=announced)
    operator.give_up(record)
    operator.store("j1", announce=None, announced=announced)
    operator.trim()
    assert operator.replay() == []
    event = json.loads(record["dynamodb"]["NewImage"]["detail"]["S"])
    assert operator.bus.taken == [event["id"]]
    assert operator.waiting() == (0, 0)


def test_what_was_never_announced_is_not_published_from_the_table(operator: Operator) -> None:
    operator.store("first seen", announce=None)
    operator.give_up(operator.store("j1"))
    operator.trim()
    operator.replay()
    assert operator.bus.taken == ["j1 FAILED"]


def test_the_letter_of_a_change_that_is_nowhere_is_kept_and_that_is_said(
    operator: Operator,
) -> None:
    """P3: it was deleted, with nothing published."""
    operator.give_up(operator.store("j1"), operator.store("j2"))
    operator.store("j1", "RUNNING", at=NOW + HOUR)
    operator.trim()
    (trouble,) = operator.replay()
    assert operator.bus.taken == ["j2 FAILED"]
    assert operator.says("1 of 2 changes of 2026-11-22 12:00 UTC can't be found any more")
    assert "1 message could not be worked off" in trouble
    assert operator.waiting() == (1, 0)


def test_the_letter_of_a_change_that_is_nowhere_can_be_forgotten(operator: Operator) -> None:
    operator.give_up(operator.store("j1"))
    operator.store("j1", "RUNNING", at=NOW + HOUR)
    operator.trim()
    assert operator.replay(forget=True) == []
    assert operator.waiting() == (0, 0)


def test_a_change_stands_for_one_of_two_letters_only(operator: Operator) -> None:
    operator.give_up(operator.store("j1"))
    operator.give_up(operator.store("j2"), at=NOW + timedelta(minutes=1))
    operator.store("j2", "RUNNING", at=NOW + HOUR)
    operator.trim()
    operator.replay()
    assert (operator.bus.taken, operator.waiting()) == (["j1 FAILED"], (1, 0))


def test_of_a_letter_the_stream_gives_what_it_has_and_the_table_the_rest(
    operator: Operator,
) -> None:
    """P4: one record that was trimmed made it give up the whole letter."""
    jobs = [
        operator.store(job, status)
        for job, status in (("j1", "FAILED"), ("j2", "RUNNING"), ("j2", "FAILED"))
    ]
    operator.give_up(*jobs)
    operator.trim(before=jobs[1])
    assert operator.replay() == []
    assert operator.bus.taken == ["j2 RUNNING", "j2 FAILED", "j1 FAILED"]
    assert operator.says("published 2 changes from the stream")
    assert operator.says("published 1 change from the table")
    assert operator.waiting() == (0, 0)


def test_only_what_asks_for_an_alert_counts_as_a_lost_alert(operator: Operator) -> None:
    """The event source mapping filters: a job that succeeded is in no letter of the alerts."""
    operator.give_up(operator.store("j1"), queue=operator.unsent)
    operator.store("j1", "RUNNING", at=NOW + HOUR)
    operator.store("j2", "SUCCEEDED")
    operator.trim()
    assert operator.replay() != []
    assert operator.waiting(operator.unsent) == (1, 0)


@pytest.mark.parametrize("trimmed", [False, True])
def test_the_letter_of_changes_that_the_filter_keeps_back_now_stays(
    operator: Operator, trimmed: bool
) -> None:
    """L2: it was deleted, with nothing sent."""
    failed = operator.store("j1"), operator.beat(), operator.store("j2")
    operator.give_up(*failed)
    operator.give_up(*failed, queue=operator.unsent)
    operator.functions.deaf = True
    if trimmed:
        operator.trim()
    assert len(operator.replay()) == 2
    assert (operator.bus.taken, operator.topic.taken) == ([], [])
    assert (operator.waiting(), operator.waiting(operator.unsent)) == ((1, 0), (1, 0))
    if not trimmed:
        kept = "2 of 3 changes of 2026-11-22 12:00 UTC are kept back by the mapping's filter now"
        assert operator.says(f"{kept}: its letter stays, --forget deletes it")
        operator.functions.deaf = False
        assert operator.replay() == []
        assert operator.bus.taken == ["j1 FAILED", "j2 FAILED"]
        return
    assert operator.replay(forget=True) == []
    assert operator.waiting() == (0, 0)


def test_what_the_filter_never_wanted_holds_no_letter(operator: Operator) -> None:
    """Records of a batch that were not handed over lie between those that were."""
    first, _, last = operator.store("j1"), operator.store("j2", "SUCCEEDED"), operator.store("j3")
    operator.give_up(first, last, queue=operator.unsent)
    assert operator.replay() == []
    assert operator.waiting(operator.unsent) == (0, 0)


def test_a_stream_that_ends_too_early_has_lost_the_records(operator: Operator) -> None:
    record = operator.store("j1")
    beyond = {"dynamodb": {"SequenceNumber": str(int(record["dynamodb"]["SequenceNumber"]) + 9)}}
    operator.give_up(record, beyond)
    operator.replay()
    assert operator.bus.taken == ["j1 FAILED"]
    assert operator.says("1 of 2 changes")
    assert operator.waiting() == (1, 0)


def test_a_lost_change_is_not_deleted_when_the_table_s_cannot_be_published(
    operator: Operator,
) -> None:
    operator.give_up(operator.store("j1"))
    operator.trim()
    operator.functions.says = {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert operator.replay() != []
    assert operator.waiting() == (1, 0)


def put_aside(operator: Operator, record: Mapping[str, Any], why: str = "MalformedDetail") -> None:
    """Let the publish function have put a record aside."""
    stream = json.loads(json.dumps(record, default=invoke._plain))
    letter = Letter("1", stream | {"eventSourceARN": operator.stream}, why)
    operator.sqs.send_message(QueueUrl=operator.unpublished, MessageBody=write_letter(letter))


def test_a_record_that_was_put_aside_is_sent(operator: Operator) -> None:
    put_aside(operator, operator.store("j1"))
    assert operator.replay() == []
    assert (operator.bus.taken, operator.waiting()) == (["j1 FAILED"], (0, 0))


def test_a_record_that_is_still_refused_stays_aside_and_holds_nothing_up(
    operator: Operator,
) -> None:
    operator.bus.refuse = {"j1 FAILED": "MalformedDetail"}
    put_aside(operator, operator.store("j1"))
    operator.give_up(operator.store("j2"))
    (trouble,) = operator.replay()
    assert "1 message could not be worked off" in trouble
    assert operator.says("a change stays aside (MalformedDetail)")
    assert (operator.bus.taken, operator.waiting()) == (["j2 FAILED"], (1, 0))


def test_what_is_refused_for_good_of_a_batch_gets_a_letter_of_its_own(operator: Operator) -> None:
    operator.bus.refuse = {"j1 FAILED": "MalformedDetail"}
    operator.give_up(operator.store("j1"), operator.store("j2"))
    assert operator.replay() == []
    assert (operator.bus.taken, operator.waiting()) == (["j2 FAILED"], (1, 0))
    operator.bus.refuse = {}
    assert operator.replay() == []
    assert (operator.bus.taken, operator.waiting()) == (["j2 FAILED", "j1 FAILED"], (0, 0))


def test_a_record_that_was_put_aside_by_its_keys_comes_from_the_table(operator: Operator) -> None:
    record = operator.store("j1")
    del record["dynamodb"]["NewImage"]
    put_aside(operator, record)
    gone = json.loads(json.dumps(record, default=invoke._plain))
    gone["dynamodb"]["Keys"]["sk"]["S"] = "job#gone"
    put_aside(operator, gone)
    operator.replay()
    assert operator.bus.taken == ["j1 FAILED"]
    assert operator.says("nowhere any more")
    assert operator.waiting() == (1, 0)


FOREIGN = "arn:aws:dynamodb:eu-west-1:999999999999:table/seen/stream/2026-11-22T00:00:00.000"


def test_the_stream_of_another_table_is_not_believed(operator: Operator) -> None:
    """S5: a letter that named one made the operator publish a forged end."""
    record = operator.store("j1")
    operator.give_up(record, streamArn=FOREIGN)
    operator.give_up(record, streamArn=operator.stream.replace("/seen/", "/seen-2/"))
    plain = json.loads(json.dumps(record, default=invoke._plain))
    letter = write_letter(Letter("1", plain | {"eventSourceARN": FOREIGN}, "why"))
    operator.sqs.send_message(QueueUrl=operator.unpublished, MessageBody=letter)
    operator.replay()
    assert operator.functions.events == []
    assert sum("the stream of another table" in said for said in operator.said) == 3
    assert operator.waiting() == (3, 0)


@pytest.mark.parametrize(
    "body",
    ["hello", "[]", "null", "{}", '{"DDBStreamBatchInfo": {}}', '{"DDBStreamBatchInfo": 7}'],
)
def test_a_message_of_somebody_else_is_said_and_left_and_keeps_nothing(
    operator: Operator, body: str
) -> None:
    """P6: one ended the replay, and hid all letters for 15 minutes."""
    operator.sqs.send_message(QueueUrl=operator.unpublished, MessageBody=body)
    operator.give_up(operator.store("j1"))
    (trouble,) = operator.replay()
    assert "1 message could not be worked off" in trouble
    assert operator.says("names no records of a table: it is left")
    assert operator.bus.taken == ["j1 FAILED"]
    assert operator.waiting() == (1, 0)


def _batch_of(operator: Operator, **fields: Any) -> str:
    said = {
        "streamArn": operator.stream,
        "shardId": operator.shard,
        "startSequenceNumber": "1",
        "endSequenceNumber": "2",
        "approximateArrivalOfFirstRecord": "2026-11-22T12:00:00Z",
        "approximateArrivalOfLastRecord": "2026-11-22T12:00:00Z",
        "batchSize": 1,
        **fields,
    }
    return json.dumps({"DDBStreamBatchInfo": said})


@pytest.mark.parametrize(
    "fields",
    [
        {"approximateArrivalOfFirstRecord": "soon"},
        {"approximateArrivalOfFirstRecord": None},
        {"approximateArrivalOfFirstRecord": "0001-01-01T00:00:00Z"},
        {"approximateArrivalOfLastRecord": "9999-12-31T23:59:59Z"},
        {"batchSize": float("inf")},
        {"startSequenceNumber": 1},
        {"endSequenceNumber": "last"},
        {"shardId": 7},
    ],
)
def test_a_letter_of_a_batch_that_can_not_be_read_is_said_and_left(
    operator: Operator, fields: dict[str, Any]
) -> None:
    body = _batch_of(operator, **fields)
    operator.sqs.send_message(QueueUrl=operator.unpublished, MessageBody=body)
    operator.give_up(operator.store("j1"))
    (trouble,) = operator.replay()
    assert "1 message could not be worked off" in trouble
    assert operator.bus.taken == ["j1 FAILED"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"dynamodb": []},
        {"dynamodb": {}},
        {"dynamodb": {"Keys": {"pk": {"S": 1}, "sk": {"S": "x"}}}},
        {"dynamodb": {"Keys": {}, "SequenceNumber": "x"}},
        {"dynamodb": {"NewImage": {}, "SequenceNumber": float("inf")}},
    ],
)
def test_a_letter_of_a_record_that_can_not_be_read_is_said_and_left(
    operator: Operator, change: dict[str, Any]
) -> None:
    record = {"eventSourceARN": operator.stream, **change}
    letter = write_letter(Letter("1", record, "why"))
    operator.sqs.send_message(QueueUrl=operator.unpublished, MessageBody=letter)
    operator.give_up(operator.store("j1"))
    (trouble,) = operator.replay()
    assert "1 message could not be worked off" in trouble
    assert operator.bus.taken == ["j1 FAILED"]


def test_a_time_without_a_zone_is_one_of_utc(operator: Operator) -> None:
    """Held against one with a zone, it ended the replay with a traceback."""
    operator.give_up(operator.store("j1"))
    naive = NOW.replace(tzinfo=None).isoformat()
    times = ("approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord")
    operator.give_up(operator.store("j2"), **dict.fromkeys(times, naive))
    assert operator.replay() == []
    assert operator.bus.taken == ["j1 FAILED", "j2 FAILED"]


class Interrupted:
    """SQS that fails at the second call of one of its operations."""

    def __init__(self, sqs: Any, operation: str, error: BaseException) -> None:
        self._sqs, self._operation, self._error, self._calls = sqs, operation, error, 0

    def __getattr__(self, name: str) -> Any:
        if name != self._operation:
            return getattr(self._sqs, name)
        self._calls += 1
        if self._calls > 1:
            raise self._error
        return getattr(self._sqs, name)


@pytest.mark.parametrize(
    "error", [refused("RequestThrottled"), KeyboardInterrupt()], ids=["an error", "Ctrl-C"]
)
@pytest.mark.parametrize("operation", ["receive_message", "delete_message"])
def test_whatever_was_received_is_released_on_every_way_out(
    operator: Operator, operation: str, error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    """P6: all letters were hidden for 15 minutes, and the next run said that there are none."""
    for number in range(3):
        operator.give_up(operator.store(f"j{number}"))
    operator.known["sqs"] = Interrupted(operator.sqs, operation, error)
    assert call("replay", clients=operator.client) in (1, 130)
    assert "Traceback" not in capsys.readouterr().out
    assert operator.waiting() == (3 if operation == "receive_message" else 2, 0)


def test_what_somebody_else_holds_is_said_instead_of_an_empty_queue(operator: Operator) -> None:
    operator.give_up(operator.store("j1"))
    operator.sqs.receive_message(QueueUrl=operator.unpublished, VisibilityTimeout=900)
    operator.replay()
    assert operator.says("publish: 1 message can't be received now")
    assert not operator.says("publish: the queue is empty")
    assert operator.says("alert: the queue is empty")


def test_many_records_are_handed_over_in_events_that_lambda_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = [{"n": number, "text": "x" * 100} for number in range(250)]
    sizes = [len(json.loads(event)["Records"]) for event in invoke.events(records)]
    assert sizes == [100, 100, 50]
    monkeypatch.setattr(invoke, "LARGEST_EVENT", 1_000)
    events = list(invoke.events(records))
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

    operator.give_up(*({"dynamodb": {"SequenceNumber": number}} for number in ("0007", "0008")))
    (message,) = operator.sqs.receive_message(QueueUrl=operator.unpublished)["Messages"]
    table = operator.stream.partition("/stream/")[0]
    batch = read_message(message, table)
    assert isinstance(batch, Batch)
    outlet = Outlet("publish", "published", "f", "q", table, (ANNOUNCED,))
    found = recovery.read_batch(Streams(), batch, outlet)
    assert [r["dynamodb"]["SequenceNumber"] for r in found.records] == ["0007"]
    assert found.missing == 0


@pytest.mark.parametrize(
    ("image", "fitting"),
    [
        ({"announce": {"S": "x"}, "status": {"S": "FAILED"}}, True),
        ({"announce": {"S": "x"}, "status": {"S": "SUCCEEDED"}}, False),
        ({"status": {"S": "FAILED"}}, False),
        ({}, False),
    ],
)
def test_a_filter_is_read_as_lambda_reads_it(image: dict[str, Any], fitting: bool) -> None:
    assert fits({"dynamodb": {"NewImage": image}}, FAILED_ONLY) is fitting


def test_an_empty_queue_is_said(operator: Operator) -> None:
    operator.replay()
    assert operator.said == [
        "Stack Jobwatch in eu-west-1",
        "publish: the queue is empty",
        "alert: the queue is empty",
    ]


def test_the_command_says_what_it_did(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.give_up(operator.store("j1"))
    assert call("replay", clients=operator.client) == 0
    assert operator.bus.taken == ["j1 FAILED"]
    assert "publish: published 1 change from the stream" in capsys.readouterr().out


def test_what_it_did_is_printed_for_programs_and_told_beside(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.give_up(operator.store("j1"))
    assert call("replay", "--json", clients=operator.client) == 0
    out, err = capsys.readouterr()
    printed = json.loads(out)
    assert "publish: published 1 change from the stream" in printed["said"]
    assert (printed["said"], printed["troubles"]) == (err.splitlines(), [])


def test_a_stack_that_is_not_there_is_told_without_a_traceback(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("replay", "--stack", "Staging", clients=operator.client) == 1
    assert "Staging is not deployed in" in capsys.readouterr().err


def test_the_words_are_those_of_the_other_commands(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("replay", "-c", "stack=Staging", clients=operator.client) == 2
    assert 'found "-c", expected an option' in capsys.readouterr().err


def test_the_profile_and_the_region_are_those_that_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> Any:
        asked.append(request.url)
        raise EndpointConnectionError(endpoint_url=request.url)

    answer_everything(monkeypatch, answer)
    keys = "aws_access_key_id = a\naws_secret_access_key = b\n"
    profiles = tmp_path / "config"
    profiles.write_text(f"[profile mine]\nregion = eu-west-3\n{keys}", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))
    assert call("replay", "--profile", "mine", "--region", "us-east-2") == 1
    assert asked
    assert all(".us-east-2." in url for url in asked)
    assert call("replay", "--profile", "other") == 1
    assert "The config profile (other) could not be found" in capsys.readouterr().err


def test_recipients_that_may_not_be_looked_for_hide_no_other_trouble(operator: Operator) -> None:
    operator.sqs.send_message(QueueUrl=operator.unpublished, MessageBody="by hand")
    refused = ClientError({"Error": {"Code": "AccessDenied"}}, "GetFunctionConfiguration")
    operator.functions.refused = refused
    first, second = operator.replay()
    assert first == "1 message could not be worked off by the publish function"
    assert "GetFunctionConfiguration" in second


def test_a_stack_of_an_older_version_is_told(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.known["cloudformation"] = CloudFormation({"TableName": "seen"})
    assert call("replay", clients=operator.client) == 1
    assert "no output PublishFunctionName → ./jobwatch deploy" in capsys.readouterr().err


def test_the_region_of_the_environment_wins_and_is_said(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P5: botocore reads AWS_DEFAULT_REGION only, and there may be a stack of that name."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert clients_here()("cloudformation").meta.region_name == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert clients_here()("cloudformation").meta.region_name == "us-east-1"
    operator.replay()
    assert operator.said[0] == "Stack Jobwatch in eu-west-1"


def test_a_region_that_is_missing_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def no_region(_: str) -> Any:
        raise NoRegionError

    assert call("replay", clients=no_region) == 1
    assert (
        "AWS credentials: no region is set → --region NAME, or export AWS_REGION=NAME"
        in capsys.readouterr().err
    )
